-- How many there are of each product. The checks are the last word on overselling and conservation.
CREATE TABLE stock_levels (
    product_id TEXT NOT NULL PRIMARY KEY,
    received BIGINT NOT NULL CHECK (received >= 0),
    available BIGINT NOT NULL CHECK (available >= 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0),
    -- The number of this product's latest movement.
    last_movement BIGINT NOT NULL,
    CHECK (received = available + reserved + sold)
);

-- The ledger: every change of a level, for each product 1, 2, 3 ... without a gap.
--   received = opened + received
--   reserved = reserved - committed - released - expired
--   sold = committed
CREATE TABLE stock_movements (
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'received', 'reserved', 'committed', 'released', 'expired')),
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    -- The key of the receipt or the id of the reservation; empty where a level was opened.
    cause TEXT NOT NULL,
    -- The id of an account, or 'system'.
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z, as all times here.
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (product_id, number)
);

-- Receipts by the key of their caller, so that a repeated one is found.
CREATE TABLE receipts (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    -- What could be sold right after it.
    available BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);

-- A released reservation without lines is a tombstone: it was released before it was made.
CREATE TABLE reservations (
    reservation_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'released')),
    expires_at BIGINT NOT NULL
);

CREATE INDEX reservations_by_expiry ON reservations (expires_at) WHERE state = 'reserved';

CREATE TABLE reservation_lines (
    reservation_id TEXT NOT NULL REFERENCES reservations (reservation_id),
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (reservation_id, product_id)
);

-- Which products came into stock or ran out, dense and in the order of their commits.
CREATE TABLE stock_changes (
    number BIGINT NOT NULL PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    in_stock BIGINT NOT NULL CHECK (in_stock IN (0, 1))
);

-- One row: the latest number of stock_changes. Its lock, held to the commit, puts the numbers in that order.
CREATE TABLE stock_change_head (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number BIGINT NOT NULL
);

INSERT INTO stock_change_head (only_row, number) VALUES (1, 0);
