//! What is wrong with an account that somebody wants to open, and with what they log in with.

use serde_json::{Value, json};

use super::{in_both_placements, in_both_placements_with};
use crate::support::answer::Answer;
use crate::support::person::{Person, post};

#[test]
fn an_address_or_a_name_that_is_none_is_refused() {
    in_both_placements(|world, _| {
        let visitor = world.visitor();
        let long = format!("{}@example.org", "a".repeat(243));
        for email in [
            "",
            "  ",
            "ada",
            "ada.example.org",
            "@example.org",
            "ada@",
            "ada@@example.org",
            "ada@example..org",
            "ada@.example.org",
            "ada lovelace@example.org",
            "<ada@example.org>",
            "ada@example.org, eve@example.org",
            "ada@example.org\r\nbcc: eve@example.org",
            "ada\u{0}@example.org",
            &long,
        ] {
            refused_by_name(&register(&visitor, "email", json!(email)), "email");
        }
        for name in ["", "  ", "Ada\nLovelace", "Ada\u{0}", &"x".repeat(81)] {
            refused_by_name(&register(&visitor, "name", json!(name)), "name");
        }
    });
}

fn refused_by_name(answer: &Answer, field: &str) {
    let problem = answer.problem(422, "invalid_account");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with(field)), "{problem}");
}

#[test]
fn a_password_that_is_easily_guessed_is_refused_with_the_reason() {
    in_both_placements(|world, _| {
        let visitor = world.visitor();
        let long = "a long walk on the beach ".repeat(6);
        for (password, reason) in [
            ("", "10 to 128"),
            ("nine char", "10 to 128"),
            (&long, "10 to 128"),
            ("password123", "guessed"),
            ("PassWord123!", "guessed"),
            ("qwertyuiop", "guessed"),
            ("1234567890", "guessed"),
            ("abababababab", "same few"),
            ("ada.lovelace@example.org", "your e-mail"),
            ("ADA.Lovelace@Example.ORG", "your e-mail"),
            ("my ada lovelace", "your name"),
        ] {
            let problem = register(&visitor, "password", json!(password)).problem(422, "weak_password");
            let detail = problem["detail"].as_str().expect("a detail");
            assert!(detail.contains(reason), "{password:?}: {detail}");
            assert!(password.is_empty() || !detail.contains(password), "the password is repeated: {detail}");
        }
    });
}

#[test]
fn an_account_or_a_login_of_another_shape_is_invalid() {
    in_both_placements(|world, _| {
        let visitor = world.visitor();
        for (field, value) in [
            ("email", json!(null)),
            ("password", json!(1_234_567_890)),
            ("name", json!(["Ada"])),
            ("admin", json!(true)),
            ("roles", json!(["admin"])),
            ("id", json!("00000000-0000-7000-8000-000000000000")),
        ] {
            register(&visitor, field, value).problem(422, "invalid_body");
        }
        for path in ["/api/v1/accounts", "/api/v1/sessions"] {
            for body in [json!({}), json!(null), json!({"email": "ada@example.org"}), json!(["a@b", "c"])] {
                visitor.send(&post(path, &body)).problem(422, "invalid_body");
            }
        }
        let login = json!({"email": "ada@example.org", "password": PASSWORD, "remember": true});
        visitor.send(&post("/api/v1/sessions", &login)).problem(422, "invalid_body");
        for key in ["", "two words", &"x".repeat(65)] {
            let request = post("/api/v1/accounts", &ada()).header("idempotency-key", key);
            visitor.send(&request).problem(400, "idempotency_key_malformed");
        }
    });
}

#[test]
fn an_address_has_one_account_in_any_letter_case() {
    let keyed = |account: &Value| post("/api/v1/accounts", account).header("idempotency-key", "mine");
    let open = |person: &Person| person.send(&keyed(&ada())).created();
    in_both_placements_with(
        |world, _| open(&world.visitor()),
        |world, account| {
            let visitor = world.visitor();
            for email in
                ["ada.lovelace@example.org", "ADA.LOVELACE@EXAMPLE.ORG", " Ada.Lovelace@example.org "]
            {
                register(&visitor, "email", json!(email)).problem(409, "email_taken");
            }
            assert_eq!(open(&visitor), *account, "the same key and body are the same account");
            let renamed = json!({"email": EMAIL, "password": PASSWORD, "name": "Augusta Ada King"});
            visitor.send(&keyed(&renamed)).problem(422, "idempotency_key_reused");

            visitor.log_in("ADA.LOVELACE@EXAMPLE.ORG", PASSWORD).created();
            let refusals = [
                visitor.log_in(EMAIL, &PASSWORD.to_uppercase()),
                visitor.log_in("bob@example.org", PASSWORD),
                visitor.log_in("", ""),
                visitor.log_in(EMAIL, &"x".repeat(60_000)),
            ];
            let details = refusals.map(|answer| answer.problem(401, "invalid_credentials")["detail"].clone());
            assert!(
                details.iter().all(|detail| *detail == details[0]),
                "it tells which is wrong: {details:?}"
            );
        },
    );
}

const EMAIL: &str = "Ada.Lovelace@Example.org";
const PASSWORD: &str = "a long walk on the beach";

fn ada() -> Value {
    json!({"email": EMAIL, "password": PASSWORD, "name": "Ada Lovelace"})
}

/// Registers with one field that is another.
fn register(person: &Person, field: &str, value: Value) -> Answer {
    let mut account = ada();
    account[field] = value;
    person.send(&post("/api/v1/accounts", &account))
}
