-- Orders, each with its checkout. The columns up to created_at never change.
CREATE TABLE orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    -- 1, 2, 3 ... for each account: the order of its list.
    number BIGINT NOT NULL,
    -- The customer's key, and a digest of what was asked for under it.
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- Which request it was: recovery goes on under its id.
    request_id TEXT NOT NULL,
    -- The version of the cart that was priced.
    cart_version BIGINT NOT NULL,
    -- JSON: a list of {product_id, name, quantity, unit_price}, amounts in minor units. Read and written as a whole.
    lines TEXT NOT NULL,
    total BIGINT NOT NULL CHECK (total >= 0),
    currency TEXT NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z, as all times here.
    created_at BIGINT NOT NULL,
    -- What the customer sees: pending -> confirmed -> cancelled, pending -> refused.
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'refused', 'cancelled')),
    -- What there is to do: placing -> settling -> settled, placing -> undoing -> settled,
    -- settling or settled -> cancelling -> settled.
    phase TEXT NOT NULL CHECK (phase IN ('placing', 'undoing', 'settling', 'cancelling', 'settled')),
    -- Why it is refused: the error that the customer gets, as JSON.
    refusal TEXT,
    -- Only while the payment may have to be authorised.
    payment_token TEXT,
    updated_at BIGINT NOT NULL,
    -- Who drives the checkout, and until when nobody else may.
    lease_token TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    UNIQUE (account_id, idempotency_key),
    UNIQUE (account_id, number),
    CHECK ((status = 'refused') = (refusal IS NOT NULL) OR phase = 'undoing'),
    CHECK ((phase = 'placing') = (payment_token IS NOT NULL))
);

CREATE INDEX orders_under_way ON orders (lease_until) WHERE phase <> 'settled';
