-- How far this module has come in the topics that it reacts to; moved in the transactions of the effects.
CREATE TABLE consumer_offsets (
    topic TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    -- How many of the topic's events are put aside.
    dead_letters BIGINT NOT NULL CHECK (dead_letters >= 0)
);

-- Events that were put aside: those that failed, and those of the same entity that wait behind them.
CREATE TABLE dead_letters (
    topic TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('failed', 'parked')),
    error TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    entity TEXT NOT NULL,
    payload TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (topic, position)
);

CREATE INDEX dead_letters_by_entity ON dead_letters (topic, entity, position);
