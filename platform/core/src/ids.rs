//! Ids are UUIDv7: their order is the order of their making, so that indexes grow at one end.

use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

use crate::Clock;

/// Makes ids, from a clock and a random generator that are both passed in.
#[derive(Debug)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    random: Mutex<StdRng>,
}

impl Ids {
    /// Ids from this clock and this seed; the same seed and clock make the same ids.
    pub fn from_seed(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self { clock, random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    /// Ids from this clock and the randomness of the operating system.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing sensible can run then.
    pub fn from_system(clock: Arc<dyn Clock>) -> Self {
        let random =
            StdRng::try_from_rng(&mut rand::rngs::SysRng).expect("the operating system gives randomness");
        Self { clock, random: Mutex::new(random) }
    }

    /// A new id.
    pub fn next(&self) -> Uuid {
        let mut random_bytes = [0_u8; 10];
        self.random.lock().expect("no holder of this lock panics").fill_bytes(&mut random_bytes);
        let millis = u64::try_from(self.clock.now().as_micros() / 1_000).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &random_bytes).into_uuid()
    }
}

/// Declares an id: a UUID with a type of its own, so that a product's id is never taken for an order's.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive($crate::reexports::serde::Serialize, $crate::reexports::serde::Deserialize)]
        #[derive($crate::reexports::utoipa::ToSchema)]
        #[serde(crate = "cleave_core::reexports::serde", transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name($crate::reexports::uuid::Uuid);

        impl $name {
            /// The id as a plain UUID.
            pub const fn as_uuid(self) -> $crate::reexports::uuid::Uuid {
                self.0
            }
        }

        impl From<$crate::reexports::uuid::Uuid> for $name {
            fn from(id: $crate::reexports::uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::reexports::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

// The macro names this crate by its outside name.
use crate as cleave_core;

id_type! {
    /// Who somebody is: the id of an account. It stands here because every contract's caller has one.
    AccountId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, Timestamp};

    #[test]
    fn a_later_id_sorts_after_an_earlier_one() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
        let ids = Ids::from_seed(clock.clone(), 7);
        let earlier = ids.next();
        clock.advance(std::time::Duration::from_millis(1));
        let later = ids.next();
        assert!(earlier < later);
        assert_eq!(later.get_version_num(), 7);
    }

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
        assert_eq!(Ids::from_seed(clock.clone(), 1).next(), Ids::from_seed(clock.clone(), 1).next());
        assert_ne!(Ids::from_seed(clock.clone(), 1).next(), Ids::from_seed(clock, 2).next());
    }
}
