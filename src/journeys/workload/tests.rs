use std::fs;

use cleave_auth::TokenIssuer;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

fn shelf() -> Shelf {
    let names = |what: &str| (0..7).map(|number| format!("{what}-{number}")).collect();
    Shelf { product_ids: names("product"), categories: names("category") }
}

fn customers() -> Customers {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    let mut random = StdRng::seed_from_u64(1);
    Customers::new(TokenIssuer::load_or_create(&file, &mut random).expect("a key"))
}

fn read(text: &str) -> Result<Workload, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lunch.toml");
    fs::write(&file, text).expect("written");
    Workload::find(&file.to_string_lossy()).map_err(|error| error.to_string())
}

fn authorization(request: &Request) -> Option<&str> {
    request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str())
}

#[test]
fn steps_come_in_the_proportions_of_the_weights() {
    let workload = Workload::find("browse-heavy").expect("a preset");
    let mut dice = Dice::new(3, &[]);
    let steps = (0..17_000).map(|_| workload.step(&mut dice)).collect::<Vec<_>>();
    let count = |wanted| steps.iter().filter(|step| **step == wanted).count();
    for (step, weight) in [
        (Step::Home, 1),
        (Step::Category, 0),
        (Step::Product, 10),
        (Step::AddToCart, 2),
        (Step::ViewCart, 3),
        (Step::CheckOut, 1),
    ] {
        assert!(count(step).abs_diff(weight * 1_000) < 250, "{step:?}: {} times", count(step));
    }
}

#[test]
fn visitors_think_between_their_steps_and_never_buy_nothing() {
    let (shelf, customers) = (shelf(), customers());
    let workload = read("think_seconds = [2, 4]\n[weights]\nadd_to_cart = 1\ncheck_out = 3").expect("fine");
    let journey = WorkloadJourney::new(&workload, &shelf, &customers);
    // A minute with ten requests a second: about thirty visitors who think three seconds.
    let schedule = (0..600).map(|number| Duration::from_millis(number * 100)).collect::<Vec<_>>();
    let requests = journey.requests(&mut Dice::new(1, &[]), &schedule);
    assert_eq!(
        requests,
        journey.requests(&mut Dice::new(1, &[]), &schedule),
        "the same seed, the same visitors"
    );

    let mut last_seen = std::collections::HashMap::new();
    let mut carts = std::collections::HashMap::<&str, usize>::new();
    for (due, request) in schedule.iter().zip(&requests) {
        let visitor = authorization(request).expect("each is somebody");
        if let Some(before) = last_seen.insert(visitor, *due) {
            assert!(due.saturating_sub(before) >= Duration::from_secs(2), "{visitor} did not think");
        }
        let cart = carts.entry(visitor).or_default();
        *cart += usize::from(journey.preparation(request).is_some());
        match request.method.as_str() {
            "PUT" => *cart += 1,
            _ => assert!(std::mem::take(cart) > 0, "{visitor} buys an empty cart: {request:?}"),
        }
    }
    assert!((30..60).contains(&carts.len()), "{} visitors", carts.len());
}

#[test]
fn no_order_is_the_same_as_another() {
    let (shelf, customers) = (shelf(), customers());
    let workload = Workload::find("checkout-heavy").expect("a preset");
    let journey = WorkloadJourney::new(&workload, &shelf, &customers);
    let schedule = (0..3_000).map(|number| Duration::from_millis(number * 20)).collect::<Vec<_>>();
    let requests = journey.requests(&mut Dice::new(1, &[]), &schedule);
    let orders = requests.iter().filter(|request| request.method == "POST");
    let keys = orders.map(|order| order.headers.clone()).collect::<Vec<_>>();
    let distinct = keys.iter().collect::<std::collections::HashSet<_>>();
    assert!(keys.len() > 500 && distinct.len() == keys.len(), "{} of {}", distinct.len(), keys.len());
}

#[test]
fn a_file_is_called_as_it_says_or_like_its_file() {
    assert_eq!(read("[weights]\nhome = 1").expect("fine").name(), "lunch");
    assert_eq!(read("name = \"noon\"\n[weights]\nhome = 1.5").expect("fine").name(), "noon");
}

#[test]
fn only_who_buys_needs_each_request_once() {
    let (shelf, customers) = (shelf(), customers());
    for (preset, is_once) in [("read-only", false), ("browse-heavy", true)] {
        let workload = Workload::find(preset).expect("a preset");
        let journey = WorkloadJourney::new(&workload, &shelf, &customers);
        assert_eq!(journey.once_per_second().is_some(), is_once, "{preset}");
    }
}

#[test]
fn what_is_no_workload_is_refused_with_what_is_wrong_and_what_would_be_right() {
    let refused = |text: &str, wanted: &str| {
        let error = read(text).expect_err(text);
        assert!(error.contains("lunch.toml") && error.contains(wanted), "{error}");
    };
    refused("[weights]\nhome = 0", "all weights are 0");
    refused("[weights]\nhome = -1", "weights.home is -1");
    refused("[weights]\nhome = nan", "weights.home is NaN");
    refused("[weights]\nlook = 1", "there are home, category, product");
    refused("[weights]\nhome = 1\n[think]\n", "unknown field `think`");
    refused("think_seconds = [5, 1]\n[weights]\nhome = 1", "the shortest time stands first");
    refused("think_seconds = [1, 1e9]\n[weights]\nhome = 1", "from 0 to 3600");
    refused("name = \" \"\n[weights]\nhome = 1", "its name is empty");
    refused("home = 1", "unknown field `home`");
    let error = Workload::find("browse-havy").expect_err("no such preset").to_string();
    assert!(error.contains("browse-heavy, checkout-heavy, read-only"), "{error}");
}

#[test]
fn known_customers_take_turns_and_buy_nothing_that_is_not_in_their_cart() {
    let shelf = shelf();
    let workload = Workload::find("checkout-heavy").expect("a preset");
    let names = (0..20).map(|number| format!("Bearer {number}")).collect();
    let journey = WorkloadJourney::of_known(&workload, &shelf, names);
    let schedule = vec![Duration::ZERO; 600];
    let mut dice = Dice::new(1, &[]);
    let loads = [journey.requests(&mut dice, &schedule), journey.unscheduled(&mut dice, 600)];
    let mut keys = std::collections::HashSet::new();
    let mut whom = Vec::new();
    for requests in &loads {
        let mut carts = std::collections::HashMap::<&str, usize>::new();
        let mut turns = Vec::new();
        for request in requests {
            let Some(customer) = authorization(request) else { continue };
            turns.push(customer);
            let cart = carts.entry(customer).or_default();
            *cart += usize::from(journey.preparation(request).is_some());
            match request.method.as_str() {
                "PUT" => *cart += 1,
                "POST" => {
                    assert!(std::mem::take(cart) > 0, "{customer} buys an empty cart: {request:?}");
                    let key = request.headers.iter().find(|(name, _)| name == "idempotency-key");
                    let key = key.expect("an order has a key").1.clone();
                    assert!(keys.insert((customer, key)), "an order is the same as another: {request:?}");
                }
                _ => {}
            }
        }
        assert!(turns.windows(10).all(|ten| ten[1..].iter().all(|other| *other != ten[0])), "{turns:?}");
        whom.push(carts.into_keys().collect::<std::collections::HashSet<_>>());
    }
    assert!(whom[0].is_disjoint(&whom[1]) && whom[0].len() + whom[1].len() == 20, "{whom:?}");
}

#[test]
fn what_another_store_calls_by_other_names_is_renamed_in_orders_too() {
    let own = |word: &str| match word {
        "product-1" => Some("p1"),
        "Bearer 1" => Some("Bearer one"),
        _ => None,
    };
    let put = renamed(buying::put_item("product-1", 2, "Bearer 1"), own);
    assert_eq!((put.path.as_str(), authorization(&put)), ("/api/v1/cart/items/p1", Some("Bearer one")));
    let order = Request::new("POST", "/api/v1/orders").header("idempotency-key", "prepared-product-1.ff");
    assert_eq!(renamed(order, own).headers[0].1, "prepared-p1.ff");
}
