//! The disk is full while customers buy: nobody is told what is not so, nothing has to be restarted, and when there is room
//! again everything comes to its end.

use cleave::supervisor::RunRecord;
use cleave_compare::Request;
use cleave_db::testing::skip;

use crate::support::answer::{Answer, text};
use crate::support::binary::{Binary, ask};
use crate::support::person::Person;
use crate::support::small_disk::SmallDisk;
use crate::support::waiting::eventually;

/// The whole data directory.
const WHOLE: &str = "";

/// The size of the disk: what a new store takes, and some.
const DISK_MIB: u32 = 48;

/// How much room is left, one round each: so it is another commit of a checkout each time that finds none.
const LEFT_KIB: [u64; 14] = [0, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1_024];

/// Customers who buy at the same time.
const AT_ONCE: usize = 3;

#[test]
fn a_monolith_outlives_a_full_disk() {
    outlives_a_full_disk("monolith");
}

#[test]
fn microservices_outlive_a_full_disk() {
    outlives_a_full_disk("microservices");
}

#[test]
fn a_full_event_log_delays_the_news_and_nothing_else() {
    only_news_waits_for("events");
}

#[test]
fn full_notifications_delay_the_news_and_nothing_else() {
    only_news_waits_for("notifications");
}

/// Lets one database alone have no room, while a customer buys.
fn only_news_waits_for(module: &str) {
    if is_skipped(&format!("a full disk of {module} alone")) {
        return;
    }
    let binary = Binary::new()
        .with_variable("CLEAVE__DATABASE__URL", "sqlite:{data_dir}/{module}/{module}.db")
        .with_variable("CLEAVE__EVENTS__POLL_INTERVAL_MS", "100");
    let (up, disk) = SmallDisk::up(&binary, "microservices", module, 16);
    let record = binary.run_record().expect("the store runs");
    let customer = Person::new(record.public, None).newcomer("ada@example.org");
    let told = || customer.list_notifications("").ok()["items"].as_array().map(Vec::len);
    eventually("the customer is welcomed", told, |told| *told == Some(1));
    let products = customer.list_products("?limit=1").ok();
    customer.put_item(&text(&products["items"][0], "id"), 1).ok();
    disk.fill(0);
    let order = customer.place_order("tok_visa", "key").created();
    assert_eq!(order["status"], "confirmed");
    assert_eq!(customer.cancel_order(&text(&order, "id")).ok()["status"], "cancelled");
    assert_eq!(told(), Some(1), "the news has no room");
    disk.make_room();
    eventually("the customer is told", told, |told| *told == Some(3));
    binary.succeed(&["settle"]);
    assert!(!disk.succeed(&binary, &["data", "audit"]).contains("BROKEN"));
    assert_eq!(binary.run_record(), Some(record), "no process was restarted");
    assert_eq!(up.stop().code, Some(0));
}

fn outlives_a_full_disk(topology: &str) {
    if is_skipped(&format!("{topology} on a full disk")) {
        return;
    }
    let binary = Binary::new()
        .with_variable("CLEAVE__ORDERS__ANSWER_WITHIN_MS", "300")
        .with_variable("CLEAVE__ORDERS__STEP_TIMEOUT_MS", "1000")
        .with_variable("CLEAVE__ORDERS__LEASE_MS", "1500")
        .with_variable("CLEAVE__ORDERS__RECOVERY_INTERVAL_MS", "100")
        .with_variable("CLEAVE__EVENTS__POLL_INTERVAL_MS", "100")
        .with_variable("CLEAVE__NOTIFICATIONS__SEND_INTERVAL_MS", "100");
    let (up, disk) = SmallDisk::up(&binary, topology, WHOLE, DISK_MIB);
    let record = run_record(&disk);
    let visitor = Person::new(record.public, None);
    let products = visitor.list_products("?limit=10").ok();
    let products = products["items"].as_array().expect("a page has items").clone();
    let bystander = visitor.newcomer("bob@example.org");
    let mut seen = [0; 3];
    let mut everybody = Vec::new();
    for (round, left_kib) in LEFT_KIB.into_iter().enumerate() {
        let email = |number| format!("ada-{round}-{number}@example.org");
        let customers = (0..AT_ONCE).map(|number| visitor.newcomer(&email(number))).collect::<Vec<_>>();
        let product_id = text(&products[round % products.len()], "id");
        for customer in &customers {
            customer.put_item(&product_id, 1).ok();
        }
        disk.fill(left_kib);
        let answers = std::thread::scope(|scope| {
            let buy = |customer: &Person| customer.place_order("tok_visa", "key");
            let orders =
                customers.iter().map(|customer| scope.spawn(move || buy(customer))).collect::<Vec<_>>();
            orders.into_iter().map(|order| order.join().expect("an order is answered")).collect::<Vec<_>>()
        });
        for answer in &answers {
            seen[outcome_of(answer)] += 1;
        }
        goes_on(&record, &bystander, &product_id);
        disk.make_room();
        for (customer, answer) in customers.iter().zip(&answers) {
            let order = customer.clone().insisting().place_order("tok_visa", "key").created();
            assert_eq!(order["status"], "confirmed", "with {left_kib} KiB left: {order}");
            if answer.status() != 503 {
                assert_eq!(answer.json()["id"], order["id"], "what was told is true: {answer:?}");
            }
            let own = customer.list_orders("").ok();
            assert_eq!(own["items"].as_array().map(Vec::len), Some(1), "one key is one order: {own}");
        }
        everybody.extend(customers);
    }
    let [confirmed, pending, refused] = seen;
    println!("while the disk was full: {confirmed} confirmed, {pending} pending, {refused} refused");
    assert!(refused > 0 && confirmed > 0, "some found room, and some did not: {seen:?}");

    let settled = disk.succeed(&binary, &["settle"]);
    assert!(settled.contains("nothing is left to do"), "{settled}");
    let audited = disk.succeed(&binary, &["data", "audit"]);
    assert!(audited.contains("I1") && audited.contains("I11") && !audited.contains("BROKEN"), "{audited}");
    for customer in &everybody {
        let told = customer.list_notifications("").ok();
        assert_eq!(told["items"].as_array().map(Vec::len), Some(2), "of the account and the order: {told}");
    }
    assert_eq!(run_record(&disk), record, "no process was restarted");
    assert_eq!(up.stop().code, Some(0));
}

/// 0 where it is confirmed, 1 where it is pending, 2 where it is refused for now; nothing else is an answer.
fn outcome_of(answer: &Answer) -> usize {
    match answer.status() {
        201 => {
            assert_eq!(answer.json()["status"], "confirmed", "{answer:?}");
            0
        }
        202 => {
            assert_eq!(answer.response.header("retry-after"), Some("1"), "{answer:?}");
            1
        }
        _ => {
            answer.come_again(503, "unavailable");
            2
        }
    }
}

/// Every process lives, what only reads goes on, and what writes is done or refused for now.
fn goes_on(record: &RunRecord, bystander: &Person, product_id: &str) {
    for process in record.services.values().flatten() {
        let live = ask(process.internal, &Request::get("/health/live"));
        assert_eq!(live.status, 200, "{process:?} is alive: {}", live.text());
    }
    let product = bystander.get_product(product_id).ok();
    assert!(product["available"].is_number(), "{product}");
    bystander.get_cart().ok();
    bystander.list_orders("").ok();
    bystander.list_notifications("").ok();
    let put = bystander.put_item(product_id, 2);
    if put.status() != 200 {
        put.come_again(503, "unavailable");
    }
}

fn run_record(disk: &SmallDisk) -> RunRecord {
    RunRecord::read(&disk.folder().join("run.json")).ok().flatten().expect("the store runs")
}

/// Whether a test cannot be made here, which is said; where everything is demanded, that is a failure.
fn is_skipped(what: &str) -> bool {
    let Some(reason) = SmallDisk::refused() else { return false };
    skip(&format!("{what}, because this system lets no user mount a disk: {reason}"));
    true
}
