-- Why: a second wall behind each handler's WHERE user_id. Whoever forgets it sees nothing of others: the database shows and
-- changes only rows of the user for whom the transaction was opened, or all of them for the shop's staff.
--
-- A program says for whom by two settings that end with its transaction (set_config(…, true)); it sends them in front of
-- its statements. Without them, or with empty ones, which is what a pooled connection keeps of settings that have ended,
-- there is no user, and nobody's rows show. This is a wall against forgetting: who may run any SQL may also set these.
--
-- FORCE: the owner is behind the wall too, so that a program with the wrong URL is. `wharf migrate` runs as staff.
CREATE FUNCTION wharf_user_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('wharf.user_id', true), '')::bigint $$;

CREATE FUNCTION wharf_is_staff() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('wharf.is_staff', true), '') = 'true' $$;

ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE order_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE order_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- The settings are read in subqueries: once for a statement, and not once for a row.
CREATE POLICY orders_own ON orders
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));
CREATE POLICY idempotency_keys_own ON idempotency_keys
    USING ((SELECT wharf_is_staff()) OR user_id = (SELECT wharf_user_id()));

-- What belongs to an order shows to whom the order shows: the policy of orders holds inside this one. What is written is
-- not checked. A statement that writes an order together with its lines could not see the order yet, and every other one
-- finds its order by a SELECT or UPDATE of orders, which is behind the wall.
CREATE POLICY order_items_own ON order_items
    USING ((SELECT wharf_is_staff()) OR EXISTS (SELECT FROM orders WHERE orders.id = order_id)) WITH CHECK (true);
CREATE POLICY order_events_own ON order_events
    USING ((SELECT wharf_is_staff()) OR EXISTS (SELECT FROM orders WHERE orders.id = order_id)) WITH CHECK (true);

-- Jobs are nobody's: workers see everything.
CREATE POLICY orders_worker ON orders TO wharf_worker USING (true);
CREATE POLICY order_items_worker ON order_items TO wharf_worker USING (true);
CREATE POLICY order_events_worker ON order_events TO wharf_worker USING (true);
CREATE POLICY idempotency_keys_worker ON idempotency_keys TO wharf_worker USING (true);
