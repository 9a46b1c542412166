//! E-mails to a mail server, which has its moods.

use std::time::Duration;

use super::{Mail, MailServer, Reply, World};
use crate::LocalNotifications;
use crate::emails::{LONGEST_PAUSE, MAX_ATTEMPTS};

const FIRST: &str = "customer-1@example.org";
const SECOND: &str = "customer-2@example.org";

/// Two customers who are to be welcomed, and a server.
async fn two_mails() -> (World, MailServer, LocalNotifications) {
    let world = World::new().await;
    world.registers(1).await;
    world.registers(2).await;
    world.follow().await;
    let server = MailServer::start().await;
    let notifications = world.mailing_to(&server.url());
    (world, server, notifications)
}

/// State, attempts and error of the mail to the first customer.
async fn first(world: &World) -> (String, i64, String) {
    let Mail { state, attempts, last_error, .. } = world.mails().await.swap_remove(0);
    (state, attempts, last_error.unwrap_or_default())
}

#[tokio::test]
async fn a_server_that_takes_them_gets_each_email_once() {
    let (world, server, notifications) = two_mails().await;
    assert_eq!(world.send(&notifications).await, 2);
    assert_eq!(world.send(&notifications).await, 0);
    let taken = server.taken();
    let recipients = taken.iter().map(|(recipient, _)| recipient.as_str()).collect::<Vec<_>>();
    assert_eq!(recipients, [FIRST, SECOND]);
    assert!(taken[0].1.contains("Message-ID: <accounts.1@cleave.example>\r\n"), "{}", taken[0].1);
    assert_eq!(first(&world).await, ("sent".to_owned(), 1, String::new()));
}

#[tokio::test]
async fn an_email_that_the_server_refuses_for_good_is_given_up_with_the_reason_and_the_others_go_on() {
    let (world, server, notifications) = two_mails().await;
    server.reply(FIRST, [Reply::Says("550 5.1.1 no such user here")]);
    assert_eq!(world.send(&notifications).await, 1, "the other one");
    let (state, attempts, error) = first(&world).await;
    assert_eq!((state.as_str(), attempts), ("failed", 1));
    assert!(error.contains("550") && error.contains("no such user here"), "{error}");
    world.clock.advance(LONGEST_PAUSE);
    assert_eq!(world.send(&notifications).await, 0);
    assert_eq!((server.asked(FIRST), server.asked(SECOND)), (1, 1), "nobody is asked again");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_after_pauses_that_grow() {
    let (world, server, notifications) = two_mails().await;
    server.reply(FIRST, [Reply::Says("451 4.7.1 come back later"); 3]);
    assert_eq!(world.send(&notifications).await, 1, "the other one");
    for (seconds, attempts) in [(1, 2), (2, 3), (4, 4)] {
        world.clock.advance(Duration::from_millis(seconds * 1_000 - 1));
        assert_eq!(world.send(&notifications).await, 0);
        assert_eq!(server.asked(FIRST), attempts - 1, "not before {seconds} s have passed");
        world.clock.advance(Duration::from_millis(1));
        world.send(&notifications).await;
        assert_eq!(server.asked(FIRST), attempts, "after {seconds} s");
    }
    assert_eq!(first(&world).await, ("sent".to_owned(), 4, String::new()));
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test]
async fn a_server_that_is_always_busy_is_asked_so_often_and_no_more() {
    let (world, server, notifications) = two_mails().await;
    server.reply(FIRST, [Reply::Says("451 4.7.1 come back later"); 100]);
    for _ in 0..=MAX_ATTEMPTS {
        world.send(&notifications).await;
        world.clock.advance(LONGEST_PAUSE);
    }
    let (state, attempts, error) = first(&world).await;
    assert_eq!((state.as_str(), attempts), ("failed", MAX_ATTEMPTS));
    assert!(error.contains("come back later"), "{error}");
}

#[tokio::test]
async fn an_email_whose_connection_breaks_comes_again_under_the_same_id() {
    for (reply, copies) in [(Reply::HangsUpInside, 1), (Reply::HangsUpAfter, 2)] {
        let (world, server, notifications) = two_mails().await;
        server.reply(FIRST, [reply]);
        assert_eq!(world.send(&notifications).await, 1, "the other one");
        assert_eq!(first(&world).await.0, "queued");
        world.clock.advance(LONGEST_PAUSE);
        assert_eq!(world.send(&notifications).await, 1);
        let taken = server.taken().into_iter().filter(|(recipient, _)| recipient == FIRST);
        let ids = taken
            .map(|(_, text)| text.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned));
        let ids = ids.collect::<Vec<_>>();
        assert_eq!(
            ids,
            vec![Some("Message-ID: <accounts.1@cleave.example>".to_owned()); copies],
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_store_is_not_held_against_an_email() {
    let (world, server, _) = two_mails().await;
    let notifications = world.mailing_to(&server.url_with_login());
    server.refuse_logins(true);
    assert_eq!(world.send(&notifications).await, 0);
    let (state, _, error) = first(&world).await;
    assert!(state == "queued" && error.contains("535") && !error.contains("secret"), "{state}: {error}");
    server.refuse_logins(false);
    world.clock.advance(LONGEST_PAUSE);
    assert_eq!(world.send(&notifications).await, 2);
}

#[tokio::test]
async fn a_server_that_is_away_loses_no_email() {
    let (world, server, notifications) = two_mails().await;
    let nowhere = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = nowhere.local_addr().expect("it is bound");
    drop(nowhere);
    let away = world.mailing_to(&format!("smtp://{address}"));
    assert_eq!(world.send(&away).await, 0);
    assert_eq!(first(&world).await.0, "queued");
    world.clock.advance(LONGEST_PAUSE);
    assert_eq!(world.send(&notifications).await, 2);
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test]
async fn two_who_empty_the_queue_at_once_send_each_email_once() {
    let (world, server, one) = two_mails().await;
    let two = world.mailing_to(&server.url());
    let (first, second) = tokio::join!(world.send(&one), world.send(&two));
    assert_eq!(first + second, 2);
    assert_eq!(server.taken().len(), 2);
}
