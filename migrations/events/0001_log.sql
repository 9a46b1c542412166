-- The event log: for each topic 1, 2, 3 ... without a gap, and nothing is ever changed.
CREATE TABLE events (
    topic TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- To what it happened: a reader keeps the order of each entity's events.
    entity TEXT NOT NULL,
    -- JSON, in the form that name and version promise.
    payload TEXT NOT NULL,
    -- Who and which request: the id of an account, 'anonymous' or 'system'.
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z, by the clock of who recorded it.
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (topic, position)
);
