-- Why: who may order, and the walls between the programs.
--
-- Three database roles exist from the first day, so that no table is ever made without deciding who may touch it:
-- wharf_owner runs the migrations and owns the tables, wharf_api serves HTTP, wharf_worker runs jobs. The cluster's
-- superuser creates them (docker/postgres/roles.sql), because their passwords are secrets and migrations are not.
DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(role, ', ') INTO missing
    FROM unnest(ARRAY['wharf_api', 'wharf_worker']) AS role
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'database roles are missing: %', missing
            USING HINT = 'Run docker/postgres/roles.sql as the superuser of the cluster first.';
    END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wharf_api, wharf_worker;

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    role text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'seller', 'admin')),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- An address is one account whatever its letters' case; the text is kept as typed, for the greeting in a mail.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

-- A refresh token is one link of a family: using it spends it and adds the next link. A spent link that comes back
-- means that somebody copied it, and revokes the whole family. Only a hash is kept.
CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

GRANT SELECT, INSERT, UPDATE ON users TO wharf_api;
GRANT SELECT ON users TO wharf_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO wharf_api, wharf_worker;
