//! A store's data go from one engine to the other and back, and the store goes on in another topology each time.

use cleave_db::testing::{is_installed, throwaway_server};
use serde_json::Value;

use crate::support::binary::Binary;
use crate::support::shop::Shop;

/// Checkouts between two moves.
const CHECKOUTS: usize = 20;

#[test]
fn a_store_moves_to_postgres_and_back_through_three_topologies_and_loses_nothing() {
    if !is_installed() {
        return;
    }
    let binary = Binary::new();
    let server = throwaway_server().new_database();
    let files = format!("sqlite:{}/{{module}}-again.db", binary.data_dir().display());
    let start = format!("sqlite:{}/{{module}}.db", binary.data_dir().display());

    buy_in(&binary, "monolith", &start, CHECKOUTS);
    let moved = move_to(&binary, &start, &server);
    assert!(moved.iter().any(|table| table["table"] == "orders" && table["rows"] == CHECKOUTS), "{moved:#?}");
    assert_eq!(move_to(&binary, &start, &server), moved, "again it comes to the same end");

    buy_in(&binary, "microservices", &server, 2 * CHECKOUTS);
    move_to(&binary, &server, &files);
    buy_in(&binary, "catalog+inventory | orders+payments | *", &files, 3 * CHECKOUTS);
}

/// Customers buy in a store that runs on this database; afterwards it has so many orders, and the audit holds.
fn buy_in(binary: &Binary, topology: &str, database: &str, orders: usize) {
    let up = binary.up(topology, &["--database", database]);
    let shop = Shop::open(binary);
    for number in 0..CHECKOUTS {
        assert_eq!(shop.buy("move", number), "confirmed");
    }
    binary.succeed(&["settle"]);
    assert_eq!(up.stop().code, Some(0));
    let findings = audit(binary, database);
    let keys = findings.iter().find(|finding| finding["invariant"] == "I7").expect("keys are audited");
    assert_eq!(keys["examined"], orders, "every order is there: {keys}");
}

/// Copies everything; the audit says the same of both places.
fn move_to(binary: &Binary, from: &str, to: &str) -> Vec<Value> {
    let before = audit(binary, from);
    let copied = binary.succeed(&["data", "copy", "--from", from, "--to", to, "--json"]);
    assert_eq!(audit(binary, to), before);
    serde_json::from_str(&copied).expect("it is JSON")
}

fn audit(binary: &Binary, database: &str) -> Vec<Value> {
    let audited = binary.succeed(&["data", "audit", "--json", "--database", database]);
    serde_json::from_str(&audited).expect("it is JSON")
}

#[test]
fn a_copy_that_cannot_be_made_is_refused_and_one_that_cannot_be_whole_fails() {
    let binary = Binary::new();
    let place = |name: &str| format!("sqlite:{}/{name}-{{module}}.db", binary.data_dir().display());
    let (other, start) = (place("other"), format!("sqlite:{}/{{module}}.db", binary.data_dir().display()));
    let refused = |arguments: &[&str], code, words: &[&str]| {
        let ended = binary.run(&[&["data", "copy"], arguments].concat());
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(words.iter().all(|word| ended.stderr.contains(word)), "{words:?} in {ended:?}");
    };
    refused(&["--to", &other], 2, &["there is no data directory"]);
    let up = binary.up("monolith", &[]);
    refused(&["--to", &other], 2, &["in use by `up`"]);
    assert_eq!(up.stop().code, Some(0));
    refused(&["--to", &start, "--from", &start], 2, &["the same place", "--to"]);
    refused(&["--to", "sqlite:one.db"], 2, &["sqlite:one.db", "--to", "{module}"]);
    refused(&["--to", &other, "--module", "warehouse"], 2, &["warehouse", "inventory"]);
    refused(&["--to", &other, "--from", &place("nowhere")], 2, &["nowhere-catalog.db", "not there"]);

    let one = binary.succeed(&["data", "copy", "--to", &other, "--module", "accounts"]);
    assert!(one.contains("accounts") && !one.contains("orders"), "{one}");
    // Somebody has opened an account there meanwhile.
    binary.succeed(&["data", "seed", "--database", &other]);
    refused(
        &["--to", &other, "--module", "accounts"],
        1,
        &["accounts has 0 rows", "and 1 at", "other-accounts.db"],
    );
}
