-- What is sold. Prices are minor units of the store's one currency.
CREATE TABLE products (
    product_id TEXT NOT NULL PRIMARY KEY,
    -- Where the product stands in every list: in the order of the commits, never changed.
    number BIGINT NOT NULL UNIQUE,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL,
    price_amount BIGINT NOT NULL CHECK (price_amount > 0),
    -- As last heard from the inventory.
    in_stock BIGINT NOT NULL CHECK (in_stock IN (0, 1)),
    -- Microseconds since 1970-01-01T00:00:00Z, as all times here.
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX products_by_category ON products (category, number);

-- One row: the latest number of products, and the currency in which all prices are. Its lock, held to the commit,
-- puts the numbers in the order of commits, so that no product appears behind a reader's cursor.
CREATE TABLE product_head (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number BIGINT NOT NULL,
    -- Empty until there is a price.
    currency TEXT NOT NULL
);

INSERT INTO product_head (only_row, number, currency) VALUES (1, 0, '');

-- The search: every beginning of every word of a product's name, category and SKU. A word of n letters has n rows, so
-- a product has at most as many rows as these fields have letters. No foreign key: its check would cost as much as
-- the row.
CREATE TABLE product_prefixes (
    prefix TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (prefix, number)
);

-- Products by the key of the command that made them, so that a repeated one is found.
CREATE TABLE created_products (
    -- The id of an account, or 'system'.
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- Tells another command under the same key from the same one.
    fingerprint TEXT NOT NULL,
    product_id TEXT NOT NULL REFERENCES products (product_id),
    PRIMARY KEY (caller, idempotency_key)
);

-- One row: the number of the last of the inventory's stock changes that products.in_stock tells of.
CREATE TABLE stock_follower (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number BIGINT NOT NULL
);

INSERT INTO stock_follower (only_row, number) VALUES (1, 0);
