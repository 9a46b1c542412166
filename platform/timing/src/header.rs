//! `Server-Timing`, as <https://www.w3.org/TR/server-timing/> defines it: written, and read where a peer has written it.
//!
//! The first entry, `total`, is the whole; to who asks for it, it also says when that began and ended. Each other one is a share of it that no other has. `db` is the database of the process that
//! answers, `catalog.db` that of the peer `catalog`, `catalog.wire` what the call took beyond what that peer tells of itself.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Moments, Part};

/// The name of the header.
pub const NAME: &str = "server-timing";

/// The name of a request header: whoever sends [`MOMENTS`] in it also hears when the whole began and ended.
pub const ASKED: &str = "x-cleave-timing";

/// The value of that header.
pub const MOMENTS: &str = "moments";

/// The name of the whole.
pub const TOTAL: &str = "total";

/// What a call took beyond what its peer tells of itself: both ends of the connection, and what lies between.
pub const WIRE: &str = "wire";

/// A call whose peer tells nothing.
pub const UNTOLD: &str = "untold";

/// The parameters of the whole that say when it began and ended.
const BEGUN: &str = "begun";
const TOLD: &str = "told";

/// More than so many entries, or longer names, are not taken from a peer.
const MOST_ENTRIES: usize = 128;
const LONGEST_NAME: usize = 96;

/// A share of a request's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was spent on; behind the names of the peers, where it was spent there.
    pub name: String,
    /// How long.
    pub spent: Duration,
}

impl Entry {
    /// A share.
    pub fn new(name: impl Into<String>, spent: Duration) -> Self {
        Self { name: name.into(), spent }
    }
}

/// The header's value: the whole, then its shares in milliseconds, exact to the nanosecond; `moments` are added to the whole, and `described` adds
/// what the shares are in words.
pub fn write(entries: &[Entry], moments: Option<Moments>, described: bool) -> String {
    // Writing to a String cannot fail, here and below.
    let whole = entries.iter().map(|entry| entry.spent).sum();
    let mut text = String::with_capacity(32 * (entries.len() + 1));
    write_one(&mut text, TOTAL, whole);
    if let Some(Moments { begun_ns, told_ns }) = moments {
        let _ = write!(text, ";{BEGUN}={begun_ns};{TOLD}={told_ns}");
    }
    for entry in entries {
        text.push_str(", ");
        write_one(&mut text, &entry.name, entry.spent);
        let part = Part::ALL.iter().find(|part| part.name() == entry.name);
        if let Some(part) = part.filter(|_| described) {
            let _ = write!(text, ";desc=\"{}\"", part.description());
        }
    }
    text
}

fn write_one(text: &mut String, name: &str, spent: Duration) {
    let nanos = spent.as_nanos();
    let _ = write!(text, "{name};dur={}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
}

/// The shares that a header's value tells of, without the whole. What is no entry with a name and a duration is passed over.
pub fn parse(value: &str) -> Vec<Entry> {
    let entries = outside_quotes(value, ',').filter_map(parse_one);
    entries.filter(|entry| entry.name != TOTAL).take(MOST_ENTRIES).collect()
}

/// When the whole began and ended, where the answer says so.
pub fn moments(value: &str) -> Option<Moments> {
    let whole = outside_quotes(value, ',')
        .map(str::trim)
        .find(|entry| entry.strip_prefix(TOTAL).is_some_and(|rest| rest.trim_start().starts_with(';')))?;
    let parameter = |name: &str| {
        let mut parameters = outside_quotes(whole, ';').filter_map(|one| one.trim().split_once('='));
        parameters.find(|(key, _)| *key == name)?.1.parse().ok()
    };
    Some(Moments { begun_ns: parameter(BEGUN)?, told_ns: parameter(TOLD)? })
}

fn parse_one(entry: &str) -> Option<Entry> {
    let mut parameters = outside_quotes(entry, ';').map(str::trim);
    let name = parameters.next()?;
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(is_of_token);
    let millis = parameters.find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case("dur").then(|| value.parse::<f64>().ok())?
    })?;
    let spent = Duration::try_from_secs_f64(millis / 1_000.0).ok()?;
    is_name.then(|| Entry::new(name, spent))
}

/// The pieces between `separator`s, except those inside quoted strings.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == separator && !quoted,
        }
        false
    })
}

/// The characters of a token: RFC 9110, section 5.6.2.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stopwatch::tests::numbers;

    #[test]
    fn whatever_is_written_is_read_again_and_adds_up_to_the_total() {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz-_.0123456789";
        let mut number = numbers();
        for case in 0..1_000 {
            let mut entries = Vec::new();
            for place in 0..number(40) {
                let mut name = format!("e{place}");
                for _ in 0..number(30) {
                    name.push(char::from(LETTERS[number(LETTERS.len())]));
                }
                entries.push(Entry::new(
                    name,
                    Duration::from_secs(100) / u32::try_from(1 + number(1 << 30)).expect("it is small"),
                ));
            }
            let value = write(&entries, None, case % 2 == 0);
            assert_eq!(parse(&value), entries, "{value}");
            let whole = entries.iter().map(|entry| entry.spent).sum::<Duration>();
            let total = value.strip_prefix("total;dur=").and_then(|rest| rest.split([',', ';']).next());
            let total = total.and_then(|total| total.parse::<f64>().ok()).expect("the whole comes first");
            assert!((total - whole.as_secs_f64() * 1_000.0).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn every_own_part_can_be_described_in_words() {
        let entries = Part::ALL.map(|part| Entry::new(part.name(), Duration::from_micros(1_500)));
        let value = write(&entries, None, true);
        assert!(value.contains(", db;dur=1.500000;desc=\"database\""), "{value}");
        assert_eq!(parse(&value), entries);
    }

    #[test]
    fn moments_stand_beside_the_whole_and_change_nothing_else() {
        let entries = [Entry::new("db", Duration::from_micros(1_500))];
        let asked = Moments { begun_ns: 7_000_000_001, told_ns: 7_001_500_001 };
        let value = write(&entries, Some(asked), false);
        assert_eq!(value, "total;dur=1.500000;begun=7000000001;told=7001500001, db;dur=1.500000");
        assert_eq!((moments(&value), parse(&value)), (Some(asked), entries.to_vec()));
        for without in
            ["", "total;dur=1", "total;dur=1;begun=1", "total;begun=1;told=-1", "totals;begun=1;told=2"]
        {
            assert_eq!(moments(without), None, "{without}");
        }
    }

    #[test]
    fn others_ways_of_writing_are_read_and_what_is_none_is_passed_over() {
        let value = "miss, db ; desc=\"a, \\\"b\\\"; c\" ;dur=53.2, cache;DUR=\"1\", two words;dur=1, x;dur=-1, y;dur=abc, z;dur=1e300, ;dur=2";
        let entries = parse(value);
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["db", "cache"]);
        assert_eq!(entries[0].spent, Duration::from_micros(53_200));
    }

    #[test]
    fn a_peer_cannot_make_the_header_grow_without_end() {
        let many = (0..1_000).map(|number| format!("e{number};dur=1")).collect::<Vec<_>>().join(",");
        assert_eq!(parse(&many).len(), MOST_ENTRIES);
        assert!(parse(&format!("{};dur=1", "n".repeat(LONGEST_NAME + 1))).is_empty());
    }
}
