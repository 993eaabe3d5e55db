-- Why: of jobs that are the same for whoever waits for them, one within a time is enough. The key is taken in the
-- transaction that enqueues the job, so that a job that is rolled back keeps nobody away.
--
-- Expired rows are taken over by the next job of their key, and pruned.
CREATE TABLE job_keys (
    -- The job's name, a space, and the key.
    key text PRIMARY KEY,
    job_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX job_keys_expiry ON job_keys (expires_at);

GRANT SELECT, INSERT, UPDATE ON job_keys TO wharf_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON job_keys TO wharf_worker;
