-- Why: what becomes of an order after its checkout: its way to the customer, money that is given back, notes, and tickets
-- by which a browser's EventSource, which cannot send a token, follows it.
ALTER TABLE orders
    ADD COLUMN carrier text,
    ADD COLUMN tracking_number text,
    ADD COLUMN shipped_at timestamptz,
    ADD COLUMN delivered_at timestamptz,
    -- What was given back, or is about to be. Taken before the money moves: however many refunds race, the constraint
    -- keeps them within what the order cost.
    ADD COLUMN refunded_amount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT orders_refunds_within_total CHECK (refunded_amount BETWEEN 0 AND total_amount) NOT VALID;
GRANT UPDATE (refunded_amount) ON orders TO wharf_api, wharf_worker;
GRANT UPDATE (carrier, tracking_number, shipped_at, delivered_at) ON orders TO wharf_worker;

-- One row for each refund: asked for by a person, carried out by a job. The row is the job's memory: settled once.
CREATE TABLE order_refunds (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    amount bigint NOT NULL CHECK (amount >= 0),
    reason text NOT NULL CHECK (length(reason) <= 500),
    actor text NOT NULL,
    -- refused: the order had moved on before the job came to it; its amount can be refunded again.
    status text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'done', 'refused')),
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
);
CREATE INDEX order_refunds_order ON order_refunds (order_id);
GRANT SELECT, INSERT ON order_refunds TO wharf_api;
GRANT SELECT, UPDATE (status, settled_at) ON order_refunds TO wharf_worker;

-- internal: for the shop's staff only. customer: both sides read it.
CREATE TABLE order_notes (
    id bigint GENERATED ALWAYS AS IDENTITY,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    actor text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('internal', 'customer')),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 4000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, id)
);
GRANT SELECT, INSERT ON order_notes TO wharf_api;

-- Only the hash: who reads the table cannot use what it finds. A ticket is deleted by its use.
CREATE TABLE order_event_tickets (
    token_hash bytea PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    is_staff boolean NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX order_event_tickets_expiry ON order_event_tickets (expires_at);
GRANT SELECT, INSERT, DELETE ON order_event_tickets TO wharf_api;
GRANT SELECT, DELETE ON order_event_tickets TO wharf_worker;

-- The second wall, as in 0012: what belongs to an order shows to whom the order shows, internal notes to staff only.
ALTER TABLE order_refunds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE order_notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE order_event_tickets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY order_refunds_own ON order_refunds
    USING ((SELECT wharf_is_staff()) OR EXISTS (SELECT FROM orders WHERE orders.id = order_id));
CREATE POLICY order_notes_own ON order_notes
    USING ((SELECT wharf_is_staff()) OR (kind = 'customer' AND EXISTS (SELECT FROM orders WHERE orders.id = order_id)));
CREATE POLICY order_event_tickets_own ON order_event_tickets
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
CREATE POLICY order_refunds_worker ON order_refunds TO wharf_worker USING (true);
CREATE POLICY order_event_tickets_worker ON order_event_tickets TO wharf_worker USING (true);
