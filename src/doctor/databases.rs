//! The databases of what is hosted: there, whole, at the state that this binary knows, and not locked by a stranger.

use std::sync::Arc;
use std::time::Duration;

use catalog::CurrencyError;
use cleave_core::{Clock as _, Context, Ids, SystemClock};
use cleave_db::{Database, DatabaseError, Migrations};
use cleave_events::{EventLog as _, EventLogError, ReadEvents, ReadRange, TableLog};
use cleave_events_nats::NatsLog;

use super::scope::Scope;
use super::system::program_of;
use super::{Check, Verdict};
use crate::house::MIGRATIONS;
use crate::process::{ProcessError, verify};

/// A larger database is not read as a whole: that takes too long for who waits.
const MOST_BYTES_TO_READ: u64 = 256 << 20;

/// A lock that is held at each of so many looks is held for long.
const LOOKS: u32 = 10;

const PAUSE: Duration = Duration::from_millis(50);

const MIGRATE: &str = "run `cleave data migrate`";

pub(super) async fn check(scope: &Scope<'_>) -> Vec<Check> {
    if let Some(unknown) = scope.unknown("the databases") {
        return vec![unknown];
    }
    if scope.is_new() {
        return vec![Check::warning("databases", "there are none yet", "`cleave up` makes them, with goods")];
    }
    let mut checks = Vec::new();
    let is_here = |module: &str| scope.hosts(module) && scope.settings.has_database(module);
    for (module, migrations) in MIGRATIONS.iter().filter(|(module, _)| is_here(module)) {
        checks.extend(of_module(scope, module, migrations).await);
    }
    checks.extend(nats(scope).await);
    if checks.is_empty() {
        checks.push(Check::ok("databases", "the service needs none"));
    }
    checks
}

async fn of_module(scope: &Scope<'_>, module: &'static str, migrations: &Migrations) -> Vec<Check> {
    let place = match scope.settings.database(module, 1) {
        Ok(place) => place,
        Err(error) => return vec![Check::refused(module, &error)],
    };
    let database = match Database::look_at(module, &place).await {
        Ok(database) => database,
        Err(error) => return vec![unopened(scope, module, &error)],
    };
    let mut checks = vec![content(scope, &database, migrations).await];
    if module == "events" && checks.iter().all(|check| check.verdict == Verdict::Ok) {
        checks.extend(events(&database).await);
    }
    database.close().await;
    if let Some(holder) = long_writer(&database).await {
        let (pid, program) = (holder, program_of(holder));
        checks.push(Check::wrong(
            format!("writers of {module}"),
            format!("{program} (pid {pid}) keeps other writers out: each waits 5 s and fails"),
            format!("end its transaction, or the process: `kill {pid}`"),
        ));
    }
    checks
}

async fn content(scope: &Scope<'_>, database: &Database, migrations: &Migrations) -> Check {
    let module = database.module();
    let bytes = database.bytes();
    let is_small = bytes.is_none_or(|bytes| bytes <= MOST_BYTES_TO_READ);
    if is_small {
        let damage = database.damage().await;
        if let Some(damage) = damage.unwrap_or_else(|error| Some(error.to_string())) {
            let mend = "stop the store and restore the file from a copy; until then write nothing to it";
            return Check::wrong(module, format!("{} is damaged: {damage}", database.url()), mend);
        }
    }
    match verify(database, migrations, scope.settings).await {
        Err(ProcessError::Database(error)) => unfit(scope, module, &error),
        Err(ProcessError::Currency(CurrencyError::Mismatch { stored, configured, .. })) => Check::wrong(
            module,
            format!("its prices are in {stored}, and catalog.currency is {configured}"),
            format!("set catalog.currency to {stored}, or start with an empty data directory"),
        ),
        Err(error) => Check::refused(module, &error),
        Ok(()) => match bytes {
            Some(bytes) if !is_small => Check::not_checked(
                module,
                format!(
                    "its tables are up to date; it has {} MiB, too much to look for damage here",
                    bytes >> 20
                ),
                format!("to look for damage, run `PRAGMA quick_check` on {}", database.url()),
            ),
            Some(bytes) => Check::ok(module, format!("whole and up to date, {} KiB", bytes >> 10)),
            None => Check::ok(module, format!("up to date, at {}", database.url())),
        },
    }
}

/// The events themselves, where the log's tables are sound and small enough to be read.
async fn events(database: &Database) -> Option<Check> {
    let damages = TableLog::new(database.clone(), Arc::new(SystemClock)).damages().await;
    match damages {
        Ok(damages) if damages.is_empty() => None,
        Ok(damages) => {
            let found = damages.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Some(Check::wrong(
                "events of the log",
                found,
                "run `cleave events rebuild`, also while the store runs",
            ))
        }
        Err(error) => Some(Check::refused("events of the log", &error)),
    }
}

/// The event log, where NATS keeps it: whether it answers, and, where it is small enough to be read, whether it is whole.
async fn nats(scope: &Scope<'_>) -> Option<Check> {
    const WHAT: &str = "event log";
    let log = NatsLog::new(scope.settings.nats()?, Arc::new(SystemClock));
    let version = match log.ping().await {
        Ok(version) => version,
        Err(error) => return Some(Check::refused(WHAT, &error)),
    };
    let found = format!("NATS {version} at {}", log.server());
    Some(match whole(&log).await {
        Ok(None) => Check::ok(WHAT, found),
        Ok(Some(bytes)) => Check::not_checked(
            WHAT,
            format!("{found} answers; it has {} MiB, too much to look for damage here", bytes >> 20),
            "to look for damage, run `cleave data audit`",
        ),
        Err(error @ EventLogError::Damaged { .. }) => Check::refused(WHAT, &error),
        Err(error) => Check::wrong(WHAT, format!("{found}: {error}"), "see the log of NATS"),
    })
}

/// Reads all topics; tells how large they are where that is too much.
async fn whole(log: &NatsLog) -> Result<Option<u64>, EventLogError> {
    let clock = Arc::new(SystemClock);
    let ids = Ids::from_system(clock.clone());
    let context = || Context::background(&ids, clock.instant() + Duration::from_secs(10));
    let topics = log.topics(&context()).await?;
    let bytes = topics.iter().filter_map(|it| u64::try_from(it.bytes).ok()).sum::<u64>();
    if bytes > MOST_BYTES_TO_READ {
        return Ok(Some(bytes));
    }
    for status in topics {
        let mut after = status.first_offset - 1;
        while after < status.last_offset {
            let range = ReadRange { after, limit: 1_000, wait_ms: 0 };
            let events = log.read(&context(), ReadEvents { topic: status.topic.clone(), range }).await?;
            // Cut meanwhile.
            let Some(last) = events.last() else { break };
            after = last.offset;
        }
    }
    Ok(None)
}

fn unopened(scope: &Scope<'_>, module: &'static str, error: &DatabaseError) -> Check {
    match error {
        DatabaseError::Open { url, source, .. } if scope.settings.has_database_users() => Check::wrong(
            module,
            format!("{url} cannot be opened: {source}"),
            format!(
                "see that the server runs and that database.url is right; {MIGRATE} where it has not been prepared"
            ),
        ),
        DatabaseError::Absent { url, .. } => Check::wrong(
            module,
            format!("{url} is not there, or empty"),
            format!("restore the file from a copy, or correct database.url; {MIGRATE} for an empty one"),
        ),
        DatabaseError::Open { url, source, .. } => Check::wrong(
            module,
            format!("{url} cannot be opened: {source}"),
            "restore the file from a copy, give it to the user who runs the store, or correct database.url",
        ),
        DatabaseError::JournalAlone { url, .. } => Check::not_checked(
            module,
            format!("{url} has a journal that cannot be read without writing"),
            "start the store: it reads the journal",
        ),
        _ => Check::refused(module, error),
    }
}

fn unfit(scope: &Scope<'_>, module: &'static str, error: &DatabaseError) -> Check {
    match error {
        DatabaseError::Outdated { url, .. } => {
            let found = format!("{url} is older than this binary");
            if scope.is_prepared_by_up() {
                Check::warning(module, found, format!("`cleave up` brings it up to date, or {MIGRATE}"))
            } else {
                Check::wrong(module, found, MIGRATE)
            }
        }
        DatabaseError::NewerThanBinary { url, found, known, .. } => Check::wrong(
            module,
            format!("{url} has migration {found}, and this binary knows no later one than {known}"),
            "run the newer binary that made it, or restore an older copy",
        ),
        _ => Check::refused(module, error),
    }
}

/// A stranger that writes for longer than any step of the store. Processes of this program write one short
/// transaction after the other.
async fn long_writer(database: &Database) -> Option<u32> {
    let own_program = program_of(std::process::id());
    let stranger = || database.writing_process().filter(|pid| program_of(*pid) != own_program);
    let first = stranger()?;
    for _ in 1..LOOKS {
        tokio::time::sleep(PAUSE).await;
        if stranger() != Some(first) {
            return None;
        }
    }
    Some(first)
}
