//! Appends that share their commits.

use futures_util::future::join_all;

use super::logging::{append, event, read};
use super::{World, offsets};
use crate::log::{Append, EventLog, EventLogError};
use crate::{ReadEvents, ReadRange};

fn to(topic: &str, offsets: impl IntoIterator<Item = i64>) -> Append {
    Append { topic: topic.to_owned(), ..append(offsets) }
}

#[tokio::test]
async fn producers_that_come_while_a_commit_is_under_way_share_the_next_one() {
    let world = World::new().await;
    let context = world.system();
    let topics = (0..20).map(|number| format!("topic-{number}")).collect::<Vec<_>>();
    let appends = topics.iter().map(|topic| world.log.append(&context, to(topic, 1..=3)));
    assert_eq!(join_all(appends).await, vec![Ok(3); 20]);
    assert_eq!(world.log.commits(), 2, "that of the first, and that of all who came meanwhile");
    for topic in topics {
        let range = ReadRange { after: 0, limit: 10, wait_ms: 0 };
        let read = world.other_log().read(&context, ReadEvents { topic, range }).await;
        assert_eq!(read.map(|events| offsets(&events)), Ok(vec![1, 2, 3]));
    }
}

#[tokio::test]
async fn who_appends_to_one_topic_at_once_is_answered_each_by_what_is_true_of_its_events() {
    let world = World::new().await;
    let context = world.system();
    let appends = [append(1..=2), append(2..=4), append([9]), append(3..=5), append([1]), append([6])];
    let answers = join_all(appends.map(|append| world.log.append(&context, append))).await;
    let gap = |answer: &Result<i64, EventLogError>| matches!(answer, Err(EventLogError::Gap { .. }));
    assert!(gap(&answers[2]), "{answers:?}");
    let others = [0, 1, 3, 4, 5].map(|index| answers[index].clone());
    assert!(others.iter().all(Result::is_ok), "{answers:?}");
    let all = world.other_log().read(&context, read(0, 10, 0)).await;
    assert_eq!(all, Ok((1..=6).map(event).collect()));
}

#[tokio::test]
async fn a_gap_in_one_topic_keeps_no_other_from_its_commit() {
    let world = World::new().await;
    let context = world.system();
    let appends = [to("a", 1..=2), to("b", 5..=6), to("c", 1..=250), to("d", 2..=300)];
    let answers = join_all(appends.map(|append| world.log.append(&context, append))).await;
    let gap = |topic: &str| Err(EventLogError::Gap { topic: topic.to_owned(), last_offset: 0 });
    assert_eq!(answers, [Ok(2), gap("b"), Ok(250), gap("d")]);
    let topics = world.log.topics(&context).await.expect("they can be read");
    let ends = topics.iter().map(|it| (it.topic.as_str(), it.last_offset)).collect::<Vec<_>>();
    assert_eq!(ends, [("a", 2), ("c", 250)]);
}

#[tokio::test]
async fn who_gives_up_within_a_commit_hurts_nobody_who_waits_for_it() {
    let world = World::new().await;
    let context = world.system();
    let (mut given_up, mut round) = (0, 0);
    // A quick disk commits before anybody gives up, but not every time.
    while given_up < 3 {
        round += 1;
        assert!(round <= 1_000, "every commit was too quick");
        let commits = world.log.commits();
        let first = world.log.append(&context, to("first", [round]));
        // Comes next, so that its commit is also that of the others.
        let next = world.log.append(&context, to("impatient", [round]));
        let giving_up = async {
            tokio::select! {
                biased;
                answer = next => {
                    assert_eq!(answer, Ok(round), "a commit that was too quick");
                    0
                }
                () = until(|| world.log.commits() > commits) => 1
            }
        };
        let others = ["a", "b"].map(|topic| world.log.append(&context, to(topic, [round])));
        let (first, dropped, others) = tokio::join!(first, giving_up, join_all(others));
        assert_eq!((first, others), (Ok(round), vec![Ok(round), Ok(round)]));
        // Whatever has become of it, the same events can be appended again.
        assert_eq!(world.log.append(&context, to("impatient", [round])).await, Ok(round));
        given_up += dropped;
    }
}

async fn until(is_true: impl Fn() -> bool) {
    while !is_true() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_processes_append_at_once_and_nothing_is_doubled_or_missing() {
    let world = World::new().await;
    let other = crate::TableLog::new(world.scratch.open("events").await, world.clock.clone());
    let context = world.system();
    let write = async |log: &crate::TableLog| {
        for round in 0..30 {
            let first = round * 7 + 1;
            let answer = log.append(&context, append(first..first + 7)).await;
            // Who is slower finds that the log has its events, and perhaps more.
            assert!(answer.as_ref().is_ok_and(|last| *last >= first + 6), "{answer:?}");
        }
    };
    tokio::join!(write(&world.log), write(&other));
    let all = world.other_log().read(&context, read(0, 1_000, 0)).await;
    assert_eq!(all, Ok((1..=210).map(event).collect()));
}

#[tokio::test]
async fn an_append_of_many_events_is_whole_or_nothing() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append([1])).await.expect("it is appended");
    // The table refuses one of the last rows.
    let index = "CREATE UNIQUE INDEX no_two_alike ON events (request_id)";
    sqlx::query(index).execute(world.logged.writer()).await.expect("there is one row");
    let mut many = append(2..=400);
    for event in &mut many.events {
        let number = if event.offset == 399 { 7 } else { event.offset };
        event.request_id = format!("request-{number}");
    }
    assert_eq!(world.log.append(&context, many.clone()).await, Err(EventLogError::Internal));
    assert_eq!(world.other_log().last_offset(&context, "topic".to_owned()).await, Ok(1));
    many.events[397].request_id = "request-399".to_owned();
    assert_eq!(world.log.append(&context, many).await, Ok(400));
}
