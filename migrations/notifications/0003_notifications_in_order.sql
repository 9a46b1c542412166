-- An account's list, walked from any of its places on.
CREATE INDEX notifications_in_order ON notifications (account_id, created_at, topic, position);

DROP INDEX notifications_by_account;
