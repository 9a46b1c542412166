-- What a record was when it was written; records of before have none (see topics.unchecked_through).
ALTER TABLE events ADD COLUMN checksum BIGINT;
-- How many bytes the topic has had up to and including this record, also those that were cut since.
ALTER TABLE events ADD COLUMN bytes_through BIGINT;

UPDATE events SET bytes_through = totals.bytes_through FROM (
    SELECT topic, position, CAST(SUM(64 + OCTET_LENGTH(name) + OCTET_LENGTH(entity) + OCTET_LENGTH(payload)
        + OCTET_LENGTH(actor) + OCTET_LENGTH(request_id)) OVER (PARTITION BY topic ORDER BY position) AS BIGINT)
        AS bytes_through
    FROM events
) AS totals WHERE events.topic = totals.topic AND events.position = totals.position;

-- What is known of a topic beside its events; a topic of which nothing special is known has no row.
CREATE TABLE topics (
    topic TEXT NOT NULL PRIMARY KEY,
    -- The last event that was cut; 0 where none was.
    trimmed_through BIGINT NOT NULL,
    -- The last event that was written before records had checksums.
    unchecked_through BIGINT NOT NULL
);

INSERT INTO topics (topic, trimmed_through, unchecked_through)
SELECT topic, 0, MAX(position) FROM events GROUP BY topic;

-- How far each consumer has told that it has come: it has no more need of what is up to there.
CREATE TABLE consumers (
    topic TEXT NOT NULL,
    consumer TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (topic, consumer)
);
