-- What this module tells others, written in the transactions of the changes that it tells of.
CREATE TABLE outbox (
    -- Dense, in the order of the commits; the same number is the event's place in the log.
    seq BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    entity TEXT NOT NULL,
    payload TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    recorded_at BIGINT NOT NULL
);

-- One row: the latest number. Its lock, held to the commit, puts the numbers in the order of the commits.
CREATE TABLE outbox_head (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    seq BIGINT NOT NULL
);

INSERT INTO outbox_head (only_row, seq) VALUES (1, 0);
