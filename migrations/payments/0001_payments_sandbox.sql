-- Payments as the store knows them. One that was voided without an amount is a tombstone.
CREATE TABLE payments (
    payment_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('authorized', 'captured', 'voided', 'refunded', 'declined')),
    -- Minor units.
    amount BIGINT CHECK (amount >= 0),
    currency TEXT,
    account_id TEXT,
    -- A digest of the token: a repeated command is told from another one without keeping the token.
    token_digest TEXT,
    decline_reason TEXT,
    -- Microseconds since 1970-01-01T00:00:00Z, as all times here.
    updated_at BIGINT NOT NULL,
    CHECK ((amount IS NULL) = (account_id IS NULL)),
    CHECK ((state = 'declined') = (decline_reason IS NOT NULL))
);

-- The ledger of the sandbox, which plays the provider: one row a movement of money, and nothing is ever changed. A payment has
-- each kind of movement at most once, whatever the store asks for.
CREATE TABLE sandbox_ledger (
    payment_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('authorized', 'declined', 'captured', 'voided', 'refunded')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    account_id TEXT NOT NULL,
    -- The id of an account, or 'system'; and the request.
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (payment_id, kind)
);
