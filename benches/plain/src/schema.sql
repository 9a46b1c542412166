-- One schema for all: rows point at each other, and a join or a transaction may take in any of them.
CREATE TABLE products (
    -- Where the product stands in every list.
    number INTEGER NOT NULL PRIMARY KEY,
    product_id TEXT NOT NULL UNIQUE,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL,
    price_amount BIGINT NOT NULL CHECK (price_amount > 0)
);

CREATE UNIQUE INDEX products_by_category ON products (category, number);

-- One row.
CREATE TABLE shop (
    currency TEXT NOT NULL
);

CREATE TABLE stock (
    number INTEGER NOT NULL PRIMARY KEY REFERENCES products (number),
    available BIGINT NOT NULL CHECK (available >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0)
);

CREATE TABLE cart_lines (
    -- Lines are listed in the order in which they came in.
    line INTEGER NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL REFERENCES products (number),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    UNIQUE (account_id, number)
);

CREATE TABLE orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    -- The customer's key, and a digest of what was asked for under it.
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- JSON, at the prices of the moment.
    lines TEXT NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    -- Why it is refused: what the customer was answered, as JSON. None of an order that is confirmed.
    refusal TEXT,
    -- Microseconds since 1970-01-01T00:00:00Z, as all times here.
    created_at BIGINT NOT NULL,
    UNIQUE (account_id, idempotency_key)
);

CREATE INDEX orders_by_account ON orders (account_id, created_at);

-- What left the stock, and for which order.
CREATE TABLE stock_movements (
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    number BIGINT NOT NULL REFERENCES products (number),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, number)
);

CREATE TABLE payments (
    order_id TEXT NOT NULL PRIMARY KEY REFERENCES orders (order_id),
    account_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    captured_at BIGINT NOT NULL
);

CREATE TABLE notifications (
    notification_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    subject TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX notifications_by_account ON notifications (account_id, created_at);
