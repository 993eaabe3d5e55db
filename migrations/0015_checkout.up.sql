-- Why: what an order costs beside its goods (shipping, tax, discounts) is the shop's data, not code; and what is asked of
-- a payment gateway is written down before it is asked, so that whoever is killed in between can ask the same again.

-- A method without prices is free in every currency; one with prices is offered in those currencies only. An urgent
-- method's orders overtake others on their way through the shop.
CREATE TABLE shipping_methods (
    code text PRIMARY KEY CHECK (code ~ '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$' AND length(code) <= 40),
    name text NOT NULL,
    -- ISO 3166-1 alpha-2; NULL is everywhere.
    countries text[] CHECK (cardinality(countries) > 0),
    minimum_days integer NOT NULL CHECK (minimum_days >= 0),
    maximum_days integer NOT NULL CHECK (maximum_days >= minimum_days),
    is_urgent boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    position integer NOT NULL DEFAULT 0
);
CREATE TABLE shipping_prices (
    method text NOT NULL REFERENCES shipping_methods (code) ON DELETE CASCADE,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    price_amount bigint NOT NULL CHECK (price_amount BETWEEN 0 AND 1000000000000),
    -- Goods for this much, after the discount, are shipped free.
    free_from_amount bigint CHECK (free_from_amount >= 0),
    PRIMARY KEY (method, currency)
);
-- What the shop had before it had prices for shipping.
INSERT INTO shipping_methods (code, name, minimum_days, maximum_days, is_urgent, position) VALUES
    ('standard', 'Standard', 3, 5, false, 0), ('express', 'Express', 1, 2, true, 1);

-- Without a rate for its destination an order has no tax. Of several rates that fit a line one counts: a category's
-- before a general one, then the one for the longest beginning of the postal code, then the region's.
CREATE TABLE tax_rates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    region text,
    postal_prefix text CHECK (postal_prefix <> ''),
    category_id bigint REFERENCES categories (id) ON DELETE CASCADE,
    rate_basis_points integer NOT NULL CHECK (rate_basis_points BETWEEN 0 AND 10000),
    -- Whether prices contain it already (as for consumers in Europe), or it comes on top (as in the United States).
    is_included boolean NOT NULL,
    -- Whether it is due on shipping too. Only a general rate can be.
    taxes_shipping boolean NOT NULL DEFAULT false,
    CONSTRAINT tax_rates_shipping_is_general CHECK (NOT taxes_shipping OR category_id IS NULL)
);
CREATE UNIQUE INDEX tax_rates_one ON tax_rates (country, region, postal_prefix, category_id) NULLS NOT DISTINCT;

-- The limits are constraints: however many checkouts race for the last use, the database refuses the one too many.
CREATE TABLE discounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL CONSTRAINT discounts_code_key UNIQUE CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{0,39}$'),
    description text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('percentage', 'fixed', 'free_shipping')),
    basis_points integer CHECK (basis_points BETWEEN 1 AND 10000),
    amount bigint CHECK (amount > 0),
    -- Of the fixed amount and of the minimum.
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    -- Goods for at least this much, before the discount.
    minimum_amount bigint CHECK (minimum_amount >= 0),
    starts_at timestamptz,
    ends_at timestamptz,
    usage_limit integer CHECK (usage_limit > 0),
    customer_limit integer CHECK (customer_limit > 0),
    used_count integer NOT NULL DEFAULT 0 CHECK (used_count >= 0),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT discounts_usage_limit CHECK (used_count <= usage_limit),
    CONSTRAINT discounts_period CHECK (starts_at < ends_at),
    CONSTRAINT discounts_kind CHECK (
        CASE kind
            WHEN 'percentage' THEN basis_points IS NOT NULL AND amount IS NULL
            WHEN 'fixed' THEN amount IS NOT NULL AND currency IS NOT NULL AND basis_points IS NULL
            ELSE basis_points IS NULL AND amount IS NULL
        END
    ),
    CONSTRAINT discounts_minimum_has_currency CHECK (minimum_amount IS NULL OR currency IS NOT NULL)
);
-- What a discount is for: without a row, for everything. A category stands for those below it too.
CREATE TABLE discount_targets (
    discount_id bigint NOT NULL REFERENCES discounts (id) ON DELETE CASCADE,
    product_id bigint REFERENCES products (id) ON DELETE CASCADE,
    category_id bigint REFERENCES categories (id) ON DELETE CASCADE,
    CHECK (num_nonnulls(product_id, category_id) = 1),
    UNIQUE NULLS NOT DISTINCT (discount_id, product_id, category_id)
);
-- One row for each order that used a discount. A checkout first updates the discount's row and so waits for every other
-- one that uses it; use_number, counted behind that, is right, and the constraint keeps the limit of that moment.
CREATE TABLE discount_redemptions (
    order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    discount_id bigint NOT NULL CONSTRAINT discount_redemptions_discount REFERENCES discounts (id),
    user_id bigint NOT NULL REFERENCES users (id),
    use_number integer NOT NULL,
    customer_limit integer,
    CONSTRAINT discount_redemptions_customer_limit CHECK (use_number <= customer_limit)
);
CREATE INDEX discount_redemptions_customer ON discount_redemptions (discount_id, user_id);

-- tax_amount is what comes on top, so that the amounts go on adding up; what prices contain stands beside it.
ALTER TABLE orders
    ADD COLUMN included_tax_amount bigint NOT NULL DEFAULT 0 CHECK (included_tax_amount >= 0),
    ADD COLUMN tax_lines jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN shipping_method text NOT NULL DEFAULT 'standard',
    ADD COLUMN discount_code text,
    ADD COLUMN payment_status text NOT NULL DEFAULT 'none' CONSTRAINT orders_payment_status_known CHECK (
        payment_status IN ('none', 'pending', 'authorized', 'paid', 'declined', 'partially_refunded', 'refunded',
        'voided')),
    ADD CONSTRAINT orders_discount_within_subtotal CHECK (discount_amount <= subtotal_amount) NOT VALID;
-- An order whose payment is undecided or was declined is not confirmed, whoever asks for it.
ALTER TABLE orders ADD CONSTRAINT orders_confirmed_is_paid
    CHECK (status IN ('pending', 'cancelled') OR payment_status NOT IN ('pending', 'declined')) NOT VALID;
ALTER TABLE order_items
    ADD COLUMN discount_amount bigint NOT NULL DEFAULT 0
        CONSTRAINT order_items_discount CHECK (discount_amount BETWEEN 0 AND total_amount),
    -- On top or included, as the order's tax lines say.
    ADD COLUMN tax_amount bigint NOT NULL DEFAULT 0 CHECK (tax_amount >= 0);

-- A row is committed with its order, before the gateway is asked; every question to the gateway has a key that is made of
-- the row's id, so that asking again is answered with what the first question decided.
CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL CONSTRAINT payments_order_key UNIQUE REFERENCES orders (id) ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users (id),
    gateway text NOT NULL CHECK (gateway IN ('test', 'stripe')),
    -- The gateway's name for what the customer pays with; never a card's number. Forgotten once it is decided.
    token text,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    -- From authorizing on, the gateway may have been asked.
    status text NOT NULL DEFAULT 'created' CHECK (
        status IN ('created', 'authorizing', 'pending', 'authorized', 'captured', 'declined', 'voided')),
    -- The gateway's own name for the payment.
    reference text CONSTRAINT payments_reference_key UNIQUE,
    decline_reason text,
    -- What was given back, or will not be captured.
    refunded_amount bigint NOT NULL DEFAULT 0
        CONSTRAINT payments_refund_within_amount CHECK (refunded_amount BETWEEN 0 AND amount),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- What a step of an order asks of its payment, committed with that step; a job then asks the gateway, with the same key.
CREATE TABLE payment_operations (
    key text PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('capture', 'void', 'refund')),
    amount bigint NOT NULL CHECK (amount >= 0),
    is_done boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz
);
CREATE INDEX payment_operations_payment ON payment_operations (payment_id);

-- The inbox of webhooks: what a gateway told us, once each.
CREATE TABLE payment_events (
    gateway text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    payment_id uuid,
    reference text NOT NULL,
    reason text,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, event_id)
);

-- The memory of the test gateway: a real one remembers outside of the shop.
CREATE TABLE test_gateway_calls (
    key text PRIMARY KEY,
    operation text NOT NULL,
    reference text NOT NULL,
    token text,
    amount bigint NOT NULL,
    calls integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON shipping_methods, shipping_prices, tax_rates, discounts, discount_targets
    TO wharf_api;
GRANT SELECT ON shipping_methods, discounts TO wharf_worker;
GRANT UPDATE (used_count) ON discounts TO wharf_worker;
GRANT SELECT, INSERT, DELETE ON discount_redemptions TO wharf_api;
GRANT SELECT, DELETE ON discount_redemptions TO wharf_worker;
GRANT UPDATE (payment_status) ON orders TO wharf_worker;
GRANT SELECT, INSERT ON payments TO wharf_api;
GRANT UPDATE (refunded_amount, updated_at) ON payments TO wharf_api;
GRANT SELECT, UPDATE ON payments TO wharf_worker;
GRANT SELECT, INSERT ON payment_operations TO wharf_api;
GRANT SELECT, INSERT, UPDATE ON payment_operations TO wharf_worker;
GRANT SELECT, INSERT ON payment_events TO wharf_api;
GRANT SELECT, DELETE ON payment_events TO wharf_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON test_gateway_calls TO wharf_worker;
