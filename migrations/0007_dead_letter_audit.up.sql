-- Why: replaying or dropping dead letters cannot be undone, so who did it, when, to what and with what result is kept.
-- The row is written before the first message moves; one without finished_at is a pass that is under way or was killed,
-- and its counts are what it had done when it last noted them.
CREATE TABLE dead_letter_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    -- The person, as far as the machine knows: the system's user and its host.
    operator text NOT NULL,
    database_role text NOT NULL DEFAULT current_user,
    action text NOT NULL CHECK (action IN ('replay', 'drop')),
    queue text NOT NULL,
    filter jsonb NOT NULL,
    matched bigint NOT NULL DEFAULT 0,
    moved bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    finished_at timestamptz
);

-- The tool runs with the workers' role. It may add a row and note what became of it; to rewrite who did what, or to
-- remove a row, takes the owner.
GRANT SELECT, INSERT, UPDATE (matched, moved, refused, failed, finished_at) ON dead_letter_audit TO wharf_worker;
