DROP POLICY discount_redemptions_worker ON discount_redemptions;
DROP POLICY payment_operations_worker ON payment_operations;
DROP POLICY payments_worker ON payments;
DROP POLICY payment_operations_own ON payment_operations;
DROP POLICY discount_redemptions_own ON discount_redemptions;
DROP POLICY payments_own ON payments;
ALTER TABLE discount_redemptions NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE payment_operations NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE payments NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
