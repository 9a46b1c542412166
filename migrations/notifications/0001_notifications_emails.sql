-- Whom the store writes to, as the accounts have told.
CREATE TABLE recipients (
    account_id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL
);

-- What each customer was told, once for each event.
CREATE TABLE notifications (
    notification_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- When it happened, in microseconds since 1970-01-01T00:00:00Z, as all times here.
    created_at BIGINT NOT NULL,
    -- The event that it tells of.
    topic TEXT NOT NULL,
    position BIGINT NOT NULL,
    UNIQUE (topic, position)
);

CREATE INDEX notifications_by_account ON notifications (account_id, created_at, notification_id);

-- E-mails on their way; each has the id that its message keeps however often it is sent.
CREATE TABLE emails (
    message_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts BIGINT NOT NULL,
    -- Not before this; it is moved on while somebody sends it.
    next_attempt_at BIGINT NOT NULL,
    last_error TEXT
);

CREATE INDEX emails_due ON emails (next_attempt_at) WHERE state = 'queued';
