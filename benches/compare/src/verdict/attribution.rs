//! Where the time goes, in plain words, and whether enough of it is explained.

use crate::attribution::{Attribution, AttributionCell, Segment};
use crate::results::Results;
use crate::statistics::paired_ratio;

/// A larger share without an explanation is worth saying.
const UNEXPLAINED_MOST: f64 = 0.1;
/// How many reasons a sentence has.
const REASONS: usize = 3;

/// The cells of which too much is unexplained, or only known to be on the way: stamps that leave no gap leave nothing unexplained, and
/// would hide what the way takes beyond an echo.
pub(super) fn trust(results: &Results) -> Option<String> {
    let attribution = results.attribution.as_ref()?;
    let unexplained = large(attribution, |cell| Some(cell.residual.value));
    let beyond_echo = large(attribution, |cell| Some(cell.beyond_echo_us()? / cell.segments.sum_us()));
    let said = [
        (unexplained, "is unexplained"),
        (
            beyond_echo,
            "passes between client and server beyond what a bare echo takes, which stamps do not split",
        ),
    ];
    let said = said.into_iter().filter(|(cells, _)| !cells.is_empty());
    let said =
        said.map(|(cells, what)| format!("more than a tenth of the time {what}: {}", cells.join(", ")));
    let said = said.collect::<Vec<_>>();
    (!said.is_empty()).then(|| format!("attribution: {}", said.join("; ")))
}

/// The cells that have too large a share of something.
fn large(attribution: &Attribution, share: impl Fn(&AttributionCell) -> Option<f64>) -> Vec<String> {
    let cells = attribution
        .journeys
        .iter()
        .flat_map(|(journey, cells)| cells.iter().map(move |(label, cell)| (journey, label, cell)));
    let large = cells.filter_map(|(journey, label, cell)| {
        let share = share(cell).filter(|share| *share > UNEXPLAINED_MOST)?;
        Some(format!("{journey} in {label} ({:.0} %)", share * 100.0))
    });
    large.collect()
}

/// A sentence for each journey and topology: how much longer one request takes, and what for.
pub(super) fn sentences(results: &Results) -> Vec<String> {
    let Some(attribution) = &results.attribution else { return Vec::new() };
    let cell = |journey: &str, label: &str| attribution.cell(journey, label);
    let baseline = results.baseline();
    let mut sentences = Vec::new();
    for journey in &results.journey_order {
        for topology in results.topologies.iter().skip(1) {
            if let (Some(of_baseline), Some(other)) = (cell(journey, baseline), cell(journey, topology)) {
                let difference = difference((baseline, of_baseline), (topology, other));
                sentences.push(format!("{journey}: {difference}"));
            }
        }
    }
    sentences
}

fn difference(baseline: (&str, &AttributionCell), other: (&str, &AttributionCell)) -> String {
    let ((baseline, of_baseline), (topology, cell)) = (baseline, other);
    let wholes =
        |cell: &AttributionCell| cell.rounds.iter().map(|round| round.segments.sum_us()).collect::<Vec<_>>();
    let pairs = wholes(cell).into_iter().zip(wholes(of_baseline)).collect::<Vec<_>>();
    let longer_us = cell.segments.sum_us() - of_baseline.segments.sum_us();
    if !paired_ratio(&pairs).is_some_and(|ratio| ratio.differs_from_one()) {
        return format!("{topology} and {baseline} cannot be told apart in the mean");
    }
    let sign = longer_us.signum();
    let mut reasons = Segment::ALL.map(|segment| {
        (segment.name(), (cell.segments.get(segment) - of_baseline.segments.get(segment)) * sign)
    });
    reasons.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let reasons = reasons.iter().take(REASONS).filter(|(_, us)| *us >= 1.0);
    let reasons = reasons.map(|(name, us)| format!("{us:.0} {name}")).collect::<Vec<_>>();
    format!(
        "{topology} takes {:.0} µs {} than {baseline} in the mean: {}",
        longer_us.abs(),
        if sign > 0.0 { "longer" } else { "less" },
        reasons.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MadeUp;

    #[test]
    fn what_takes_longer_is_told_with_its_reasons() {
        let results = MadeUp::default().results();
        let expected = "list: a | b takes 102 µs longer than mono in the mean: 102 between processes";
        assert_eq!(sentences(&results)[0], expected);
        assert_eq!(trust(&results), None);
    }

    #[test]
    fn of_equals_nothing_is_claimed() {
        let results = MadeUp { ratio: 1.0, ..MadeUp::default() }.results();
        assert!(sentences(&results)[0].ends_with("a | b and mono cannot be told apart in the mean"));
    }

    #[test]
    fn too_much_without_an_explanation_is_said() {
        let mut results = MadeUp::default().results();
        let attribution = results.attribution.as_mut().expect("it is made up");
        let cell = attribution.journeys.get_mut("list").and_then(|cells| cells.get_mut("mono"));
        cell.expect("it is made up").residual.value = 0.125;
        let said = trust(&results).expect("it is too much");
        assert!(said.ends_with("list in mono (12 %)") || said.ends_with("list in mono (13 %)"), "{said}");
    }

    #[test]
    fn too_much_on_the_way_beyond_an_echo_is_said() {
        let mut results = MadeUp::default().results();
        let attribution = results.attribution.as_mut().expect("it is made up");
        let cell = attribution.journeys.get_mut("list").and_then(|cells| cells.get_mut("mono"));
        let cell = cell.expect("it is made up");
        cell.ways.as_mut().expect("it is made up").out_us += cell.segments.sum_us() * 0.2;
        let said = trust(&results).expect("it is too much");
        assert!(said.contains("beyond what a bare echo takes") && said.contains("list in mono ("), "{said}");
        assert!(!said.contains("unexplained"), "{said}");
    }
}
