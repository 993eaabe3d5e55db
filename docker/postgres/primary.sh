#!/bin/bash
# Run once by the image of PostgreSQL when the primary's folder is made: roles, database, and who may stream.
set -euo pipefail
psql --no-psqlrc --username postgres --dbname postgres --file /etc/wharf/roles.sql
echo 'host replication wharf_replication all scram-sha-256' >>"$PGDATA/pg_hba.conf"
