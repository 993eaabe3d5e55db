-- Why: a periodic job has to run once at each of its times, however many programs look at the clock. The primary key
-- decides which of them writes the job, in the statement that writes it.
--
-- What runs when stands in schedules/*.json. An entry's times count from when it was first seen: a new one does not catch
-- up on times before it existed.
CREATE TABLE cron_entries (
    name text PRIMARY KEY,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Old rows are pruned by age; the newest of each entry stays, since it says what has been run.
CREATE TABLE cron_ticks (
    entry text NOT NULL,
    tick timestamptz NOT NULL,
    -- Of the job; its row in the outbox is gone as soon as it is published.
    job_id uuid NOT NULL,
    enqueued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (entry, tick)
);
CREATE INDEX cron_ticks_age ON cron_ticks (tick);

GRANT SELECT ON cron_entries, cron_ticks TO wharf_api;
GRANT SELECT, INSERT ON cron_entries TO wharf_worker;
GRANT SELECT, INSERT, DELETE ON cron_ticks TO wharf_worker;
