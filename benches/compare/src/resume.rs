//! Going on with a run that ended before its time: only where all that shapes the figures is as it was.

use crate::affinity::CpuSets;
use crate::machine::Machine;
use crate::results::Results;
use crate::settings::Settings;

/// What shapes the figures of a run.
pub(crate) struct Circumstances<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) machine: &'a Machine,
    pub(crate) cpu_sets: &'a CpuSets,
    /// Topologies, the twin, the floor.
    pub(crate) labels: Vec<&'a str>,
    pub(crate) journeys: Vec<&'a str>,
}

/// Why the rounds of the earlier results and those that would come are not rounds of one run, one line each; empty where they are.
pub(crate) fn obstacles(earlier: &Results, now: &Circumstances<'_>) -> Vec<String> {
    let mut obstacles = Vec::new();
    let mut compare = |what: &str, was: String, is: String| {
        if was != is {
            obstacles.push(format!("{what}: {was} there, {is} now"));
        }
    };
    let floor = earlier.floor.as_ref().map(|floor| floor.label.as_str());
    let labels =
        earlier.topologies.iter().map(String::as_str).chain([earlier.twin.label.as_str()]).chain(floor);
    let listed = |names: Vec<&str>| names.join(", ");
    compare("topologies", listed(labels.collect()), listed(now.labels.clone()));
    compare(
        "journeys",
        listed(earlier.journey_order.iter().map(String::as_str).collect()),
        listed(now.journeys.clone()),
    );
    compare("plan", earlier.settings.plan.clone(), now.settings.plan.clone());
    compare("seed", earlier.settings.seed.to_string(), now.settings.seed.to_string());
    let machine = |machine: &Machine| {
        let model = machine.cpu_model.as_deref().unwrap_or("unknown");
        format!("{} processors ({model}), {}", machine.cores, machine.os)
    };
    compare("machine", machine(&earlier.machine), machine(now.machine));
    let build = |machine: &Machine| {
        let kind = if machine.unoptimised == Some(true) { "without optimisation" } else { "release" };
        format!("{} ({kind})", machine.version)
    };
    compare("version", build(&earlier.machine), build(now.machine));
    compare("processors", format!("{:?}", earlier.cpu_sets), format!("{:?}", now.cpu_sets));
    if obstacles.is_empty() && earlier.settings != *now.settings {
        obstacles.push("settings: other experiments, rates or phases there than now".to_owned());
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MadeUp;

    fn against(results: &Results, change: impl FnOnce(&mut Settings, &mut Machine)) -> Vec<String> {
        let (mut settings, mut machine) = (results.settings.clone(), results.machine.clone());
        change(&mut settings, &mut machine);
        let now = Circumstances {
            settings: &settings,
            machine: &machine,
            cpu_sets: &results.cpu_sets,
            labels: vec!["mono", "a | b", "mono (again)", "floor"],
            journeys: results.journey_order.iter().map(String::as_str).collect(),
        };
        obstacles(results, &now)
    }

    #[test]
    fn the_same_circumstances_are_no_obstacle() {
        assert_eq!(against(&MadeUp::default().results(), |_, _| {}), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_named_with_both_sides() {
        let results = MadeUp::default().results();
        assert_eq!(against(&results, |settings, _| settings.seed = 9), ["seed: 1 there, 9 now"]);
        let other_build = against(&results, |_, machine| machine.unoptimised = Some(true));
        assert_eq!(other_build, ["version: 1.0.0 (release) there, 1.0.0 (without optimisation) now"]);
        let longer = against(&results, |settings, _| settings.paced_seconds += 1.0);
        assert!(longer[0].starts_with("settings:"), "{longer:?}");
    }
}
