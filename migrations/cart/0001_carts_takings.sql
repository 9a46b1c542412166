-- What each customer has picked. A row appears with the first change, and its version moves with every one.
CREATE TABLE carts (
    account_id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TABLE cart_lines (
    account_id TEXT NOT NULL REFERENCES carts (account_id),
    product_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    -- The version with which the product came in: lines are listed in this order.
    added_at_version BIGINT NOT NULL,
    PRIMARY KEY (account_id, product_id)
);

-- Carts that a checkout has taken. One that was put back without lines is a tombstone.
CREATE TABLE cart_takings (
    taking_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('taken', 'put_back'))
);

CREATE TABLE taking_lines (
    taking_id TEXT NOT NULL REFERENCES cart_takings (taking_id),
    -- 0, 1, 2 ... in the order of the cart.
    number BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (taking_id, number)
);
