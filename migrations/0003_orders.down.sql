DROP TABLE idempotency_keys;
DROP TABLE order_events;
DROP TABLE order_items;
DROP TABLE orders;
DROP FUNCTION orders_check_status_edge();
