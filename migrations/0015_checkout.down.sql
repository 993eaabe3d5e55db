DROP TABLE test_gateway_calls, payment_events, payment_operations, payments, discount_redemptions, discount_targets,
    discounts, tax_rates, shipping_prices, shipping_methods;
ALTER TABLE order_items DROP COLUMN discount_amount, DROP COLUMN tax_amount;
ALTER TABLE orders DROP CONSTRAINT orders_confirmed_is_paid, DROP CONSTRAINT orders_discount_within_subtotal,
    DROP COLUMN included_tax_amount, DROP COLUMN tax_lines, DROP COLUMN shipping_method, DROP COLUMN discount_code,
    DROP COLUMN payment_status;
