//! Customers, as many as are needed: whoever may sign tokens can be any of them.

use cleave_auth::{Claims, TokenIssuer};
use cleave_compare::Dice;
use cleave_core::{AccountId, Clock as _, SystemClock};

/// Longer than any comparison takes.
const LIFETIME_SECONDS: u64 = 86_400;

/// Customers of a store whose tokens it takes.
#[derive(Debug)]
pub struct Customers {
    issuer: TokenIssuer,
    issued_at_s: u64,
}

impl Customers {
    /// Customers with tokens by the store's own key.
    pub fn new(issuer: TokenIssuer) -> Self {
        // A little before now, so that no clock is behind it.
        Self { issuer, issued_at_s: SystemClock.now().as_unix_seconds() - 60 }
    }

    /// What a customer whom nobody has seen before writes into the header `authorization`.
    pub(super) fn newcomer(&self, dice: &mut Dice) -> String {
        let part = |dice: &mut Dice| dice.below(usize::MAX) as u128;
        let number = part(dice) << 64 | part(dice);
        let account_id =
            format!("{number:032x}").parse::<AccountId>().expect("32 digits are a UUID").as_uuid();
        let claims = Claims {
            account_id,
            admin: false,
            issued_at_s: self.issued_at_s,
            expires_at_s: self.issued_at_s + LIFETIME_SECONDS,
        };
        format!("Bearer {}", self.issuer.issue(&claims))
    }
}
