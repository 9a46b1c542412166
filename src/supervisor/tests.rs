//! Whole fleets of small shell scripts that speak the protocol.

use std::future::Future;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::*;

/// Set in the process that `a_killed_parent_leaves_no_orphan` starts in order to kill it.
const PARENT_TO_BE_KILLED: &str = "SUPERVISOR_TEST_PARENT_TO_BE_KILLED";

/// Reports an address made from its pid, so that each incarnation has another one.
const LISTEN: &str = r#"
    a="127.0.0.1:$(( $$ % 60000 + 1024 ))"
    echo "{\"report\":\"listening\",\"internal\":\"$a\",\"unix\":null,\"public\":$PUBLIC}"
"#;
/// Becomes ready with the first order, logs each order, and ends with its input, as a supervised process
/// shall.
const SERVE: &str = r#"
    read -r order && echo '{"report":"ready"}' && echo "got $order" >&2
    while read -r order; do echo "got $order" >&2; done
"#;
/// Neither the end of the input nor SIGTERM moves it.
const STUBBORN: &str = r#"trap "" TERM; echo deaf >&2; while :; do read -r never </dev/zero; done"#;

/// A fleet under construction: scripts instead of services, a directory, and its logs in memory.
struct World {
    directory: tempfile::TempDir,
    plan: FleetPlan,
    logs: Arc<MemoryLog>,
}

impl World {
    fn of(scripts: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the run file");
        let (sink, logs) = LogSink::memory();
        let plan = plan_of(scripts, &directory.path().join("run.json"), sink);
        Self { directory, plan, logs }
    }

    fn two_services() -> Self {
        Self::of(&[("gateway", well_behaved()), ("catalog", well_behaved())])
    }

    async fn start(&self) -> Result<Fleet, SupervisorError> {
        soon(Fleet::start(self.plan.clone())).await
    }

    async fn refusal(&self) -> String {
        self.start().await.err().expect("this fleet cannot start").to_string()
    }

    fn run_record(&self) -> Option<RunRecord> {
        RunRecord::read(&self.directory.path().join("run.json")).expect("the run file is whole")
    }

    /// Watches the fleet until its logs are as `wanted`.
    async fn watch_until(&self, fleet: &mut Fleet, wanted: impl Fn(&[String]) -> bool) {
        soon(async {
            tokio::select! {
                error = fleet.watch() => panic!("gave up: {error}"),
                () = self.logs.until(wanted) => {}
            }
        })
        .await;
    }
}

fn plan_of(scripts: &[(&str, String)], run_file: &Path, logs: LogSink) -> FleetPlan {
    let service = |(name, script): &(&str, String)| {
        let public = *name == "gateway";
        let address = if public { "\"127.0.0.1:8080\"" } else { "null" };
        ServicePlan {
            places: None,
            introduced: true,
            singular: None,
            name: (*name).to_owned(),
            replicas: 1,
            args: vec!["-c".to_owned(), script.clone()],
            env: vec![("PUBLIC".to_owned(), address.to_owned())],
            public,
        }
    };
    let services = scripts.iter().map(service).collect();
    let mut plan = FleetPlan::new("/bin/sh".into(), "test".to_owned(), services, run_file.to_owned(), logs);
    plan.arguments = |service, _| service.args.clone();
    plan
}

fn well_behaved() -> String {
    format!("{LISTEN}{SERVE}")
}

/// The deadline that every wait in these tests has.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it happens within 20 s")
}

fn pid_of(fleet: &Fleet, service: &str) -> u32 {
    let processes = fleet.processes();
    processes.iter().find(|process| process.service == service).expect("the service runs").pid
}

fn to_pid(pid: u32) -> Pid {
    i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a pid")
}

fn is_alive(pid: u32) -> bool {
    test_kill_process(to_pid(pid)).is_ok()
}

fn kill(pid: u32) {
    kill_process(to_pid(pid), Signal::KILL).expect("the process can be killed");
}

fn count(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

#[tokio::test]
async fn a_fleet_is_ready_when_all_know_each_other_and_its_end_leaves_nothing() {
    let mut world = World::two_services();
    world.plan.services[1].replicas = 2;
    let fleet = world.start().await.expect("the fleet starts");
    let processes = fleet.processes();
    let labels: Vec<&str> = processes.iter().map(|process| process.label.as_str()).collect();
    assert_eq!(labels, ["gateway", "catalog-1", "catalog-2"]);
    assert_eq!(fleet.public().to_string(), "127.0.0.1:8080");
    assert!(fleet.ready_in() > Duration::ZERO);

    let record = world.run_record().expect("a ready fleet has a run file");
    assert_eq!((record.topology.as_str(), record.pid), ("test", std::process::id()));
    assert_eq!(record.services["gateway"][0].pid, pid_of(&fleet, "gateway"));
    assert_eq!(record.services["catalog"].len(), 2);
    soon(world.logs.until(|lines| count(lines, "got {\"order\":\"peers\"") == 3)).await;
    let orders = world.logs.lines();
    assert!(orders[0].contains(&format!("\"tcp\":\"{}\"", processes[2].internal)), "{orders:?}");
    assert!(orders.iter().any(|line| line.starts_with("catalog-2 | got ")), "{orders:?}");

    soon(fleet.stop()).await;
    assert!(processes.iter().all(|process| !is_alive(process.pid)));
    assert_eq!(world.run_record(), None);
}

#[tokio::test]
async fn a_killed_process_is_reported_restarted_and_found_again_by_the_others() {
    let world = World::two_services();
    let mut fleet = world.start().await.expect("the fleet starts");
    let (before, gateway) = (pid_of(&fleet, "catalog"), pid_of(&fleet, "gateway"));

    kill(before);
    world.watch_until(&mut fleet, |lines| count(lines, "is back at") == 1).await;
    let after = fleet.processes()[1].clone();
    assert_ne!(after.pid, before);
    assert_eq!(pid_of(&fleet, "gateway"), gateway, "the others keep running");
    let told = |lines: &[String]| {
        let address = format!("\"catalog\":[{{\"tcp\":\"{}\"", after.internal);
        lines.iter().any(|line| line.starts_with("gateway | got ") && line.contains(&address))
    };
    soon(world.logs.until(told)).await;
    let report = format!("service `catalog` (pid {before}) died after ");
    let lines = world.logs.lines();
    let death = lines.iter().find(|line| line.contains(&report)).expect("the death is reported");
    assert!(death.contains("signal: 9 (SIGKILL); restarting it in 100 ms"), "{death}");
    assert_eq!(world.run_record().expect("the run file is there").services["catalog"][0].pid, after.pid);
    soon(fleet.stop()).await;
}

#[tokio::test]
async fn a_process_that_keeps_dying_ends_the_fleet_with_its_last_words() {
    let once = "test -e \"$RAN\" && { echo 'the disk is full' >&2; exit 7; }; : >\"$RAN\"";
    let mut world = World::of(&[("gateway", well_behaved()), ("catalog", format!("{once}{LISTEN}{SERVE}"))]);
    let ran = world.directory.path().join("ran").display().to_string();
    world.plan.services[1].env.push(("RAN".to_owned(), ran));
    world.plan.limits.first_pause = Duration::from_millis(1);
    let mut fleet = world.start().await.expect("the first time it starts");
    let gateway = pid_of(&fleet, "gateway");

    kill(pid_of(&fleet, "catalog"));
    let error = soon(fleet.watch()).await.to_string();
    assert!(error.contains("service `catalog` died 5 times within 60.0 s"), "{error}");
    assert!(
        error.contains("exit status: 7; everything is stopped; its last lines:\n  | the disk is full"),
        "{error}"
    );
    assert!(!is_alive(gateway));
}

#[tokio::test]
async fn a_restarted_process_that_does_not_become_ready_is_killed_and_counts_as_dead() {
    let once = "test -e \"$RAN\" && while read -r never; do :; done; : >\"$RAN\"";
    let mut world = World::of(&[("gateway", well_behaved()), ("catalog", format!("{once}{LISTEN}{SERVE}"))]);
    let ran = world.directory.path().join("ran").display().to_string();
    world.plan.services[1].env.push(("RAN".to_owned(), ran));
    world.plan.limits.ready_within = Duration::from_secs(2);
    world.plan.limits.deaths = 2;
    world.plan.limits.first_pause = Duration::from_millis(1);
    let mut fleet = world.start().await.expect("the first time it starts");

    kill(pid_of(&fleet, "catalog"));
    let error = soon(fleet.watch()).await.to_string();
    assert!(error.contains("died 2 times"), "{error}");
    assert_eq!(count(&world.logs.lines(), "was not ready within 2.0 s; killing it"), 1);
}

#[tokio::test]
async fn a_wrong_configuration_ends_the_start_at_once_with_its_message() {
    let message = "echo 'cannot listen on 127.0.0.1:8080: address in use' >&2; exit 2";
    let world = World::of(&[("gateway", message.to_owned()), ("catalog", well_behaved())]);
    let error = world.start().await.err().expect("this fleet cannot start");
    assert!(error.is_configuration());
    assert_eq!(
        error.to_string(),
        "service `gateway` cannot run with its configuration; its last lines:\n  \
         | cannot listen on 127.0.0.1:8080: address in use"
    );
    assert_eq!(world.run_record(), None);
}

#[tokio::test]
async fn a_restart_that_is_refused_is_not_repeated() {
    let once = "test -e \"$RAN\" && { echo 'port taken' >&2; exit 2; }; : >\"$RAN\"";
    let mut world = World::of(&[("gateway", format!("{once}{LISTEN}{SERVE}"))]);
    let ran = world.directory.path().join("ran").display().to_string();
    world.plan.services[0].env.push(("RAN".to_owned(), ran));
    let mut fleet = world.start().await.expect("the first time it starts");
    kill(pid_of(&fleet, "gateway"));
    let error = soon(fleet.watch()).await;
    assert!(error.is_configuration() && error.to_string().contains("port taken"), "{error}");
}

#[tokio::test]
async fn an_early_end_says_who_how_and_why() {
    let world = World::of(&[("gateway", well_behaved()), ("catalog", "echo oh no >&2; exit 3".to_owned())]);
    let error = world.refusal().await;
    assert!(error.contains("service `catalog` (pid "), "{error}");
    assert!(
        error.ends_with("ended before it was ready, exit status: 3; its last lines:\n  | oh no"),
        "{error}"
    );
}

#[tokio::test]
async fn the_deadline_names_those_who_do_not_listen_and_kills_the_stubborn() {
    let mut world = World::of(&[("gateway", well_behaved()), ("catalog", STUBBORN.to_owned())]);
    world.plan.limits.ready_within = Duration::from_secs(2);
    world.plan.limits.stop_within = Duration::from_millis(100);
    let error = world.refusal().await;
    assert_eq!(error, "service `catalog`: not listening within 2.0 s; its last lines:\n  | catalog: deaf");
    assert_eq!(count(&world.logs.lines(), "service `catalog` (pid "), 1);
}

#[tokio::test]
async fn the_deadline_names_those_who_listen_but_are_not_ready() {
    let idle = "while read -r order; do :; done";
    let mut world = World::of(&[("gateway", well_behaved()), ("catalog", format!("{LISTEN}{idle}"))]);
    world.plan.limits.ready_within = Duration::from_secs(2);
    assert_eq!(world.refusal().await, "service `catalog`: not ready within 2.0 s; it logged nothing");
}

#[tokio::test]
async fn the_public_service_is_gone_before_the_others_are_asked_to_stop() {
    let script = format!("trap '' TERM\n{LISTEN}{SERVE}\necho stopped >&2");
    let world = World::of(&[("catalog", script.clone()), ("gateway", script.clone()), ("inventory", script)]);
    let fleet = world.start().await.expect("the fleet starts");
    soon(fleet.stop()).await;
    let lines = world.logs.lines();
    let stopped: Vec<&String> = lines.iter().filter(|line| line.ends_with("| stopped")).collect();
    assert_eq!(stopped.len(), 3, "{lines:?}");
    assert!(stopped[0].starts_with("gateway "), "{lines:?}");
}

#[tokio::test]
async fn a_second_signal_kills_at_once() {
    let stubborn = r#"trap "" TERM; read -r order; echo '{"report":"ready"}'"#;
    let world =
        World::of(&[("gateway", well_behaved()), ("catalog", format!("{LISTEN}{stubborn}\n{STUBBORN}"))]);
    let fleet = world.start().await.expect("the fleet starts");
    let catalog = pid_of(&fleet, "catalog");
    soon(fleet.stop_or_kill(std::future::ready(()))).await;
    assert!(!is_alive(catalog));
}

#[tokio::test]
async fn a_dropped_fleet_takes_its_processes_along() {
    let world = World::two_services();
    let fleet = world.start().await.expect("the fleet starts");
    let pids: Vec<u32> = fleet.processes().iter().map(|process| process.pid).collect();
    drop(fleet);
    soon(until_gone(&pids)).await;
    assert_eq!(world.run_record(), None);
}

#[tokio::test]
async fn exactly_one_process_opens_the_public_listener() {
    let world = World::of(&[("catalog", well_behaved())]);
    assert!(world.refusal().await.contains("has 0 processes with the public listener"));
    let mut world = World::two_services();
    world.plan.services[0].replicas = 2;
    assert!(world.refusal().await.contains("has 2 processes with the public listener"));
}

#[tokio::test]
async fn a_public_service_must_say_where_it_is() {
    let mut world = World::two_services();
    world.plan.services[0].env[0].1 = "null".to_owned();
    assert_eq!(world.refusal().await, "service `gateway` is ready but reported no public address");
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let mut world = World::two_services();
    world.plan.executable = "/does/not/exist".into();
    assert_eq!(world.refusal().await, "cannot start service `gateway`: running /does/not/exist failed");
}

#[tokio::test]
async fn wild_output_harms_nobody() {
    let wild = r"printf 'a\377b\n' >&2; head -c 200000 /dev/zero | tr '\0' Q >&2; echo >&2; echo 'no report'";
    let world = World::of(&[("gateway", format!("{wild}\n{LISTEN}{SERVE}"))]);
    let fleet = world.start().await.expect("the fleet starts");
    soon(world.logs.until(|lines| count(lines, "gateway | no report") == 1)).await;
    soon(world.logs.until(|lines| count(lines, "got ") == 1)).await;
    let lines = world.logs.lines();
    assert_eq!(count(&lines, "gateway | a\u{fffd}b"), 1);
    assert_eq!(lines.iter().map(|line| line.matches('Q').count()).sum::<usize>(), 200_000);
    soon(fleet.stop()).await;
}

#[test]
fn the_ordinary_command_line_is_serve_with_the_services_own_arguments() {
    let (sink, _logs) = LogSink::memory();
    let plan = plan_of(&[("catalog", "x".to_owned())], Path::new("run.json"), sink);
    assert_eq!(
        serve_arguments(&plan.services[0], 1),
        ["serve", "--service", "catalog", "--supervised", "1", "-c", "x"]
    );
}

/// Runs itself once more as a parent with two children, and kills that parent.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the environment tells which of the two processes this is")]
async fn a_killed_parent_leaves_no_orphan() {
    let Some(directory) = std::env::var_os(PARENT_TO_BE_KILLED) else {
        let directory = tempfile::tempdir().expect("a directory for the run file");
        let run_file = directory.path().join("run.json");
        let mut parent = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["--exact", "supervisor::tests::a_killed_parent_leaves_no_orphan"])
            .env(PARENT_TO_BE_KILLED, directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("this program can be started");
        let record = soon(until(|| RunRecord::read(&run_file).expect("the run file is whole"))).await;
        let pids: Vec<u32> = record.services.values().flatten().map(|process| process.pid).collect();
        assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(*pid)));

        parent.kill().and_then(|()| parent.wait()).expect("the parent can be killed");
        soon(until_gone(&pids)).await;
        assert!(!record.is_alive(), "the record that is left counts as stale");
        return;
    };
    let (sink, _logs) = LogSink::memory();
    let scripts = [("gateway", well_behaved()), ("catalog", well_behaved())];
    let plan = plan_of(&scripts, &Path::new(&directory).join("run.json"), sink);
    let mut fleet = Fleet::start(plan).await.expect("the fleet starts");
    fleet.watch().await;
}

async fn until_gone(pids: &[u32]) {
    until(|| pids.iter().all(|pid| !is_alive(*pid)).then_some(())).await;
}

/// Looks every few milliseconds: nothing tells of a process that is not one's own child.
async fn until<T>(condition: impl Fn() -> Option<T>) -> T {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    loop {
        looks.tick().await;
        if let Some(value) = condition() {
            return value;
        }
    }
}
