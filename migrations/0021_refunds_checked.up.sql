-- Why: orders from before 0016 hold to its constraint too. Validating lets others read and write; that it has been done also
-- lets the planner trust it.
ALTER TABLE orders VALIDATE CONSTRAINT orders_refunds_within_total;
