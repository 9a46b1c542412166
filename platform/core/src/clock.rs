//! Time, passed in: nothing reads the clock of the machine but [`SystemClock`].

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where the time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time of day, UTC: for what is stored and shown.
    fn now(&self) -> Timestamp;

    /// Monotonic time: for deadlines and leases, which must not jump when the time of day is set.
    fn instant(&self) -> Instant;
}

/// The clock of the machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock of the machine")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    start_time: Timestamp,
    elapsed: Mutex<Duration>,
}

impl ManualClock {
    /// A clock that shows `start_time`.
    pub fn new(start_time: Timestamp) -> Self {
        Self { start: SystemClock.instant(), start_time, elapsed: Mutex::default() }
    }

    /// Moves the time of day and the monotonic time forward together.
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock().expect("no holder of this lock panics") += by;
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().expect("no holder of this lock panics")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start_time.plus(self.elapsed())
    }

    fn instant(&self) -> Instant {
        self.start + self.elapsed()
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON, a BIGINT in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as Unix counts them; zero for any time before it.
    pub fn as_unix_seconds(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000_000)).unwrap_or_default()
    }

    /// This time and `duration` later, at most the latest that can be told.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).map_err(|_| fmt::Error)?;
        formatter.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
        let micros = time.unix_timestamp_nanos() / 1_000;
        i64::try_from(micros).map(Self).map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-01-31T09:30:00.123456Z"])
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_json_to_the_microsecond() {
        let timestamp = Timestamp::from_micros(1_790_000_000_123_456);
        let json = serde_json::to_string(&timestamp).expect("a timestamp serialises");
        assert_eq!(json, "\"2026-09-21T14:13:20.123456Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).expect("it parses"), timestamp);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(Timestamp::from_micros(0));
        let before = clock.instant();
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().as_unix_seconds(), 90);
        assert_eq!(clock.instant() - before, Duration::from_secs(90));
    }
}
