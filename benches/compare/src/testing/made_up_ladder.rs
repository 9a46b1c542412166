//! A ladder whose steps are known.

use super::made_up::{JOURNEYS, MadeUp};
use crate::dice::Dice;
use crate::ladder::{Absent, CostPlan, Ladder, Rung};
use crate::measurements::Measurements;
use crate::phases::Phases;
use crate::results::ByName;
use crate::series::{Series, SeriesSettings};

/// Rungs from the lowest on, each with what it is of the baseline.
const RUNGS: [(&str, f64); 4] = [("echo", 0.2), ("plain", 0.8), ("mono", 1.0), ("logged", 1.0)];
const PHASES: Phases = Phases { warm_up_seconds: 0.0, paced_seconds: 0.6, capacity_seconds: 0.0 };
const ROUNDS: usize = 5;

impl MadeUp {
    /// From an echo, which has the first journey only, to a rung that costs nothing; and beside `mono` the branch `split`, which costs as much
    /// as the second topology.
    pub(crate) fn ladder(self) -> Ladder {
        let mut rungs: Vec<Rung> = Vec::new();
        for (label, _) in RUNGS {
            let on = rungs.last().map(|below| below.label.clone());
            let lacks = (label == "plain").then(|| "cannot be split".to_owned());
            rungs.push(Rung {
                label: label.to_owned(),
                adds: format!("what {label} adds"),
                on,
                is_branch: false,
                lacks,
            });
        }
        rungs.push(Rung {
            label: "split".to_owned(),
            adds: "a second process".to_owned(),
            on: Some("mono".to_owned()),
            is_branch: true,
            lacks: None,
        });
        let costs = [
            CostPlan { name: "the cost of modules", from: "plain", to: "mono" },
            CostPlan { name: "the cost of processes", from: "mono", to: "split" },
        ];
        let ladder = Ladder::of(rungs, &costs, "mono", &JOURNEYS, self.ladder_series());
        let absent = vec![Absent { label: "lent".to_owned(), why: "nobody lends it".to_owned() }];
        Ladder { absent, ..ladder }
    }

    fn ladder_series(self) -> Series {
        let mut dice = Dice::new(self.seed, &[17]);
        let beside = [("split", self.ratio), ("mono (again)", self.twin)];
        let all = RUNGS.into_iter().chain(beside).collect::<Vec<_>>();
        let answered = |label: &str| if label == "echo" { &JOURNEYS[..1] } else { &JOURNEYS[..] };
        let mut measurements = Measurements::new();
        for round in 0..ROUNDS {
            let blocks = all.iter().enumerate().map(|(number, (label, factor))| {
                let began_seconds = (round * all.len() + number) as f64;
                let block = self.block(&mut dice, began_seconds, *factor, &["all"], answered(label));
                ((*label).to_owned(), block)
            });
            let blocks = blocks.collect();
            measurements.add(blocks);
        }
        let cells = |journey: &str| {
            let answering = all.iter().filter(|(label, _)| answered(label).contains(&journey));
            answering
                .map(|(label, _)| ((*label).to_owned(), measurements.cell(journey, label)))
                .collect::<ByName<_>>()
        };
        Series {
            settings: SeriesSettings { rounds: ROUNDS, phases: PHASES },
            labels: all.iter().map(|(label, _)| (*label).to_owned()).collect(),
            journeys: JOURNEYS.iter().map(|journey| ((*journey).to_owned(), cells(journey))).collect(),
            rounds: measurements.rounds,
        }
    }
}
