-- Which process of this module applies the topic's events, by a name that it has for its lifetime; empty where none does. The
-- others watch how it comes along: it saves their work, and decides nothing.
ALTER TABLE consumer_offsets ADD COLUMN holder TEXT NOT NULL DEFAULT '';
