//! The document of the public API: checked in, and the same as what is mounted.

use std::collections::{BTreeMap, BTreeSet};

use cleave::house::PUBLISHED;
use serde_json::Value;

use crate::support::binary::Binary;
use crate::support::snapshot::assert_snapshot;

/// Where the document is checked in.
const FILE: &str = "docs/openapi.json";

fn document() -> Value {
    serde_json::from_str(&cleave::openapi::public_json()).expect("the document is JSON")
}

/// Every operation of the document: its id, method and path, and what the document says of it.
fn operations(document: &Value) -> BTreeMap<(String, String, String), Value> {
    let paths = document["paths"].as_object().expect("the document has paths");
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().expect("a path has methods").clone();
        let path = path.clone();
        methods.into_iter().map(move |(method, operation)| {
            let id = operation["operationId"].as_str().unwrap_or("(no operationId)").to_owned();
            ((id, method.to_uppercase(), path.clone()), operation)
        })
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn the_printed_document_is_the_one_that_is_checked_in() {
    let printed = Binary::new().succeed(&["openapi"]);
    assert_eq!(printed, cleave::openapi::public_json());
    assert_snapshot(FILE, &printed);
}

#[test]
fn the_document_has_exactly_the_published_operations() {
    let published = PUBLISHED.iter().flat_map(|module| module.operations);
    let published = published
        .map(|operation| (operation.id.to_owned(), operation.method.to_owned(), operation.path.to_owned()));
    let published = published.collect::<BTreeSet<_>>();
    assert!(!published.is_empty(), "nothing is published");
    let documented = operations(&document()).into_keys().collect::<BTreeSet<_>>();
    assert_eq!(documented, published, "left the document, right the lists of the contracts");
    let ids = documented.iter().map(|(id, ..)| id).collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), documented.len(), "two operations have the same id: {documented:?}");
}

#[test]
fn every_published_path_stands_below_a_prefix_that_the_gateway_routes() {
    for module in PUBLISHED {
        assert!(
            !module.operations.is_empty() && !module.prefixes.is_empty(),
            "{} publishes nothing",
            module.module
        );
        for operation in module.operations {
            let below = |prefix: &&&str| {
                operation.path == **prefix || operation.path.starts_with(&format!("{prefix}/"))
            };
            assert!(module.prefixes.iter().any(|prefix| below(&prefix)), "no prefix leads to {operation:?}");
            let other = PUBLISHED.iter().filter(|other| other.module != module.module);
            let taken = other.flat_map(|other| other.prefixes).find(below);
            assert_eq!(taken, None, "{operation:?} stands below the prefix of another module");
        }
    }
}

#[test]
fn operations_for_peers_are_absent_from_the_document() {
    let internal = inventory_api::rest::paths::INTERNAL;
    assert!(!internal.is_empty(), "no operation is internal");
    let documented = operations(&document());
    for operation in internal {
        let found = documented.keys().find(|(id, _, path)| id == operation.id || path == operation.path);
        assert_eq!(found, None, "{operation:?} is public");
    }
    assert!(documented.keys().all(|(_, _, path)| path.starts_with("/api/v1/")), "{:?}", documented.keys());
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty(), "the document has no schemas");
    for reference in references {
        let pointer =
            reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads to another file"));
        assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference} leads nowhere");
    }
}

fn collect_references(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect_references(value, references));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, references)),
        _ => {}
    }
}

#[test]
fn every_answer_has_a_schema_and_every_refusal_is_a_problem() {
    for ((id, ..), operation) in operations(&document()) {
        let responses = operation["responses"].as_object().unwrap_or_else(|| panic!("{id} has no answers"));
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} never succeeds");
        assert!(responses.keys().any(|status| status.starts_with('4')), "{id} refuses nothing");
        assert!(responses.contains_key("default"), "{id} does not tell of what every operation refuses");
        for (status, response) in responses {
            let content =
                response["content"].as_object().unwrap_or_else(|| panic!("{id} {status} has no body"));
            let [(media_type, body)] = content.iter().collect::<Vec<_>>()[..] else {
                panic!("{id} {status} has several bodies")
            };
            let schema = &body["schema"];
            if status.starts_with('2') {
                assert!(schema["$ref"].is_string() || schema["type"].is_string(), "{id} {status}: {schema}");
                assert_eq!(media_type, "application/json", "{id} {status}");
            } else {
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{id} {status}");
                assert_eq!(media_type, "application/problem+json", "{id} {status}");
            }
        }
    }
}

#[test]
fn every_operation_that_may_refuse_a_caller_says_how_to_prove_oneself() {
    let document = document();
    let scheme = &document["components"]["securitySchemes"]["access_token"];
    assert_eq!((scheme["type"].as_str(), scheme["scheme"].as_str()), (Some("http"), Some("bearer")));
    for ((id, ..), operation) in operations(&document) {
        let wants_a_token = operation["security"].as_array().is_some_and(|list| !list.is_empty());
        let answers = |status: &str| operation["responses"].get(status).is_some();
        assert!(!wants_a_token || answers("401"), "{id} asks for a token and can be asked without one");
        assert!(wants_a_token || !answers("403"), "{id}: only who is known can be forbidden something");
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for ((id, _, path), operation) in operations(&document()) {
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let described = described.filter_map(|parameter| parameter["name"].as_str()).collect::<BTreeSet<_>>();
        assert_eq!(described, in_path.collect(), "{id}");
    }
}
