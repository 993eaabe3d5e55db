DROP TABLE maintenance_marks;
ALTER TABLE orders RESET (fillfactor);
DROP INDEX orders_created;
CREATE INDEX orders_pending ON orders (created_at) WHERE status = 'pending';
