-- Why: payments and the uses of discounts are their customers' own, and stand behind the same wall as their orders.
ALTER TABLE payments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE payment_operations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE discount_redemptions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY payments_own ON payments
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
CREATE POLICY discount_redemptions_own ON discount_redemptions
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
-- The policy of payments holds inside this one. What is written is written for a payment that was found behind it.
CREATE POLICY payment_operations_own ON payment_operations
    USING ((SELECT wharf_is_staff()) OR EXISTS (SELECT FROM payments WHERE payments.id = payment_id)) WITH CHECK (true);

CREATE POLICY payments_worker ON payments TO wharf_worker USING (true);
CREATE POLICY payment_operations_worker ON payment_operations TO wharf_worker USING (true);
CREATE POLICY discount_redemptions_worker ON discount_redemptions TO wharf_worker USING (true);

-- What was there before holds to the newer constraints too; validating lets others read and write.
ALTER TABLE orders VALIDATE CONSTRAINT orders_discount_within_subtotal;
ALTER TABLE orders VALIDATE CONSTRAINT orders_confirmed_is_paid;
