-- Why: every change of a stock level leaves a line that says by how much, why, and by whom, and the lines of a variant
-- always add up to its level. Whoever changes product_variants.stock_quantity inserts the line in the same statement.
--
-- Programs of before this migration write no lines: stop what sells while it runs.
--
-- No reference to variants or orders: a variant that is deleted keeps its history (a last line takes what was left of it),
-- and a checkout pays for no check of a row that it has locked or just written itself. The primary key is the index by
-- which a variant's lines are read; ids of orders rise with time, so that new ones land at the end of their index.
CREATE TABLE stock_movements (
    id bigint GENERATED ALWAYS AS IDENTITY,
    variant_id bigint NOT NULL,
    delta integer NOT NULL CONSTRAINT stock_movements_move CHECK (delta <> 0),
    reason text NOT NULL CONSTRAINT stock_movements_reason_known
        CHECK (reason IN ('initial', 'import', 'order', 'cancellation', 'expiry', 'refund', 'adjustment')),
    -- The person behind it; NULL for an import, a seeding and the jobs.
    actor_id bigint,
    order_id uuid,
    note text CONSTRAINT stock_movements_note_short CHECK (length(note) <= 500),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (variant_id, id),
    CONSTRAINT stock_movements_order_named
        CHECK (order_id IS NOT NULL OR reason NOT IN ('order', 'cancellation', 'expiry', 'refund')),
    CONSTRAINT stock_movements_direction CHECK (
        CASE reason WHEN 'order' THEN delta < 0 WHEN 'import' THEN true WHEN 'adjustment' THEN true ELSE delta > 0 END
    )
);
CREATE INDEX stock_movements_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;

LOCK TABLE product_variants IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO stock_movements (variant_id, delta, reason, note)
SELECT id, stock_quantity, 'initial', 'the level when the ledger began' FROM product_variants WHERE stock_quantity > 0;

-- A ledger is only written at its end, by the owner too. Once for a statement: inserting costs nothing.
CREATE FUNCTION stock_movements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stock ledger is only written at its end'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movements_append_only';
END $$;
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movements_refuse_change();

GRANT SELECT, INSERT ON stock_movements TO wharf_api, wharf_worker;

-- One line for each variant in a person's cart. price_amount is the price that was shown when the line was last written;
-- price and stock are looked up anew whenever the cart is read. No reference to variants: what is deleted while it lies
-- in a cart is shown there as no longer for sale.
CREATE TABLE cart_items (
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    variant_id bigint NOT NULL,
    quantity integer NOT NULL CONSTRAINT cart_items_quantity_sane CHECK (quantity BETWEEN 1 AND 10000),
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    added_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, variant_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cart_items TO wharf_api;
GRANT SELECT, DELETE ON cart_items TO wharf_worker;

-- Nobody sees another's cart (migration 0012 says how).
ALTER TABLE cart_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY cart_items_own ON cart_items
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
CREATE POLICY cart_items_worker ON cart_items TO wharf_worker USING (true);
