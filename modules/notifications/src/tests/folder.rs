//! E-mails as files.

use std::collections::BTreeMap;

use super::{Mail, World};
use crate::Post;

/// The files of the folder, by name.
fn files(world: &World) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(world.folder()).expect("there is a folder");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name().into_string().expect("a plain name");
        (name, std::fs::read_to_string(entry.path()).expect("an e-mail is a text"))
    };
    entries.map(file).collect()
}

#[tokio::test]
async fn each_email_is_a_file_of_its_own_with_all_that_a_mail_program_wants() {
    let world = World::new().await;
    world.registers(1).await;
    world.order("order_confirmed", 1).await;
    world.follow().await;
    let notifications = world.notifications();
    assert_eq!(world.send(&notifications).await, 2);
    let files = files(&world);
    let names = files.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["accounts.1@cleave.example.eml", "orders.1@cleave.example.eml"]);
    let mail = &files["orders.1@cleave.example.eml"];
    for line in [
        "Message-ID: <orders.1@cleave.example>",
        "From: Cleave <store@cleave.example>",
        "Subject: Your order is confirmed: 3 items, 103.99 EUR",
        "     2 x Lamp  99.00 EUR",
        "In all 103.99 EUR",
    ] {
        assert!(mail.lines().any(|have| have == line), "no line {line:?} in\n{mail}");
    }
    assert!(mail.contains("customer-1@example.org"), "{mail}");
    assert!(!mail.lines().any(|line| line.starts_with("Bcc:")), "no text begins a header:\n{mail}");
    assert_eq!(world.send(&notifications).await, 0, "each is sent once");
}

#[tokio::test]
async fn an_email_that_is_sent_again_is_still_one_file_under_the_same_id() {
    let world = World::new().await;
    world.registers(1).await;
    world.follow().await;
    let notifications = world.notifications();
    world.send(&notifications).await;
    let before = files(&world);
    // The process has ended after sending it and before writing that down.
    world.execute("UPDATE emails SET state = 'queued', next_attempt_at = 0").await;
    assert_eq!(world.send(&notifications).await, 1);
    assert_eq!(files(&world), before);
}

#[tokio::test]
async fn an_email_waits_until_it_is_known_to_whom_it_goes() {
    let world = World::new().await;
    world.order("order_confirmed", 1).await;
    world.follow().await;
    let notifications = world.notifications();
    assert_eq!(world.send(&notifications).await, 0);
    world.registers(1).await;
    world.follow().await;
    assert_eq!(world.send(&notifications).await, 2);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_loses_no_email() {
    let world = World::new().await;
    world.registers(1).await;
    world.follow().await;
    let notifications = world.notifications();
    std::fs::write(world.folder(), "a file where the folder should be").expect("it can be written");
    assert_eq!(world.send(&notifications).await, 0);
    let [Mail { state, attempts: 1, last_error: Some(error), .. }] = &world.mails().await[..] else {
        panic!("it is tried once")
    };
    assert!(state == "queued" && error.contains("folder"), "{state}: {error}");
    std::fs::remove_file(world.folder()).expect("it can be removed");
    world.clock.advance(crate::emails::LONGEST_PAUSE);
    assert_eq!(world.send(&notifications).await, 1);
}

#[test]
fn a_place_of_mail_that_makes_no_sense_is_refused_without_its_password() {
    for url in [
        "file:",
        "mailto:somebody",
        "smtps://mail.example",
        "smtp://:25",
        "smtp://mail.example:door",
        "smtp://keeper@mail.example",
        "smtp://keeper:secret@mail.example:door",
    ] {
        let error = Post::new(url, "Cleave <store@cleave.example>").expect_err(url).to_string();
        assert!(error.contains("notifications.mail") && !error.contains("secret"), "{url}: {error}");
    }
    let error = Post::new("file:mail", "nobody").expect_err("no address").to_string();
    assert!(error.contains("notifications.from"), "{error}");
    let post = Post::new("smtp://keeper:secret@mail.example", "Cleave <store@cleave.example>");
    let shown = format!("{:?}", post.expect("it makes sense"));
    assert!(!shown.contains("secret"), "{shown}");
}
