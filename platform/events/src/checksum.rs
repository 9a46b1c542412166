//! Whether a record is what was written.

use crate::RecordedEvent;

/// The CRC-32 of all that a record says, and of its place. It finds what a disk or a person has changed by accident; it is
/// no protection against somebody who means it.
pub fn checksum(topic: &str, event: &RecordedEvent) -> i64 {
    let RecordedEvent { offset, name, version, entity, payload, actor, request_id, recorded_at } = event;
    let mut hasher = crc32fast::Hasher::new();
    for text in [topic, name, entity, payload, actor, request_id] {
        // The length keeps a character from moving between two texts unseen.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    for number in [*offset, i64::from(*version), recorded_at.as_micros()] {
        hasher.update(&number.to_le_bytes());
    }
    i64::from(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use cleave_core::Timestamp;

    use super::*;

    fn event() -> RecordedEvent {
        RecordedEvent {
            offset: 1,
            name: "rain_fell".to_owned(),
            version: 1,
            entity: "Vienna".to_owned(),
            payload: "{}".to_owned(),
            actor: "system".to_owned(),
            request_id: "request".to_owned(),
            recorded_at: Timestamp::from_micros(7),
        }
    }

    #[test]
    fn a_record_has_the_checksum_under_which_older_binaries_wrote_it() {
        assert_eq!(checksum("weather", &event()), 3_916_369_763);
    }

    #[test]
    fn what_moves_between_two_texts_changes_the_checksum() {
        let moved = RecordedEvent { name: "rain_fel".to_owned(), entity: "lVienna".to_owned(), ..event() };
        assert_ne!(checksum("weather", &moved), checksum("weather", &event()));
    }
}
