//! The rungs of the ladder: from plain sockets to a store whose every module is a process, one factor a rung.

mod layout;

use cleave_compare::{CostPlan, Journey, LadderPlan, RungPlan};
use cleave_floor::Stage;

use self::layout::Layout;
use super::deployment::{Deployment, Program};
use crate::cli::Failure;
use crate::topology::{Link, Topology};

const PLAIN: &str = "plain monolith";
const MODULAR: &str = "modular monolith";
const APART: &str = "event log apart";

/// What the plain monolith gives up.
const PLAIN_LACKS: &str = "cannot be split or scaled in parts, gives no part a database or a team of its own, goes down as a whole, tells \
                           nobody else what has happened, and has neither metrics nor deadlines for its calls";

/// A rung with what is deployed for it.
struct Rung {
    deployment: Deployment,
    adds: &'static str,
    branch_of: Option<&'static str>,
    lacks: Option<&'static str>,
    is_equivalent: bool,
}

impl Rung {
    fn plan(&self) -> RungPlan<'_> {
        let Self { deployment, adds, branch_of, lacks, is_equivalent } = self;
        RungPlan {
            subject: deployment,
            adds,
            branch_of: *branch_of,
            lacks: *lacks,
            is_equivalent: *is_equivalent,
        }
    }
}

/// The rungs of this store.
pub(super) struct Rungs {
    rungs: Vec<Rung>,
    /// The rung that is told as the distributed one.
    distributed: String,
}

impl Rungs {
    /// The rungs, which are deployed as this deployment is but for what they differ in. Branches of the monolith are one that logs as in
    /// everyday operation, and the second of the compared topologies where it is none of the rungs.
    pub(super) fn like(
        template: &Deployment,
        everyday_log: &str,
        second: Option<&Topology>,
    ) -> Result<Self, Failure> {
        let common = layout::with_copied_configuration(&template.common, &template.work)?;
        let deployment =
            |label: &str, program| Deployment { label: label.to_owned(), program, ..template.clone() };
        let reference = |label, program, adds| Rung {
            deployment: deployment(label, program),
            adds,
            branch_of: None,
            lacks: None,
            is_equivalent: false,
        };
        let store = |label, layout: &Layout, adds| -> Result<Rung, Failure> {
            let program = Program::Topology(layout.topology(&common)?);
            let deployment = Deployment { common: common.clone(), ..deployment(label, program) };
            Ok(Rung { deployment, adds, branch_of: None, lacks: None, is_equivalent: true })
        };
        let together = |link| Layout::together(link);
        let apart = Layout::all_apart();
        let mut rungs = vec![
            reference("loopback echo", Program::Floor(Stage::Echo), "the kernel and the load generator"),
            reference("bare actix-web", Program::Floor(Stage::Answers), "a web framework"),
            reference("bare handlers", Program::Floor(Stage::Queries), "the database, and answers as JSON"),
            Rung {
                lacks: Some(PLAIN_LACKS),
                ..reference(PLAIN, Program::Plain, "a whole shop, stock by a join, limits, problems")
            },
            store(MODULAR, &together(None), "modules: contracts, a database each, a saga, events")?,
            store(
                "links in memory",
                &together(Some(Link::Memory)),
                "HTTP between modules, on the same thread",
            )?,
            store("links over unix", &together(Some(Link::Unix)), "Unix sockets and other threads")?,
            store("links over tcp", &together(Some(Link::Tcp)), "TCP instead of Unix sockets")?,
            store("gateway apart", &Layout::gateway_apart(), "a gateway in a process of its own")?,
            store("modules apart", &Layout::modules_apart(), "a process for every module, and discovery")?,
            store(APART, &apart, "the event log in a process of its own")?,
        ];
        // In one process, where it costs a machine least to have it up beside all the others.
        let mut logging = store("everyday log", &together(None), "the log of everyday operation")?;
        everyday_log.clone_into(&mut logging.deployment.log_filter);
        rungs.push(Rung { branch_of: Some(MODULAR), ..logging });
        let mut distributed = APART.to_owned();
        if let Some(second) = second.filter(|second| !layout::is_all_apart(second)) {
            second.name().clone_into(&mut distributed);
            rungs.push(Rung {
                deployment: deployment(second.name(), Program::Topology(second.clone())),
                adds: "the second of the compared topologies",
                branch_of: Some(MODULAR),
                lacks: None,
                is_equivalent: true,
            });
        }
        Ok(Self { rungs, distributed })
    }

    /// The rungs as the instrument takes them.
    pub(super) fn plans(&self) -> Vec<RungPlan<'_>> {
        self.rungs.iter().map(Rung::plan).collect()
    }

    /// What is told of them: what modules cost, and what their distribution costs.
    pub(super) fn prices(&self) -> [CostPlan<'_>; 2] {
        [
            CostPlan { name: "the price of modularity", from: PLAIN, to: MODULAR },
            CostPlan { name: "the price of distribution", from: MODULAR, to: &self.distributed },
        ]
    }
}

/// The ladder of these rungs and prices.
pub(super) fn plan<'a>(
    rungs: &'a [RungPlan<'a>],
    journeys: &'a [&'a dyn Journey],
    prices: &'a [CostPlan<'a>],
) -> LadderPlan<'a> {
    LadderPlan { rungs, journeys, costs: prices, twin_of: MODULAR }
}
