use super::*;
use crate::testing::MadeUp;

#[test]
fn the_report_opens_with_the_verdict_and_its_trust_before_any_picture() {
    let page = page(&MadeUp::default().results());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text:?} is missing"));
    let headline = place("a | b answers in");
    assert!(place("agrees with itself in 2 of 2 journeys") < headline);
    let questions = ["What it costs", "Where that comes from", "What it buys", "How far to trust it"];
    let places = questions.map(|question| place(&format!("<h3>{question}</h3>")));
    assert!(headline < places[0] && places.is_sorted(), "{places:?}");
    assert!(
        places[3] < place("A/A: mono measured twice") && place("A/A: mono measured twice") < place("<svg")
    );
    assert!(place("<svg") < place("Environment"));
}

#[test]
fn conclusions_are_withheld_where_the_control_differs_from_itself() {
    let page = page(&MadeUp { twin: 1.2, ..MadeUp::default() }.results());
    assert!(page.contains("agrees with itself in 0 of 2 journeys"), "the first line says so");
    assert!(page.contains("Nothing may be concluded about a | b"), "the headline says so");
    assert!(page.contains("conclusions withheld") && page.contains("no conclusion is drawn"));
    assert!(!page.contains("answers in"), "no claim of p50 is left");
}

#[test]
fn nothing_is_fetched_from_anywhere_and_nothing_is_run() {
    let page = page(&MadeUp::default().results());
    for forbidden in ["<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", "onload"] {
        assert!(!page.contains(forbidden), "{forbidden} is in the report");
    }
    let addresses = page.matches("://").count();
    assert_eq!(
        addresses,
        page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count(),
        "but for SVG's own name"
    );
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn names_from_results_stay_text() {
    let page = page(&MadeUp::default().results());
    assert!(page.contains("&lt;item&gt; &amp; &quot;more&quot;"));
    assert!(!page.contains("<item>"));
}

#[test]
fn every_figure_has_pictures_a_caption_and_a_table() {
    let results = MadeUp::default().results();
    let figures = figures(&results);
    let ids: Vec<&str> = figures.iter().map(|figure| figure.id).collect();
    let expected = [
        "ratios",
        "spectrum",
        "cpu",
        "capacity",
        "memory",
        "settled",
        "start",
        "break-even",
        "ladder",
        "load",
        "round-trip",
        "attribution",
        "blast",
        "scale-out",
        "demand-step",
        "rolling-release",
        "blocks",
    ];
    assert_eq!(ids, expected);
    for figure in &figures {
        assert!(!figure.panels.is_empty() && !figure.table.rows.is_empty(), "{} is empty", figure.id);
        let columns = figure.table.head.len();
        assert!(figure.table.rows.iter().all(|row| row.len() == columns), "{} has ragged rows", figure.id);
        assert!(!figure.see.is_empty() && !figure.caution.is_empty(), "{} explains nothing", figure.id);
    }
}

#[test]
fn every_picture_tells_who_cannot_see_it_what_it_shows_and_ids_are_used_once() {
    let page = page(&MadeUp::default().results());
    let pictures = page.matches("<svg").count();
    assert_eq!(pictures, 4 + 2 + 2 + 2 + 1 + 1 + 2 + 1 + 4 + 2 + 2 + 2 + 2 + 2 + 1 + 1 + 2);
    for part in ["<title id=", "<desc id=", "role=\"img\"", "aria-labelledby=\""] {
        assert!(page.matches(part).count() >= pictures, "{part} is missing somewhere");
    }
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id is used twice");
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let (one, other) = (MadeUp::default().results(), MadeUp::default().results());
    assert_eq!(page(&one), page(&other));
    assert_eq!(pictures(&one), pictures(&other));
}

#[test]
fn pictures_stand_alone_under_names_of_their_own() {
    let pictures = pictures(&MadeUp::default().results());
    let mut names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
    assert!(names.contains(&"ratio-p50.svg") && names.contains(&"spectrum-2.svg"), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), pictures.len());
    for picture in &pictures {
        assert!(picture.text.starts_with("<svg xmlns=") && picture.text.contains("<style>"));
        assert!(!picture.text.contains("NaN") && !picture.text.contains("inf\""), "{}", picture.name);
    }
}

#[test]
fn a_quantile_with_fewer_than_ten_samples_beyond_is_grey_and_in_brackets() {
    let results = MadeUp::default().results();
    let page = page(&results);
    assert!(page.contains("curve few"), "the ends of the curves are grey");
    // 3,000 requests a subject: 30 lie beyond p99, 3 beyond p99.9, none beyond p99.99.
    let table = &spectrum::figure(&results).table.rows[0];
    assert!(!table[4].starts_with('('), "{table:?}");
    assert!(table[5].starts_with('(') && table[6] == "–", "{table:?}");
}

#[test]
fn what_was_not_measured_is_said_and_breaks_nothing() {
    let mut results = MadeUp { rounds: 2, ..MadeUp::default() }.results();
    results.floor = None;
    results.histograms.clear();
    for round in &mut results.rounds {
        for block in round.blocks.values_mut() {
            block.memory_pss_kib = None;
            block.processes.clear();
            for cell in block.journeys.values_mut() {
                (cell.p50_us, cell.cpu_us_per_request, cell.settled_ms) = (None, None, None);
            }
        }
    }
    let page = page(&crate::pairing::with_ratios(results));
    assert!(page.contains("Not measured in enough rounds of a | b: p50") && page.contains("not measured"));
    assert!(!page.contains("NaN"));
}

#[test]
fn the_page_of_the_longest_plan_is_no_larger_than_a_page_should_be() {
    let page = page(&MadeUp { rounds: 120, ..MadeUp::default() }.results());
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn without_rounds_only_the_experiments_are_shown_and_nothing_is_claimed() {
    let mut results = MadeUp::default().results();
    results.rounds.clear();
    results.histograms.clear();
    results.settings.rounds_most = 0;
    let results = crate::pairing::with_ratios(results);
    let page = page(&results);
    assert!(page.contains("No rounds were asked for") && page.contains("Latency against load"));
    assert!(page.contains("Where the time goes, side by side"));
    assert!(!page.contains("answers in") && !page.contains("Latency spectrum") && !page.contains("NaN"));
    let text = crate::render::table(&results, false);
    assert!(text.contains("no rounds were asked for") && text.contains("under load"), "{text}");
    assert!(!text.contains("settled ms") && !text.contains("withheld"), "{text}");
}

#[test]
fn the_report_of_results_of_the_first_form_is_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/measurements/2026-11-26.json");
    let results = Results::load(std::path::Path::new(path)).expect("it is read");
    let page = page(&results);
    assert!(page.contains("all processes") && page.contains("not noted"));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}
