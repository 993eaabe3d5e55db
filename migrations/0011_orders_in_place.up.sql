-- Why: each step of an order rewrites its row. While an index depends on the status, every index of the table gets a new
-- entry with each step; without one, and with room in the page, PostgreSQL updates the row in place (a HOT update).
--
-- The index of the pending orders served one reader, the job that cancels what nobody confirmed. Orders are only pending
-- from their beginning on, so that job remembers how far it has got, and reads the rest by age.
DROP INDEX orders_pending;
CREATE INDEX orders_created ON orders USING brin (created_at) WITH (autosummarize = on, pages_per_range = 16);
ALTER TABLE orders SET (fillfactor = 70);

-- No order that was placed before this time is pending. One row for each job that works through a table by age.
CREATE TABLE maintenance_marks (
    job text PRIMARY KEY,
    reached timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON maintenance_marks TO wharf_worker;
