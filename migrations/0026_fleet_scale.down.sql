ALTER TABLE queue_control DROP COLUMN workers;
