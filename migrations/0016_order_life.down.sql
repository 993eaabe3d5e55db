DELETE FROM mail_deliveries WHERE template LIKE 'order_refunded.%';
DROP TABLE order_event_tickets;
DROP TABLE order_notes;
DROP TABLE order_refunds;
ALTER TABLE orders
    DROP COLUMN refunded_amount,
    DROP COLUMN delivered_at,
    DROP COLUMN shipped_at,
    DROP COLUMN tracking_number,
    DROP COLUMN carrier;
