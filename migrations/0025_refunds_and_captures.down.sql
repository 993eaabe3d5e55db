ALTER TABLE payment_operations DROP COLUMN is_behind_capture;
