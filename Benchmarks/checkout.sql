-- pgbench: the statements of one checkout, as PlaceOrder sends them: two round trips, the second with COMMIT in it.
-- Two lines an order, two jobs in the outbox. Run with -M prepared -D variants=N -D users=N. pgbench cannot carry a value
-- from one statement to another in a pipeline, so the lines find their product and the order's id by themselves.
\set user random(1, :users)
\set first random(1, :variants - 1)
\set second :first + 1
\set key random(1, 9000000000000000000)
\startpipeline
BEGIN;
SELECT set_config('wharf.user_id', :user::text, true), set_config('wharf.is_staff', '', true);
SELECT pg_try_advisory_xact_lock(hashtextextended('bench ' || :key, 0));
SELECT request_hash, response_status, response_body FROM idempotency_keys
WHERE user_id = :user AND route = 'POST /api/orders' AND key = :key::text;
WITH gate AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('bench ' || :key, 0)) AS is_open)
SELECT v.id, v.product_id, v.sku, v.name, p.name, v.price_amount, p.currency, v.stock_quantity, p.category_id
FROM gate CROSS JOIN product_variants v JOIN products p ON p.id = v.product_id
WHERE gate.is_open AND v.id = ANY(ARRAY[:first, :second]::bigint[]) AND p.status = 'active'
ORDER BY v.id FOR UPDATE OF v;
SELECT m.name, m.is_urgent, m.is_active, m.countries, m.minimum_days, m.maximum_days,
    price.currencies, price.amounts, price.free_from,
    (SELECT json_agg(json_build_object('name', t.name, 'rate_basis_points', t.rate_basis_points,
        'is_included', t.is_included, 'taxes_shipping', t.taxes_shipping, 'region', t.region,
        'postal_prefix', t.postal_prefix, 'categories', CASE WHEN t.category_id IS NOT NULL THEN (
            WITH RECURSIVE below AS (
                SELECT t.category_id AS id
                UNION SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id
            )
            SELECT json_agg(id) FROM below
        ) END) ORDER BY t.id)
    FROM tax_rates t WHERE t.country = 'GB'
        AND (t.region IS NULL OR lower(t.region) = lower(NULL::text))
        AND (t.postal_prefix IS NULL
            OR starts_with(upper(replace('HU1'::text, ' ', '')), upper(replace(t.postal_prefix, ' ', ''))))),
    NULL::json
FROM shipping_methods m LEFT JOIN LATERAL (
    SELECT array_agg(currency) AS currencies, array_agg(price_amount) AS amounts,
        array_agg(free_from_amount) AS free_from
    FROM shipping_prices WHERE method = m.code
) AS price ON true
WHERE m.code = 'standard';
\endpipeline
\startpipeline
WITH changed AS (
    UPDATE product_variants v SET stock_quantity = v.stock_quantity - taken.quantity
    FROM unnest(ARRAY[:first, :second]::bigint[], ARRAY[1, 2]::integer[]) AS taken (id, quantity) WHERE v.id = taken.id
    RETURNING v.id, -taken.quantity AS delta
)
INSERT INTO stock_movements (variant_id, delta, reason, actor_id, order_id)
SELECT id, delta, 'order', :user, gen_random_uuid() FROM changed WHERE delta <> 0;
WITH placed AS (
    INSERT INTO orders (id, order_number, user_id, status, currency, subtotal_amount, tax_amount, shipping_amount,
        discount_amount, total_amount, included_tax_amount, tax_lines, shipping_method, discount_code, payment_status,
        shipping_address, billing_address, idempotency_key, created_at, updated_at)
    VALUES (gen_random_uuid(), 'P-' || :key, :user, 'pending', 'EUR', 3000, 0, 0, 0, 3000, 0, '[]', 'standard', NULL, 'none',
        '{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}', NULL, :key::text, now(), now())
    RETURNING id
), lines AS (
    INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
        unit_price_amount, quantity, total_amount, discount_amount, tax_amount)
    SELECT placed.id, n.line, v.id, v.product_id, v.sku, n.product_name, v.name, n.price, n.quantity, n.total, 0, 0
    FROM placed, unnest(ARRAY[1, 2], ARRAY[:first, :second]::bigint[], ARRAY['Brass Lantern', 'Glass Mug'],
        ARRAY[1000, 1000]::bigint[], ARRAY[1, 2], ARRAY[1000, 2000]::bigint[])
        AS n (line, variant_id, product_name, price, quantity, total)
    JOIN product_variants v ON v.id = n.variant_id
)
INSERT INTO order_events (order_id, kind, actor, created_at) SELECT id, 'placed', 'user:' || :user, now() FROM placed;
INSERT INTO outbox (id, job_name, body, headers)
SELECT gen_random_uuid(), job_name, '{"action":"confirm","order_number":"W-261121-6ST1KQN3"}', '{"x":"y"}'
FROM unnest(ARRAY['order.process', 'email.send_order_confirmation']) AS job_name;
INSERT INTO idempotency_keys (user_id, route, key, request_hash, response_status, response_body)
VALUES (:user, 'POST /api/orders', :key::text, sha256('x'), 201, repeat('x', 500)::bytea);
COMMIT;
SELECT pg_current_wal_flush_lsn();
\endpipeline
