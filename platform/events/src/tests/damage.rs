//! What a disk or a person may do to the log's table.

use futures_util::StreamExt as _;

use super::logging::{append, event, read};
use super::{World, offsets};
use crate::log::{EventLog, EventLogError};
use crate::{FollowEvents, Trim};

/// A change of the third of five events, and where it is noticed.
const TAMPERINGS: [(&str, i64); 14] = [
    ("UPDATE events SET name = 'happenef' WHERE position = 3", 3),
    ("UPDATE events SET version = 3 WHERE position = 3", 3),
    ("UPDATE events SET version = -1 WHERE position = 3", 3),
    ("UPDATE events SET entity = 'b' WHERE position = 3", 3),
    ("UPDATE events SET payload = '{]' WHERE position = 3", 3),
    ("UPDATE events SET actor = 'systen' WHERE position = 3", 3),
    ("UPDATE events SET request_id = 'requess' WHERE position = 3", 3),
    ("UPDATE events SET recorded_at = recorded_at + 8 WHERE position = 3", 3),
    ("UPDATE events SET checksum = checksum + 1 WHERE position = 3", 3),
    ("UPDATE events SET checksum = NULL WHERE position = 3", 3),
    ("UPDATE events SET position = 35 WHERE position = 3", 3),
    ("UPDATE events SET position = 7 WHERE position = 5", 5),
    ("UPDATE events SET topic = 'topid' WHERE position = 3", 3),
    ("DELETE FROM events WHERE position = 3", 3),
];

fn damaged(topic: &str, at: i64, error: &EventLogError) -> bool {
    matches!(error, EventLogError::Damaged { topic: it, offset, reason } if it == topic && *offset == at && !reason.is_empty())
}

#[tokio::test]
async fn a_record_that_was_changed_or_lost_is_refused_by_its_number_and_never_skipped() {
    for (sql, at) in TAMPERINGS {
        let world = World::new().await;
        let context = world.system();
        world.log.append(&context, append(1..=5)).await.expect("it is appended");
        world.tamper(sql).await;
        let log = world.other_log();
        let sound = log.read(&context, read(0, 10, 0)).await.expect("what is before is sound");
        assert_eq!(sound, (1..at).map(event).collect::<Vec<_>>(), "{sql}");
        let refused = log.read(&context, read(at - 1, 10, 0)).await.expect_err(sql);
        assert!(damaged("topic", at, &refused), "{sql}: {refused:?}");
        let request = FollowEvents { topic: "topic".to_owned(), after: 0 };
        let followed = log.follow(&context, request).await.expect("it begins").collect::<Vec<_>>().await;
        let (last, sound) = followed.split_last().expect("it has an end");
        assert_eq!(i64::try_from(sound.len()), Ok(at - 1), "{sql}");
        assert!(last.as_ref().is_err_and(|error| damaged("topic", at, error)), "{sql}: {last:?}");
    }
}

#[tokio::test]
async fn a_record_that_has_strayed_into_another_topic_is_refused_there_too() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=3)).await.expect("it is appended");
    world.tamper("UPDATE events SET topic = 'other' WHERE position = 1").await;
    let request = crate::ReadEvents { topic: "other".to_owned(), ..read(0, 10, 0) };
    let refused = world.other_log().read(&context, request).await.expect_err("it is not its own");
    assert!(damaged("other", 1, &refused), "{refused:?}");
}

#[tokio::test]
async fn a_wrong_total_of_bytes_hurts_no_event() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=3)).await.expect("it is appended");
    world.tamper("UPDATE events SET bytes_through = 7 WHERE position = 2").await;
    assert_eq!(world.log.append(&context, append([4])).await, Ok(4));
    let all = world.other_log().read(&context, read(0, 10, 0)).await.expect("they are sound");
    assert_eq!(offsets(&all), [1, 2, 3, 4]);
}

#[tokio::test]
async fn records_of_before_need_no_checksum_and_later_ones_do() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=4)).await.expect("it is appended");
    // As a log that had two events when checksums came.
    world.tamper("UPDATE events SET checksum = NULL").await;
    world
        .tamper("INSERT INTO topics (topic, trimmed_through, unchecked_through) VALUES ('topic', 0, 2)")
        .await;
    let log = world.other_log();
    let sound = log.read(&context, read(0, 10, 0)).await.expect("what is before is sound");
    assert_eq!(offsets(&sound), [1, 2]);
    let refused = log.read(&context, read(2, 10, 0)).await.expect_err("it has lost its checksum");
    assert!(damaged("topic", 3, &refused), "{refused:?}");
    assert_eq!(log.trim(&context, Trim { topic: "topic".to_owned(), through: 1 }).await, Ok(2));
    assert_eq!(log.read(&context, read(1, 10, 0)).await.map(|events| offsets(&events)), Ok(vec![2]));
}
