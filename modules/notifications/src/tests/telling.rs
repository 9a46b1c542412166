//! From events to what customers are told.

use std::time::Duration;

use cleave_core::Caller;
use cleave_events::DeadLetterState;
use serde_json::json;

use super::world::order_told;
use super::{World, account};

#[tokio::test]
async fn each_event_gives_its_notification_and_one_email() {
    let world = World::new().await;
    world.registers(1).await;
    world.order("order_confirmed", 1).await;
    world.order("order_cancelled", 1).await;
    world.follow().await;
    let told = world.told(1).await;
    let told = told.iter().map(|(kind, subject)| (*kind, subject.as_str())).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            ("order_cancelled", "Your order is cancelled: 3 items, 103.99 EUR"),
            ("order_confirmed", "Your order is confirmed: 3 items, 103.99 EUR"),
            ("account_registered", "Welcome to Cleave, Customer 1"),
        ]
    );
    let mails = world.mails().await.into_iter().map(|mail| (mail.message_id, mail.state));
    let queued = ["accounts.1", "orders.1", "orders.2"];
    let queued = queued.map(|event| (format!("{event}@cleave.example"), "queued".to_owned()));
    assert_eq!(mails.collect::<Vec<_>>(), queued);
}

#[tokio::test]
async fn events_that_are_applied_again_from_the_first_on_double_nothing() {
    let world = World::new().await;
    world.registers(1).await;
    world.order("order_confirmed", 1).await;
    world.follow().await;
    let (told, mails) = (world.told(1).await, world.mails().await);
    world.execute("UPDATE consumer_offsets SET position = 0").await;
    world.follow().await;
    assert_eq!((world.told(1).await, world.mails().await), (told, mails));
}

#[tokio::test]
async fn an_event_that_this_binary_does_not_know_waits_among_the_dead_letters_and_the_others_go_on() {
    for (name, version) in [("order_painted", 1), ("order_confirmed", 2)] {
        let world = World::new().await;
        let id = "0198c0de-0000-7000-8000-0000000000aa";
        world.happens("orders", (name, version), id, &order_told(1, id)).await;
        world.happens("orders", ("order_cancelled", 1), id, &order_told(1, id)).await;
        world.order("order_confirmed", 2).await;
        world.follow().await;
        assert_eq!(world.told(2).await.len(), 1, "the others go on");
        assert_eq!(world.told(1).await, [], "what comes later of the same order waits");
        let consumer = world.of_orders();
        let letters = consumer.dead_letters().await.expect("they can be read");
        let states = letters.iter().map(|letter| letter.state).collect::<Vec<_>>();
        assert_eq!(states, [DeadLetterState::Failed, DeadLetterState::Parked], "{name} {version}");
        assert_eq!(consumer.retry(None).await, Ok(0), "it is as unknown as before");

        // A binary that knows it would read what this one reads now.
        world
            .execute("UPDATE dead_letters SET name = 'order_confirmed', version = 1 WHERE position = 1")
            .await;
        assert_eq!(consumer.retry(None).await, Ok(2));
        let kinds = world.told(1).await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds, ["order_cancelled", "order_confirmed"]);
        assert_eq!(world.mails().await.len(), 3);
    }
}

#[tokio::test]
async fn what_is_not_meant_for_customers_is_not_told_to_them() {
    let world = World::new().await;
    let secrets = ["correct horse battery", "tok_visa", "Bearer abc.def"];
    let [password, payment_token, access_token] = secrets;
    let beside = |mut payload: serde_json::Value| {
        payload["password"] = json!(password);
        payload["payment_token"] = json!(payment_token);
        payload["access_token"] = json!(access_token);
        payload
    };
    let id = account(1).to_string();
    let registered = json!({"account_id": id, "email": "customer-1@example.org", "name": "Customer 1"});
    world.happens("accounts", ("account_registered", 1), &id, &beside(registered)).await;
    world.happens("orders", ("order_confirmed", 1), &id, &beside(order_told(1, &id))).await;
    world.follow().await;
    let notifications = world.notifications();
    assert_eq!(world.send(&notifications).await, 2);
    let mut texts = world.told(1).await.into_iter().map(|(_, subject)| subject).collect::<Vec<_>>();
    for file in std::fs::read_dir(world.folder()).expect("there are e-mails") {
        let path = file.expect("the folder can be read").path();
        texts.push(std::fs::read_to_string(path).expect("an e-mail is a text"));
    }
    assert_eq!(texts.len(), 4);
    for text in texts {
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text}");
    }
}

#[tokio::test]
async fn two_processes_that_react_to_the_same_events_tell_of_each_once() {
    let world = World::new().await;
    for number in 1..=20 {
        world.registers(number).await;
    }
    let (one, two) = (world.of_accounts(), world.of_accounts());
    let context = world.context(Caller::System);
    let (first, second) =
        tokio::join!(one.step(&context, Duration::ZERO), two.step(&context, Duration::ZERO));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(world.mails().await.len(), 20);
}
