DROP TABLE refresh_tokens;
DROP TABLE users;
REVOKE USAGE ON SCHEMA public FROM wharf_api, wharf_worker;
