DROP TABLE recovery_codes;
DROP TABLE totp_factors;
DROP TABLE attempt_counts;
DROP TABLE mail_secrets;
DROP TABLE one_time_tokens;
DROP TABLE addresses;
DROP FUNCTION addresses_have_a_default();
ALTER TABLE users DROP COLUMN email_verified_at, DROP COLUMN deleted_at;
