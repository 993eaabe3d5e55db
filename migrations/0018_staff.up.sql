-- Why: staff can do harm with a right that they have, or that somebody took from them. What they change is written down in
-- the transaction that changes it, and a token that says more than its account may is refused by the same round trip.

-- What staff did. The API appends and reads; nobody changes it. One row for a request, however many transactions it took.
CREATE TABLE audit_log (
    -- A UUIDv7: in the order of time.
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    actor_id bigint NOT NULL REFERENCES users (id),
    -- At that time.
    role text NOT NULL,
    -- Method and route, such as 'PATCH /api/admin/users/{id}', and the path that it was called with.
    action text NOT NULL,
    target text NOT NULL,
    request_id text NOT NULL,
    -- The body of the request without its secrets.
    changes jsonb
);
CREATE INDEX audit_log_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_target ON audit_log (target text_pattern_ops, id);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_log_own ON audit_log
    USING ((SELECT wharf_is_staff()) OR actor_id = (SELECT wharf_user_id()));
GRANT SELECT, INSERT ON audit_log TO wharf_api;

-- Opens a transaction for a user whose token says this role, as set_config would (migration 0012), and refuses it where the
-- account has been closed, or has got another role, since the token was made. A replica may not know the new role yet; what
-- decides is written on the primary. A user that a replica does not know at all has just registered.
CREATE FUNCTION wharf_enter(user_id bigint, token_role text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('wharf.user_id', user_id::text, true),
        set_config('wharf.is_staff', CASE WHEN token_role = 'admin' THEN 'true' ELSE '' END, true);
    IF EXISTS (
        SELECT FROM users u
        WHERE u.id = user_id AND (NOT u.is_active OR (u.role <> token_role AND NOT pg_is_in_recovery()))
    ) THEN
        RAISE EXCEPTION 'the account is closed, or has another role than its token says' USING ERRCODE = 'WA401';
    END IF;
END $$;
