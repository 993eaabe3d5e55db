-- Why: how many workers a queue is to have is decided by `wharf fleet`, unless an operator says it. What he says must reach
-- the fleet wherever that runs and outlive its restarts, as a pause does, so it stands beside that.
ALTER TABLE queue_control
    -- NULL: as the fleet's policy decides.
    ADD COLUMN workers integer CHECK (workers BETWEEN 0 AND 1000);
