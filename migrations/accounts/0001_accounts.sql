-- Who may log in. E-mails are compared in lower case and shown as they were written.
CREATE TABLE accounts (
    account_id TEXT NOT NULL PRIMARY KEY,
    email_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    -- argon2id in the PHC string format; nothing else is kept of a password.
    password_hash TEXT NOT NULL,
    admin BIGINT NOT NULL CHECK (admin IN (0, 1)),
    -- The key under which it was registered, so that a repeated command finds it.
    idempotency_key TEXT,
    -- Microseconds since 1970-01-01T00:00:00Z.
    created_at BIGINT NOT NULL
);
