DROP FUNCTION wharf_enter(bigint, text);
DROP TABLE audit_log;
