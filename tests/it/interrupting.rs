//! Ctrl-C while `cleave compare` is in the midst of something.

use rustix::process::Signal;

use crate::support::binary::Binary;

#[test]
fn ctrl_c_ends_a_comparison_whose_first_deployment_is_being_started() {
    let binary = Binary::new();
    let out = binary.data_dir().join("out").display().to_string();
    let mut run =
        binary.start(&["compare", "--quick", "monolith", "--experiments", "latency", "--out", &out]);
    run.until_it_prints("comparing monolith");
    run.signal(Signal::INT);
    let ended = run.ended();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{ended:?}");
    assert!(ended.stderr.contains("interrupted before a round was complete"), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("Caused by"),
        "what was torn from its work is no failure: {}",
        ended.stderr
    );
}
