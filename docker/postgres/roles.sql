-- The roles that the programs log in as, and their database. Run by the cluster's superuser with psql, before the
-- migrations; run again, it only sets the passwords anew. The passwords come from the environment:
--   WHARF_OWNER_PASSWORD  WHARF_API_PASSWORD  WHARF_WORKER_PASSWORD  WHARF_REPLICATION_PASSWORD
--   WHARF_BACKUP_PASSWORD
\set ON_ERROR_STOP on
\getenv owner_password WHARF_OWNER_PASSWORD
\getenv api_password WHARF_API_PASSWORD
\getenv worker_password WHARF_WORKER_PASSWORD
\getenv replication_password WHARF_REPLICATION_PASSWORD
\getenv backup_password WHARF_BACKUP_PASSWORD

SELECT format('CREATE ROLE %I', role)
FROM unnest(ARRAY['wharf_owner', 'wharf_api', 'wharf_worker', 'wharf_replication', 'wharf_backup']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

-- wharf_owner runs the migrations and owns the tables, wharf_api serves HTTP, wharf_worker runs jobs,
-- wharf_replication streams to the replicas, wharf_backup reads every row. What each may touch is decided by the migrations.
ALTER ROLE wharf_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE wharf_api LOGIN PASSWORD :'api_password';
ALTER ROLE wharf_worker LOGIN PASSWORD :'worker_password';
-- `wharf db status` shows what replication is doing.
GRANT pg_monitor TO wharf_owner;
ALTER ROLE wharf_replication LOGIN REPLICATION PASSWORD :'replication_password';
ALTER ROLE wharf_backup LOGIN BYPASSRLS PASSWORD :'backup_password';
GRANT pg_read_all_data TO wharf_backup;

SELECT 'CREATE DATABASE wharf OWNER wharf_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'wharf')
\gexec

REVOKE ALL ON DATABASE wharf FROM PUBLIC;
GRANT CONNECT ON DATABASE wharf TO wharf_api, wharf_worker, wharf_backup;
