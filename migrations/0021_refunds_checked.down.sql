-- A constraint that was validated stays one.
SELECT;
