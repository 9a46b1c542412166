//! Makes equal what may differ between two runs of the same session: new ids, times, the names of requests.

use std::collections::HashMap;

use serde_json::Value;

/// Gives every id that it has not been told to keep a number, in the order in which it first sees them.
#[derive(Debug, Default)]
pub struct Normaliser {
    names: HashMap<String, String>,
    passing: &'static [&'static str],
}

/// The length of a UUID with its hyphens.
const UUID_CHARS: usize = 36;

impl Normaliser {
    /// Keeps `id` as it is: it is the same in every run.
    pub fn keep(&mut self, id: &str) {
        self.names.insert(id.to_owned(), id.to_owned());
    }

    /// Calls `id` by this name, under which other stores have the same thing.
    pub fn name(&mut self, id: &str, name: &str) {
        self.names.insert(id.to_owned(), name.to_owned());
    }

    /// Takes the values of these fields for those of the moment, which another moment would have otherwise.
    pub fn let_pass(&mut self, fields: &'static [&'static str]) {
        self.passing = fields;
    }

    /// The JSON value with all that may differ made equal.
    pub fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.field(key, value))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => Value::String(self.text(text)),
            other => other.clone(),
        }
    }

    fn field(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(_) if key == "access_token" => Value::String("TOKEN".to_owned()),
            Value::String(_) if key == "request_id" => Value::String("REQUEST".to_owned()),
            Value::String(_) if key.ends_with("_at") => Value::String("TIME".to_owned()),
            _ if self.passing.contains(&key) => Value::String("OF THE MOMENT".to_owned()),
            value => self.value(value),
        }
    }

    /// The text with every id in it replaced by its name.
    pub fn text(&mut self, text: &str) -> String {
        let mut rest = text;
        let mut named = String::with_capacity(text.len());
        while !rest.is_empty() {
            let is_id = |candidate: &&str| candidate.bytes().enumerate().all(|(at, byte)| fits(at, byte));
            if let Some(id) = rest.get(..UUID_CHARS).filter(is_id) {
                let next = self.names.len();
                let name = self.names.entry(id.to_owned()).or_insert_with(|| format!("ID-{next}"));
                named.push_str(name);
                rest = &rest[UUID_CHARS..];
            } else {
                let mut characters = rest.chars();
                named.extend(characters.next());
                rest = characters.as_str();
            }
        }
        named
    }
}

/// Whether `byte` can stand at this place of a UUID.
fn fits(at: usize, byte: u8) -> bool {
    if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_session_reads_the_same_with_other_ids_and_times() {
        let answer =
            |id: &str, time: &str| json!({"id": id, "received_at": time, "detail": format!("no {id}!")});
        let one = Normaliser::default()
            .value(&answer("0198c0de-0000-7000-8000-00000000000a", "2026-01-01T00:00:00Z"));
        let two = Normaliser::default()
            .value(&answer("0198c0de-ffff-7000-8000-00000000000b", "2027-01-01T00:00:00Z"));
        assert_eq!(one, two);
        assert_eq!(one["detail"], "no ID-0!");
    }

    #[test]
    fn two_stores_with_the_same_goods_under_ids_of_their_own_read_the_same() {
        let lamp = |id: &str, available: i64| {
            let mut normaliser = Normaliser::default();
            normaliser.name(id, "LAMP-1");
            normaliser.let_pass(&["available"]);
            normaliser.value(&json!({"id": id, "available": available, "price": 3}))
        };
        let one = lamp("0198c0de-0000-7000-8000-00000000000a", 3);
        assert_eq!(one, lamp("0198c0de-ffff-7000-8000-00000000000b", 4));
        assert_eq!((&one["id"], &one["price"]), (&json!("LAMP-1"), &json!(3)));
    }

    #[test]
    fn two_ids_stay_two() {
        let mut normaliser = Normaliser::default();
        let first = normaliser.text("0198c0de-0000-7000-8000-00000000000a");
        assert_ne!(first, normaliser.text("0198c0de-0000-7000-8000-00000000000b"));
        assert_eq!(first, normaliser.text("0198c0de-0000-7000-8000-00000000000a"));
    }
}
