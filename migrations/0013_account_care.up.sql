-- Why: an account is more than a password. It has an address that is proven by a mail, parcels that go to several places,
-- perhaps a second factor, and an end; and whoever guesses at it is slowed down.
ALTER TABLE users
    -- When a mail to `email` was answered by its token.
    ADD COLUMN email_verified_at timestamptz,
    -- The account is closed and its person unknown: only its orders are left.
    ADD COLUMN deleted_at timestamptz;

-- Places that parcels go to. An order keeps its own copy: what is changed here changes no order.
CREATE TABLE addresses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text,
    line1 text NOT NULL,
    line2 text,
    city text NOT NULL,
    region text,
    postal_code text NOT NULL,
    country text NOT NULL,
    phone text,
    is_default boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addresses_user ON addresses (user_id);
-- At most one; that there is one while there is any, the trigger below sees to.
CREATE UNIQUE INDEX addresses_default ON addresses (user_id) WHERE is_default;

CREATE FUNCTION addresses_have_a_default() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM addresses WHERE user_id = OLD.user_id)
        AND NOT EXISTS (SELECT FROM addresses WHERE user_id = OLD.user_id AND is_default) THEN
        RAISE EXCEPTION 'account % has addresses and none is the default', OLD.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'addresses_have_a_default';
    END IF;
    RETURN NULL;
END $$;
-- At COMMIT, so that one default can hand over to another.
CREATE CONSTRAINT TRIGGER addresses_have_a_default AFTER UPDATE OR DELETE ON addresses
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION addresses_have_a_default();

-- What a link in a mail proves: that its reader holds the mailbox. Only the token's hash is kept, and it works once.
CREATE TABLE one_time_tokens (
    id uuid PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'change_email', 'reset_password')),
    -- The mailbox that the token goes to, and proves.
    email text NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_time_tokens_hash ON one_time_tokens (token_hash);
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);

-- The token itself, until its mail is out: a job's message and the logs carry only the id. The API writes it and cannot
-- read it; the worker reads it and deletes it once the mail server has taken the mail.
CREATE TABLE mail_secrets (
    token_id uuid PRIMARY KEY REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    token text NOT NULL
);

-- Attempts to sign in, or to prove a password, within a window of time: by account and by client address, over all API
-- processes. Keys are hashed: what people type as an e-mail address is theirs, and an address that has no account is
-- counted like one that has.
CREATE TABLE attempt_counts (
    key bytea PRIMARY KEY,
    attempts integer NOT NULL,
    window_ends_at timestamptz NOT NULL
);
CREATE INDEX attempt_counts_window ON attempt_counts (window_ends_at);

-- A second factor by time-based codes (RFC 6238). It counts once a code has confirmed it. A code's time step is taken once.
CREATE TABLE totp_factors (
    user_id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret bytea NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- For a lost telephone: each works once, in place of a code.
CREATE TABLE recovery_codes (
    user_id bigint NOT NULL REFERENCES totp_factors (user_id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON addresses, attempt_counts, totp_factors, recovery_codes TO wharf_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_tokens TO wharf_api;
GRANT INSERT ON mail_secrets TO wharf_api;
GRANT SELECT ON one_time_tokens TO wharf_worker;
GRANT SELECT, DELETE ON mail_secrets TO wharf_worker;
GRANT DELETE ON one_time_tokens, attempt_counts TO wharf_worker;
GRANT SELECT ON attempt_counts TO wharf_worker;

-- The wall of migration 0012.
ALTER TABLE addresses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY addresses_own ON addresses
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
