-- Why: a refund that is asked for before the capture lowers what is captured, and one that is asked for behind it is given
-- back by the gateway. Which of the two it is was read off the payment's status when its job ran, which may be after the
-- capture for the first kind too: the customer got that money twice. Now it is noted where it is decided.
ALTER TABLE payment_operations ADD COLUMN is_behind_capture boolean NOT NULL DEFAULT false;
UPDATE payment_operations r SET is_behind_capture = true FROM payment_operations c
WHERE r.kind = 'refund' AND c.payment_id = r.payment_id AND c.kind = 'capture' AND c.created_at < r.created_at;
