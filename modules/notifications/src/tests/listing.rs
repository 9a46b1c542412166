//! What a customer reads.

use cleave_core::{Caller, User};
use notifications_api::{ListNotifications, NotificationId, Notifications as _, NotificationsError};

use super::{World, account};

/// All pages of a customer's list, and how long each was.
async fn pages(world: &World, number: u128, limit: u32) -> Vec<Vec<NotificationId>> {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let page = world.list(number, Some(limit), cursor.as_deref()).await.expect("there is a page");
        pages.push(page.items.iter().map(|item| item.id).collect::<Vec<_>>());
        match page.next_cursor {
            None => return pages,
            next => cursor = next,
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_have_every_notification_once_and_in_the_same_order() {
    let world = World::new().await;
    world.registers(1).await;
    for _ in 0..6 {
        world.order("order_confirmed", 1).await;
        world.order("order_confirmed", 2).await;
    }
    world.follow().await;
    // Also where several happened at the same moment.
    world.execute("UPDATE notifications SET created_at = 5 WHERE position > 3").await;
    let all = pages(&world, 1, 100).await.concat();
    assert_eq!(all.len(), 7);
    for limit in 1..=7 {
        let pages = pages(&world, 1, limit).await;
        let size = usize::try_from(limit).expect("small");
        assert!(pages.iter().rev().skip(1).all(|page| page.len() == size), "{pages:?}");
        assert_eq!(pages.concat(), all, "in pages of {limit}");
    }
}

#[tokio::test]
async fn news_between_two_pages_moves_nothing() {
    let world = World::new().await;
    for _ in 0..4 {
        world.order("order_confirmed", 1).await;
    }
    world.follow().await;
    let before = pages(&world, 1, 100).await.concat();
    let first = world.list(1, Some(2), None).await.expect("there is a page");
    world.order("order_cancelled", 1).await;
    world.follow().await;
    // And an older one that comes late, as a dead letter that is tried again does.
    world.execute("UPDATE notifications SET created_at = created_at - 1000000000 WHERE position = 5").await;
    let cursor = first.next_cursor.expect("there is another page");
    let second = world.list(1, Some(2), Some(&cursor)).await.expect("there is a page");
    let seen = first.items.iter().chain(&second.items).map(|item| item.id).collect::<Vec<_>>();
    assert_eq!(seen, before);
}

#[tokio::test]
async fn everybody_reads_their_own_and_nobody_elses() {
    let world = World::new().await;
    for number in [1, 2] {
        world.registers(number).await;
        world.order("order_confirmed", number).await;
    }
    world.follow().await;
    let (first, second) = (pages(&world, 1, 100).await.concat(), pages(&world, 2, 100).await.concat());
    assert_eq!((first.len(), second.len()), (2, 2));
    assert!(first.iter().all(|id| !second.contains(id)));
    let foreign = second[0].to_string();
    let refused = world.list(1, None, Some(&foreign)).await;
    assert!(matches!(refused, Err(NotificationsError::InvalidParameter { .. })), "{refused:?}");
    assert_eq!(world.told(3).await, []);

    let ask = async |caller| {
        let request = ListNotifications::default();
        world.notifications().list_notifications(&world.context(caller), request).await
    };
    assert_eq!(ask(Caller::Anonymous).await, Err(NotificationsError::Unauthenticated));
    assert_eq!(ask(Caller::System).await, Err(NotificationsError::Forbidden));
    let admin = User { account_id: account(3), admin: true, access_token: "token".into() };
    let own = ask(Caller::User(admin)).await.expect("an admin has a list too");
    assert_eq!(own.items, [], "which shows nobody else's");
}

#[tokio::test]
async fn what_is_out_of_bounds_is_refused_by_its_name() {
    let world = World::new().await;
    for _ in 0..21 {
        world.order("order_confirmed", 1).await;
    }
    world.follow().await;
    let usual = world.list(1, None, None).await.expect("there is a page");
    assert_eq!(usual.items.len(), 20, "as many as a page has where nobody says");
    for (limit, cursor, wanted) in [
        (Some(0), None, "limit"),
        (Some(101), None, "limit"),
        (None, Some("nonsense"), "cursor"),
        (None, Some("0198c0de-0000-7000-8000-00000000000a"), "cursor"),
    ] {
        let refused = world.list(1, limit, cursor).await.expect_err("it is out of bounds");
        let NotificationsError::InvalidParameter { parameter, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(parameter, wanted, "{refused}");
    }
}
