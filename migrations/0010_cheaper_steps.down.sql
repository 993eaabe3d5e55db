ALTER TABLE order_events DROP CONSTRAINT order_events_pkey, ADD PRIMARY KEY (id);
CREATE INDEX order_events_order ON order_events (order_id, id);

CREATE FUNCTION orders_check_status_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'confirmed'), ('confirmed', 'shipped'), ('shipped', 'delivered'),
        ('pending', 'cancelled'), ('confirmed', 'cancelled'),
        ('confirmed', 'refunded'), ('shipped', 'refunded'), ('delivered', 'refunded')
    ) THEN
        RAISE EXCEPTION 'order % cannot go from % to %', OLD.order_number, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_status_edge';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER orders_status_edge ON orders;
CREATE TRIGGER orders_status_edge BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION orders_check_status_edge();
DROP FUNCTION orders_refuse_status_edge();
