//! Logs that are written anew from their outboxes.

use super::logging::read;
use super::{World, offsets};
use crate::log::EventLog;
use crate::{ReadEvents, RebuildError, Rebuilt, Trim, outbox_events, rebuild};

async fn logged(world: &World, after: i64) -> Vec<crate::RecordedEvent> {
    let request = ReadEvents { topic: "teller".to_owned(), ..read(after, 1_000, 0) };
    world.other_log().read(&world.system(), request).await.expect("it is sound")
}

async fn told() -> World {
    let world = World::new().await;
    world.tell(&["a", "b", "c", "d", "e"]).await;
    world.relay().await;
    world
}

#[tokio::test]
async fn what_is_damaged_missing_or_astray_is_written_anew_under_the_same_numbers() {
    let world = told().await;
    let outbox = outbox_events(&world.teller, 0, 100).await.expect("they can be read");
    let sound = rebuild(&world.log, Some(&world.teller), "teller").await.expect("there is nothing to do");
    assert_eq!(sound, Rebuilt { compared: 5, ..Rebuilt::default() });
    for (sql, written, removed) in [
        ("UPDATE events SET payload = '' WHERE position = 2", vec![2], 0),
        ("UPDATE events SET version = -1 WHERE position = 2", vec![2], 0),
        ("DELETE FROM events WHERE position IN (1, 3)", vec![1, 3], 0),
        ("UPDATE events SET position = 9 WHERE position = 5", vec![5], 1),
        ("UPDATE events SET checksum = NULL", vec![1, 2, 3, 4, 5], 0),
        ("DELETE FROM events", vec![1, 2, 3, 4, 5], 0),
    ] {
        world.tamper(sql).await;
        let rebuilt = rebuild(&world.log, Some(&world.teller), "teller").await.expect(sql);
        assert_eq!(rebuilt, Rebuilt { compared: 5, written, removed }, "{sql}");
        assert_eq!(logged(&world, 0).await, outbox, "{sql}");
    }
    world.tell(&["f"]).await;
    world.relay().await;
    assert_eq!(offsets(&logged(&world, 5).await), [6], "the relay goes on behind it");
}

#[tokio::test]
async fn what_was_cut_stays_cut() {
    let world = told().await;
    let trim = Trim { topic: "teller".to_owned(), through: 3 };
    world.log.trim(&world.system(), trim).await.expect("it is cut");
    world.tamper("DELETE FROM events WHERE position = 4").await;
    let rebuilt = rebuild(&world.log, Some(&world.teller), "teller").await.expect("the outbox has it");
    assert_eq!(rebuilt, Rebuilt { compared: 2, written: vec![4], removed: 0 });
    assert_eq!(offsets(&logged(&world, 3).await), [4, 5]);
}

#[tokio::test]
async fn a_damage_of_which_the_outbox_knows_nothing_is_refused_by_its_number() {
    let world = told().await;
    for sql in ["DELETE FROM outbox WHERE seq = 2", "DELETE FROM outbox WHERE seq = 5"] {
        sqlx::query(sql).execute(world.teller.writer()).await.expect("the statement is right");
    }
    let sound = rebuild(&world.log, Some(&world.teller), "teller").await.expect("the log has what it needs");
    assert_eq!(sound, Rebuilt { compared: 3, ..Rebuilt::default() });
    for (sql, lacking) in
        [("DELETE FROM events WHERE position = 5", 5), ("UPDATE events SET actor = '' WHERE position = 2", 2)]
    {
        world.tamper(sql).await;
        let refused = rebuild(&world.log, Some(&world.teller), "teller").await;
        let is_right = matches!(&refused, Err(RebuildError::Lacking { offset, .. }) if *offset == lacking);
        assert!(is_right, "{sql}: {refused:?}");
    }
}

#[tokio::test]
async fn a_log_that_is_soundly_ahead_of_the_outbox_is_left_alone() {
    let world = told().await;
    let restored = World::new().await;
    restored.tell(&["a"]).await;
    let refused = rebuild(&world.log, Some(&restored.teller), "teller").await;
    assert!(matches!(refused, Err(RebuildError::Ahead { offset: 2, head: 1, .. })), "{refused:?}");
    assert_eq!(logged(&world, 0).await.len(), 5);
}

#[tokio::test]
async fn a_record_that_strayed_into_a_topic_that_nobody_tells_is_taken_away() {
    let world = told().await;
    world.tamper("UPDATE events SET topic = 'tellar' WHERE position = 4").await;
    let strayed = rebuild(&world.log, None, "tellar").await.expect("it is damaged there");
    assert_eq!(strayed, Rebuilt { removed: 1, ..Rebuilt::default() });
    let rebuilt = rebuild(&world.log, Some(&world.teller), "teller").await.expect("the outbox has it");
    assert_eq!(rebuilt.written, [4]);
    let topics = world.log.topics(&world.system()).await.expect("they can be read");
    assert_eq!(topics.iter().map(|it| it.topic.as_str()).collect::<Vec<_>>(), ["teller"]);
}
