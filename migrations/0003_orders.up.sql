-- Why: the orders, what was promised when they were placed, and the only ways their state may change.
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    order_number text NOT NULL UNIQUE,
    user_id bigint NOT NULL REFERENCES users (id),
    status text NOT NULL DEFAULT 'pending' CONSTRAINT orders_status_known
        CHECK (status IN ('pending', 'confirmed', 'shipped', 'delivered', 'cancelled', 'refunded')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    subtotal_amount bigint NOT NULL CHECK (subtotal_amount >= 0),
    tax_amount bigint NOT NULL CHECK (tax_amount >= 0),
    shipping_amount bigint NOT NULL CHECK (shipping_amount >= 0),
    discount_amount bigint NOT NULL CHECK (discount_amount >= 0),
    total_amount bigint NOT NULL,
    shipping_address jsonb NOT NULL,
    billing_address jsonb,
    idempotency_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_amounts_add_up
        CHECK (total_amount = subtotal_amount + tax_amount + shipping_amount - discount_amount AND total_amount >= 0)
);
CREATE INDEX orders_user_newest ON orders (user_id, created_at DESC);
CREATE INDEX orders_pending ON orders (created_at) WHERE status = 'pending';

-- A line keeps the name and the price of the moment of ordering; variant_id only says where it came from, and a
-- deleted variant leaves the line as it was.
CREATE TABLE order_items (
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line integer NOT NULL CHECK (line > 0),
    variant_id bigint REFERENCES product_variants (id) ON DELETE SET NULL,
    product_id bigint REFERENCES products (id) ON DELETE SET NULL,
    sku text NOT NULL,
    product_name text NOT NULL,
    variant_name text NOT NULL,
    unit_price_amount bigint NOT NULL CHECK (unit_price_amount >= 0),
    quantity integer NOT NULL CHECK (quantity > 0),
    total_amount bigint NOT NULL,
    PRIMARY KEY (order_id, line),
    CONSTRAINT order_items_total CHECK (total_amount = unit_price_amount * quantity)
);
CREATE INDEX order_items_variant ON order_items (variant_id);
CREATE INDEX order_items_product ON order_items (product_id);

-- The timeline: one row for each thing that happened to an order.
CREATE TABLE order_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    kind text NOT NULL,
    actor text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_events_order ON order_events (order_id, id);

-- The state machine of the shop, in the place that no program can go around.
CREATE FUNCTION orders_check_status_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'confirmed'), ('confirmed', 'shipped'), ('shipped', 'delivered'),
        ('pending', 'cancelled'), ('confirmed', 'cancelled'),
        ('confirmed', 'refunded'), ('shipped', 'refunded'), ('delivered', 'refunded')
    ) THEN
        RAISE EXCEPTION 'order % cannot go from % to %', OLD.order_number, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_status_edge';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_status_edge BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION orders_check_status_edge();

-- The answer that was committed for an Idempotency-Key, so that asking again gives the same bytes. request_hash tells
-- the same key with another body.
CREATE TABLE idempotency_keys (
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    response_status integer NOT NULL,
    response_body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

GRANT SELECT, INSERT ON orders, order_items TO wharf_api;
GRANT UPDATE (status, updated_at) ON orders TO wharf_api, wharf_worker;
GRANT SELECT ON orders, order_items TO wharf_worker;
GRANT SELECT, INSERT ON order_events TO wharf_api, wharf_worker;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO wharf_api;
GRANT SELECT, DELETE ON idempotency_keys TO wharf_worker;
