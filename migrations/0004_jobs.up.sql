-- Why: a job that follows from a change is written in the change's own transaction, so that neither exists without the
-- other. Publishers read it from here, and delete it when the broker has confirmed it.
--
-- Rows live for milliseconds in the common case, so the table stays small and its indexes few: each is paid for by every
-- order. Vacuum comes by the number of dead rows, not by their share of a table that is mostly empty.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    job_name text NOT NULL,
    -- json, not jsonb: the message is published byte for byte as it was written.
    body json NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    available_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 10000
);
-- The relay's claim: due rows, those first that have waited longest. Rows that are not due yet lie behind the end of its
-- range, so a million of them cost it nothing. It is not partial, since every row here waits to be published.
CREATE INDEX outbox_due ON outbox (available_at);

-- The inbox: jobs that were done, for handlers whose effect leaves no state that tells. A row is written in the
-- transaction of the effect; old ones are pruned by age.
CREATE TABLE processed_messages (
    message_id text NOT NULL,
    handler text NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, handler)
);
CREATE INDEX processed_messages_age ON processed_messages USING brin (processed_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO wharf_api, wharf_worker;
GRANT SELECT, INSERT, DELETE ON processed_messages TO wharf_worker;
