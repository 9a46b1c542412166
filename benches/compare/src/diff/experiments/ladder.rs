//! Two ladders: every rung as it is and beside the one below, and the costs of what lies far apart.

use super::{Both, Found};
use crate::diff::compared::{Better, Compared};
use crate::ladder::{Ladder, QUANTITIES};
use crate::pairing;
use crate::quantity::Quantity;

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.ladder.as_ref(), |ladders| compare(both, ladders))
}

fn compare(both: Both<'_>, ladders: [&Ladder; 2]) -> Found {
    let labels = ladders.map(|ladder| ladder.rungs.iter().map(|rung| rung.label.clone()).collect::<Vec<_>>());
    let mut found = Found { notes: both.only_in_one("rung", [&labels[0], &labels[1]]), ..Found::default() };
    for journey in both.journeys() {
        let pair = Pair { both, ladders, journey };
        for cost in &ladders[0].costs {
            let is_the_same = |other: &&crate::ladder::Cost| {
                (&other.name, &other.from, &other.to) == (&cost.name, &cost.from, &cost.to)
            };
            if ladders[1].costs.iter().any(|other| is_the_same(&other)) {
                let place = format!("{journey}: {} ({} → {})", cost.name, cost.from, cost.to);
                found.figures.extend(pair.beside(&place, "", &cost.to, &cost.from));
            }
        }
        for rung in ladders[0].answering(journey) {
            let Some(other) = ladders[1].answering(journey).find(|other| other.label == rung.label) else {
                continue;
            };
            let place = format!("{journey}: {}", rung.label);
            found.figures.extend(pair.level(&place, &rung.label));
            match (&rung.on, &other.on) {
                (Some(on), Some(other_on)) if on == other_on => {
                    found.figures.extend(pair.beside(&place, &format!(" over {on}"), &rung.label, on));
                }
                (None, None) => {}
                _ => found.notes.push(format!("{place} does not stand on the same rung in both")),
            }
        }
    }
    for [cost, other] in unlike_costs(ladders) {
        found.notes.push(format!("{cost} and {other} are not the same cost, and are not compared"));
    }
    found
}

/// Costs of one name that lie between other rungs in the second ladder.
fn unlike_costs(ladders: [&Ladder; 2]) -> Vec<[String; 2]> {
    let shown = |cost: &crate::ladder::Cost| format!("{} ({} → {})", cost.name, cost.from, cost.to);
    let unlike = ladders[0].costs.iter().filter_map(|cost| {
        let other = ladders[1].costs.iter().find(|other| other.name == cost.name)?;
        ((&cost.from, &cost.to) != (&other.from, &other.to)).then(|| [shown(cost), shown(other)])
    });
    unlike.collect()
}

struct Pair<'a> {
    both: Both<'a>,
    ladders: [&'a Ladder; 2],
    journey: &'a str,
}

impl Pair<'_> {
    /// A rung as it is: another day is in it.
    fn level(&self, place: &str, rung: &str) -> impl Iterator<Item = Compared> {
        QUANTITIES.into_iter().map(move |quantity| {
            let values = self.ladders.map(|ladder| {
                let blocks = ladder.series.rounds.iter().filter_map(|round| round.blocks.get(rung));
                let cells = blocks.filter_map(|block| block.journeys.get(self.journey));
                cells.filter_map(|cell| quantity.of_block(cell)).collect::<Vec<_>>()
            });
            compared(place, quantity.name().to_owned(), &values, self.both.is_same_test_bed)
        })
    }

    /// One rung over another of the same round, so that a machine that was faster on one of the days is not in it.
    fn beside(&self, place: &str, what: &str, over: &str, under: &str) -> impl Iterator<Item = Compared> {
        QUANTITIES.into_iter().map(move |quantity| {
            let values = self.ladders.map(|ladder| {
                let rounds = &ladder.series.rounds;
                pairing::quotients(rounds, self.journey, over, under, |cell| quantity.of_block(cell))
            });
            let told = self.ladders.iter().all(|ladder| self.agrees_with_itself(ladder, quantity));
            compared(place, format!("{}{what}, relative", quantity.name()), &values, told)
        })
    }

    fn agrees_with_itself(&self, ladder: &Ladder, quantity: Quantity) -> bool {
        let control = ladder.control.get(self.journey).and_then(|ratios| quantity.ratio(ratios));
        control.is_some_and(|control| !control.differs_from_one())
    }
}

fn compared(place: &str, what: String, [before, after]: &[Vec<f64>; 2], told: bool) -> Compared {
    Compared::times(place.to_owned(), what, [before, after], Better::Less, told)
}
