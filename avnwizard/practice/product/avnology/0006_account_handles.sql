-- v2.0.0: login names become handles, and the status text becomes a number.
-- NOT backward compatible: v1 reads accounts.login_name and accounts.status.
ALTER TABLE accounts RENAME COLUMN login_name TO handle;
ALTER TABLE accounts ADD COLUMN state smallint NOT NULL DEFAULT 1;
UPDATE accounts SET state = 0 WHERE status <> 'active';
ALTER TABLE accounts DROP COLUMN status;
