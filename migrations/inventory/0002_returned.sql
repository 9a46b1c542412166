-- What was sold can be taken back: a new state of reservations and a new kind of movement. SQLite cannot change a
-- check, so the tables are made anew with their rows. Lines go before their reservations, so that no foreign key is
-- ever broken; renaming a table renames it in the references to it as well.

-- The ledger: every change of a level, for each product 1, 2, 3 ... without a gap.
--   received = opened + received
--   reserved = reserved - committed - released - expired
--   sold = committed - returned
CREATE TABLE new_stock_movements (
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN ('opened', 'received', 'reserved', 'committed', 'released', 'expired', 'returned')
    ),
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

INSERT INTO new_stock_movements (product_id, number, kind, quantity, cause, actor, request_id, moved_at)
SELECT product_id, number, kind, quantity, cause, actor, request_id, moved_at FROM stock_movements;

DROP TABLE stock_movements;

ALTER TABLE new_stock_movements RENAME TO stock_movements;

-- A released reservation without lines is a tombstone: it was released before it was made.
CREATE TABLE new_reservations (
    reservation_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'released', 'returned')),
    expires_at BIGINT NOT NULL
);

CREATE TABLE new_reservation_lines (
    reservation_id TEXT NOT NULL REFERENCES new_reservations (reservation_id),
    product_id TEXT NOT NULL REFERENCES stock_levels (product_id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (reservation_id, product_id)
);

INSERT INTO new_reservations (reservation_id, state, expires_at)
SELECT reservation_id, state, expires_at FROM reservations;

INSERT INTO new_reservation_lines (reservation_id, product_id, quantity)
SELECT reservation_id, product_id, quantity FROM reservation_lines;

DROP TABLE reservation_lines;

DROP TABLE reservations;

ALTER TABLE new_reservations RENAME TO reservations;

ALTER TABLE new_reservation_lines RENAME TO reservation_lines;

CREATE INDEX reservations_by_expiry ON reservations (expires_at) WHERE state = 'reserved';
