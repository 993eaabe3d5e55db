-- Why: what operators say about a queue must reach every worker of the fleet and outlive each of them, and RabbitMQ can
-- neither pause a queue nor limit a rate. Workers read this table about once a second; a queue that nobody has said
-- anything about, and that has no rate limit, has no row.
--
-- A limited queue's row is updated several times a second, so there is room in the page for new versions of it.
CREATE TABLE queue_control (
    queue text PRIMARY KEY,
    paused_at timestamptz,
    paused_by text,
    pause_reason text,
    -- Starts in a second by all workers together. NULL: as the queue's file says; 0: no limit.
    rate_per_second integer CHECK (rate_per_second BETWEEN 0 AND 100000),
    -- Up to when the queue's starts have been given to workers.
    rate_horizon timestamptz NOT NULL DEFAULT '-infinity',
    CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
    CHECK (paused_at IS NOT NULL OR pause_reason IS NULL)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE ON queue_control TO wharf_worker;
