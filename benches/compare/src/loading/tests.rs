use super::*;
use crate::testing::MadeUp;

/// What is done to whole results.
type Damage = fn(&mut Value);

const SCHEMA: &str = include_str!("../../../../docs/results/results.schema.json");

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    assert_eq!(schema["$id"], SCHEMA_ID);
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn made_up() -> Value {
    serde_json::to_value(MadeUp::default().results()).expect("serialisable")
}

fn load(text: &str) -> Result<Results, LoadError> {
    Results::from_text(text, Path::new("some/results.json"))
}

/// The error with its cause, as a person sees it.
fn refusal(text: &str) -> String {
    let error = load(text).expect_err("it is refused");
    let cause = std::error::Error::source(&error).map(|cause| format!(" because {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn results_are_what_the_schema_says_and_load_as_what_they_were() {
    let results = MadeUp::default().results();
    let value = made_up();
    let faults: Vec<String> = schema().iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(load(&value.to_string()).expect("whole"), results);
}

#[test]
fn damaged_results_are_not_what_the_schema_says_and_are_refused() {
    let schema = schema();
    let damages: [(&str, &str, Damage); 6] = [
        ("a member is missing", "missing field `machine`", |all| {
            all.as_object_mut().expect("an object").remove("machine");
        }),
        ("a number is a word", "invalid type: string \"10\"", |all| {
            all["settings"]["connections"] = "10".into();
        }),
        ("a deep one is missing", "missing field `requests`", |all| {
            all["rounds"][3]["blocks"]["mono"]["journeys"]["list"] = serde_json::json!({});
        }),
        ("a count is negative", "invalid value: integer `-1`", |all| {
            all["histograms"]["list"]["mono"][0][1] = (-1).into();
        }),
        ("nothing is left", "neither rounds nor", |all| {
            all["rounds"] = Value::Array(Vec::new());
            for part in [
                "ladder",
                "attribution",
                "round_trip",
                "load",
                "scale_out",
                "demand_step",
                "rolling_release",
                "blast_radius",
            ] {
                all[part] = Value::Null;
            }
        }),
        ("another version", "schema_version 3", |all| all["schema_version"] = 3.into()),
    ];
    for (what, said, damage) in damages {
        let mut value = made_up();
        damage(&mut value);
        assert!(!schema.is_valid(&value), "{what}: the schema does not see it");
        let refusal = refusal(&value.to_string());
        assert!(refusal.contains(said) && refusal.contains("some/results.json"), "{what}: {refusal}");
    }
}

#[test]
fn a_member_that_nobody_knows_is_not_what_the_schema_says() {
    let mut value = made_up();
    value["rounds"][0]["blocks"]["mono"]["colour"] = "red".into();
    assert!(!schema().is_valid(&value));
}

#[test]
fn what_is_no_results_is_refused_with_what_where_and_how_to_mend_it() {
    let whole = made_up().to_string();
    let cut = &whole[..whole.len() / 2];
    for (text, words) in [
        ("", ["ends in the middle", "line 1", "copy it anew"]),
        (cut, ["ends in the middle", "column", "measure anew"]),
        ("<!doctype html>", ["is not JSON", "line 1 column 1", "not its report.html"]),
        ("{}", ["without schema_version", "no results", "give its results.json"]),
        ("[1, 2]", ["without schema_version", "no results", "give its results.json"]),
        ("{\"schema_version\": 99}", ["schema_version 99", "reads 1 to 2", "measure anew"]),
        ("{\"schema_version\": \"2\"}", ["schema_version \"2\"", "reads 1 to 2", "measure anew"]),
    ] {
        let refusal = refusal(text);
        for word in words {
            assert!(refusal.contains(word), "{word:?} is missing in: {refusal}");
        }
    }
    let absent = Results::load(Path::new("/nowhere/results.json")).expect_err("there is no such file");
    assert!(absent.to_string().contains("/nowhere/results.json cannot be read (give the"), "{absent}");
}

#[test]
fn a_topology_without_blocks_is_refused() {
    let mut value = made_up();
    value["topologies"][1] = "another".into();
    let refusal = refusal(&value.to_string());
    assert!(refusal.contains("no round in which another was measured"), "{refusal}");
}

#[test]
fn results_of_the_first_form_are_read_and_their_intervals_computed_anew() {
    let old = include_str!("../../../../docs/measurements/2026-11-26.json");
    let results = load(old).expect("the first form is read");
    assert_eq!((results.schema_version, results.rounds.len()), (SCHEMA_VERSION, 12));
    let before: Value = serde_json::from_str(old).expect("JSON");
    for journey in &results.journey_order {
        let now = results.control[journey].p50.expect("measured");
        let then = before["control"][journey]["p50"]["high"].as_f64().expect("measured");
        assert!((now.high - then).abs() > 1e-6, "{journey}: {now:?} is as it was");
    }
    let value = serde_json::to_value(&results).expect("serialisable");
    assert!(schema().is_valid(&value), "what is written of it has today's form");
    load(include_str!("../../../../docs/measurements/2026-11-22-quick.json")).expect("the oldest is read");
}
