//! The rungs of the ladder: from plain sockets to a store whose every module is a process, one factor a rung.

mod layout;

use cleave_compare::{Absent, CostPlan, Journey, LadderPlan, Nginx, NoNginx, Proxied, RungPlan, Subject};
use cleave_floor::Stage;

use self::layout::Layout;
use super::deployment::{Deployment, Program};
use crate::cli::Failure;
use crate::topology::{Link, Topology};

const PLAIN: &str = "plain monolith";
const MODULAR: &str = "modular monolith";
const IN_MEMORY: &str = "links in memory";
const OVER_TCP: &str = "links over tcp";
const APART: &str = "event log apart";
const NGINX: &str = "nginx as a plain proxy";

/// What the plain monolith gives up.
const PLAIN_LACKS: &str = "cannot be split or scaled in parts, gives no part a database or a team of its own, goes down as a whole, tells \
                           nobody else what has happened, and has neither metrics nor deadlines for its calls";

/// What nginx does not do that the gateway does.
const NGINX_LACKS: &str = "only passes on to the process behind it, which does all that a public edge must: it knows no operations, gives a \
                           request no id, no deadline and no credential of a peer, keeps nothing from it that only peers may say, finds no \
                           service that hosts what is asked for, and counts no calls";

/// A rung with what is deployed for it.
struct Rung {
    subject: Box<dyn Subject>,
    adds: String,
    branch_of: Option<&'static str>,
    lacks: Option<&'static str>,
    is_equivalent: bool,
}

impl Rung {
    fn plan(&self) -> RungPlan<'_> {
        let Self { subject, adds, branch_of, lacks, is_equivalent } = self;
        RungPlan {
            subject: subject.as_ref(),
            adds,
            branch_of: *branch_of,
            lacks: *lacks,
            is_equivalent: *is_equivalent,
        }
    }
}

/// The rungs of this store.
pub(super) struct Rungs {
    measured: Vec<Rung>,
    /// What cannot be measured on this machine.
    pub(super) absent: Vec<Absent>,
    /// The rung that is told as the distributed one.
    distributed: String,
}

impl Rungs {
    /// The rungs, which are deployed as this deployment is but for what they differ in. Branches of the monolith are one that logs as in
    /// everyday operation, one with as many workers as the split has, and the second of the compared topologies where it is none of the rungs.
    pub(super) fn like(
        template: &Deployment,
        everyday_log: &str,
        second: Option<&Topology>,
        nginx: Result<Nginx, NoNginx>,
    ) -> Result<Self, Failure> {
        let common = layout::with_copied_configuration(&template.common, &template.work)?;
        let deployment =
            |label: &str, program| Deployment { label: label.to_owned(), program, ..template.clone() };
        let store = |label: &str, layout: &Layout| -> Result<Deployment, Failure> {
            let program = Program::Topology(layout.topology(&common)?);
            Ok(Deployment { common: common.clone(), ..deployment(label, program) })
        };
        let rung = |deployment, adds: &str| Rung {
            subject: Box::new(deployment),
            adds: adds.to_owned(),
            branch_of: None,
            lacks: None,
            is_equivalent: true,
        };
        let reference =
            |label, program, adds| Rung { is_equivalent: false, ..rung(deployment(label, program), adds) };
        let together = |label, link| store(label, &Layout::together(link));
        let over_tcp = together(OVER_TCP, Some(Link::Tcp))?;
        let mut rungs = vec![
            reference("loopback echo", Program::Floor(Stage::Echo), "the kernel and the load generator"),
            reference("bare actix-web", Program::Floor(Stage::Answers), "a web framework"),
            reference("bare handlers", Program::Floor(Stage::Queries), "the database, and answers as JSON"),
            Rung {
                lacks: Some(PLAIN_LACKS),
                ..reference(PLAIN, Program::Plain, "a whole shop, stock by a join, limits, problems")
            },
            rung(together(MODULAR, None)?, "modules: contracts, a database each, a saga, events"),
            rung(together(IN_MEMORY, Some(Link::Memory))?, "HTTP between modules, on the same thread"),
            Rung {
                branch_of: Some(IN_MEMORY),
                ..rung(
                    together("links across threads", Some(Link::Thread))?,
                    "a change of thread for each call",
                )
            },
            rung(
                together("links over unix", Some(Link::Unix))?,
                "Unix sockets, and other workers if there are",
            ),
            rung(over_tcp.clone(), "TCP instead of Unix sockets"),
        ];
        let mut absent = Vec::new();
        match nginx {
            Ok(nginx) => rungs.push(nginx_before(over_tcp, nginx)),
            Err(missing) => absent.push(Absent { label: NGINX.to_owned(), why: missing.to_string() }),
        }
        rungs.extend([
            rung(store("gateway apart", &Layout::gateway_apart())?, "a gateway in a process of its own"),
            rung(
                store("modules apart", &Layout::modules_apart())?,
                "a process for every module, and discovery",
            ),
            rung(store(APART, &Layout::all_apart())?, "the event log in a process of its own"),
        ]);
        // In one process, where it costs a machine least to have it up beside all the others.
        let mut logging = together("everyday log", None)?;
        everyday_log.clone_into(&mut logging.log_filter);
        rungs.push(Rung { branch_of: Some(MODULAR), ..rung(logging, "the log of everyday operation") });
        // As many as the processes of the split have together: whether those gain by their number of threads alone.
        let workers = Layout::all_apart().topology(&common)?.services().len();
        let crowded = Deployment { workers: Some(workers), ..together("as many workers", None)? };
        rungs.push(Rung {
            branch_of: Some(MODULAR),
            ..rung(crowded, "as many worker threads as all processes of the split have")
        });
        let mut distributed = APART.to_owned();
        if let Some(second) = second.filter(|second| !layout::is_all_apart(second)) {
            second.name().clone_into(&mut distributed);
            let second = deployment(second.name(), Program::Topology(second.clone()));
            rungs.push(Rung {
                branch_of: Some(MODULAR),
                ..rung(second, "the second of the compared topologies")
            });
        }
        Ok(Self { measured: rungs, absent, distributed })
    }

    /// The rungs as the instrument takes them.
    pub(super) fn plans(&self) -> Vec<RungPlan<'_>> {
        self.measured.iter().map(Rung::plan).collect()
    }

    /// What is told of them: what modules cost, and what their distribution costs.
    pub(super) fn prices(&self) -> [CostPlan<'_>; 2] {
        [
            CostPlan { name: "the price of modularity", from: PLAIN, to: MODULAR },
            CostPlan { name: "the price of distribution", from: MODULAR, to: &self.distributed },
        ]
    }
}

/// The plain proxy before a store that is a rung itself.
fn nginx_before(store: Deployment, nginx: Nginx) -> Rung {
    let adds = format!("nginx {}, which passes requests on, in processes of its own", nginx.version());
    let work = store.work.clone();
    Rung {
        subject: Box::new(Proxied { label: NGINX.to_owned(), subject: store, nginx, work }),
        adds,
        branch_of: Some(OVER_TCP),
        lacks: Some(NGINX_LACKS),
        is_equivalent: true,
    }
}

/// The ladder of these rungs and prices.
pub(super) fn plan<'a>(
    rungs: &'a [RungPlan<'a>],
    absent: &'a [Absent],
    journeys: &'a [&'a dyn Journey],
    prices: &'a [CostPlan<'a>],
) -> LadderPlan<'a> {
    LadderPlan { rungs, absent, journeys, costs: prices, twin_of: MODULAR }
}
