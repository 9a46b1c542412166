//! What a store needs before its first process starts: keys, tables, goods.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accounts::AdminError;
use catalog::seed::{self, SeedProduct};
use catalog_api::rest::CatalogAdapter;
use catalog_api::{ListProducts, Product};
use cleave_auth::{
    Claims, KeyFileError, RegistrationKeys, ServiceCredential, TokenIssuer, load_or_create_secret,
};
use cleave_core::{AccountId, Clock, Context, IdempotencyKey, Ids, MAX_PAGE_SIZE, Page, SystemClock};
use cleave_db::{CopiedTable, CopyError, Database};
use cleave_events_nats::{NatsError, NatsLog};
use inventory_api::{Inventory as _, ReceiveStock};
use rand::Rng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::audit::{self, AuditError, Finding};
use crate::compose::{Cell, placed};
use crate::house::{HOUSE, MIGRATIONS, TOPICS};
use crate::process::{Process, ProcessError};
use crate::settings::Settings;
use crate::topology::Topology;

/// How long the token of `cleave data seed` is good for.
const ADMIN_TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 30);

/// How long one step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(30);

/// How long what was told may take to arrive: a million products tell a million times.
const SETTLING_DEADLINE: Duration = Duration::from_hours(1);

/// How many products are written in one transaction.
const BATCH: usize = 1_000;

/// A store cannot be provisioned.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The parts of the store cannot be put together.
    #[error(transparent)]
    Compose(#[from] ProcessError),
    /// There is no directory for data, and none can be made.
    #[error("the data directory {} cannot be made; choose another one with --data-dir", directory.display())]
    DataDirectory {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no directory for data yet.
    #[error(
        "there is no data directory {}: run `cleave data migrate` first, or name another one with --data-dir",
        directory.display()
    )]
    NoDataDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// NATS cannot keep the event log.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The account with admin rights cannot be had.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Data cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The store cannot be audited.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A module refused its goods.
    #[error("{module} refused the goods ({code}): {reason}")]
    Refused {
        /// Which module.
        module: &'static str,
        /// The code of its error.
        code: &'static str,
        /// The error in words.
        reason: String,
    },
}

impl From<KeyFileError> for ProvisionError {
    fn from(error: KeyFileError) -> Self {
        Self::Compose(error.into())
    }
}

impl From<cleave_db::DatabaseError> for ProvisionError {
    fn from(error: cleave_db::DatabaseError) -> Self {
        Self::Compose(error.into())
    }
}

/// Which goods to bring in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    /// The catalogue that comes with the program.
    Bundled,
    /// So many generated products, the same for the same seed.
    Generated {
        /// How many.
        count: u64,
        /// The seed.
        seed: u64,
    },
}

impl ProvisionError {
    /// Whether the command line or the configuration is to blame, which is exit code 2 of a command.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Compose(_) | Self::Nats(_) | Self::DataDirectory { .. } | Self::NoDataDirectory { .. }
        )
    }
}

/// Refuses a data directory that nobody has prepared.
pub fn require_data_directory(settings: &Settings) -> Result<(), ProvisionError> {
    if settings.data_dir.is_dir() {
        return Ok(());
    }
    Err(ProvisionError::NoDataDirectory { directory: settings.data_dir.clone() })
}

/// Makes the data directory and the keys that are missing: the one that signs users' tokens, the services' own
/// secret, and the passwords of the modules' database users, where the engine has users.
pub fn create_keys(settings: &Settings) -> Result<(), ProvisionError> {
    std::fs::create_dir_all(&settings.data_dir)
        .map_err(|source| ProvisionError::DataDirectory { directory: settings.data_dir.clone(), source })?;
    let mut random = UnwrapErr(SysRng);
    TokenIssuer::load_or_create(&settings.signing_key_file(), &mut random)?;
    ServiceCredential::load_or_create(&settings.credential_file(), &mut random)?;
    RegistrationKeys::load_or_create(&settings.registry_secret_file(), &mut random)?;
    if settings.has_database_users() {
        for (module, _) in MIGRATIONS {
            load_or_create_secret(&settings.database_password_file(module), &mut random)?;
        }
    }
    Ok(())
}

/// Makes the registration keys of a topology's services that are missing.
pub fn create_registration_keys(settings: &Settings, topology: &Topology) -> Result<(), ProvisionError> {
    let keys = RegistrationKeys::load(&settings.registry_secret_file())?;
    for service in topology.services() {
        keys.store_key_of(&service.name, &settings.registration_key_file(&service.name))?;
    }
    Ok(())
}

/// Makes the places of the modules' databases that are missing, and brings every module's tables to the state that this binary
/// knows; where NATS keeps the event log, its streams too.
pub async fn migrate(settings: &Settings) -> Result<(), ProvisionError> {
    if let Some(nats) = settings.nats() {
        NatsLog::new(nats, Arc::new(SystemClock)).prepare(TOPICS).await?;
    }
    for (module, migrations) in MIGRATIONS.iter().filter(|(module, _)| settings.has_database(module)) {
        let place = settings.database(module, 1)?;
        Database::prepare(module, &place).await?;
        let database = Database::open(module, &place).await?;
        database.migrate(migrations).await?;
        database.close().await;
    }
    Ok(())
}

/// The account with admin rights, opened where it is not there yet, with a password that is told only then.
#[derive(Debug)]
pub struct Admin {
    /// Whose account it is.
    pub account_id: AccountId,
    /// The password of a new account.
    pub password: Option<String>,
}

/// The e-mail address of the account with admin rights that `cleave data seed` opens.
pub const ADMIN_EMAIL: &str = "admin@cleave.example";

/// Opens the account with admin rights: nothing else can.
pub async fn ensure_admin(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
) -> Result<Admin, ProvisionError> {
    let cell = open_store(settings, clock, ids).await?;
    let accounts = cell.accounts.as_ref().expect("the whole store hosts the accounts");
    let mut secret = [0; 18];
    UnwrapErr(SysRng).fill_bytes(&mut secret);
    let password = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    });
    let before = accounts.has_account(ADMIN_EMAIL).await;
    let ensured = accounts.ensure_admin(&context(&cell), ADMIN_EMAIL, password.clone()).await;
    close(&cell).await;
    let is_new = !before.map_err(|error| refused("accounts", &error))?;
    Ok(Admin { account_id: ensured?, password: is_new.then_some(password) })
}

/// A token for the account with admin rights, for development.
pub fn admin_token(
    settings: &Settings,
    clock: &dyn Clock,
    account_id: AccountId,
) -> Result<String, ProvisionError> {
    let issuer = TokenIssuer::load(&settings.signing_key_file())?;
    let issued_at = clock.now();
    Ok(issuer.issue(&Claims {
        account_id: account_id.as_uuid(),
        admin: true,
        issued_at_s: issued_at.as_unix_seconds(),
        expires_at_s: issued_at.plus(ADMIN_TOKEN_LIFETIME).as_unix_seconds(),
    }))
}

/// Brings goods into the catalogue and the inventory. What is there already, by its SKU, stays as it is.
/// `progress` hears after each batch how many have been handled.
pub async fn seed(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    goods: Goods,
    progress: impl FnMut(u64),
) -> Result<u64, ProvisionError> {
    let cell = open_store(settings, clock, ids).await?;
    let outcome = match goods {
        Goods::Bundled => import(&cell, seed::bundled().into_iter(), progress).await,
        Goods::Generated { count, seed } => import(&cell, seed::generated(count, seed), progress).await,
    };
    let settled = settle(&cell).await;
    close(&cell).await;
    outcome.and_then(|handled| settled.map(|()| handled))
}

/// Books so many more units of every product.
pub async fn receive(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    units: i64,
) -> Result<(), ProvisionError> {
    let all = products(settings, clock.clone(), ids.clone()).await?;
    let cell = open_store(settings, clock, ids).await?;
    let inventory = cell.inventory.clone().expect("the whole store hosts the inventory");
    for product in all {
        let context = context(&cell);
        let key =
            IdempotencyKey::parse(context.request_id.as_str()).expect("a request's id is fit for a key");
        let request = ReceiveStock { product_id: product.id, quantity: units };
        let received = inventory.receive_stock(&context.with_key(key), request).await;
        received.map_err(|error| refused("inventory", &error))?;
    }
    let settled = settle(&cell).await;
    close(&cell).await;
    settled
}

/// Carries what was told to whom it concerns, so that a store that starts has nothing left to do.
async fn settle(cell: &Cell) -> Result<(), ProvisionError> {
    let failed = |error: cleave_events::EventLogError| refused("events", &error);
    let process = cell.process();
    let context = Context::background(&process.ids, process.clock.instant() + SETTLING_DEADLINE);
    for relay in cell.relays() {
        relay.step(&context).await.map_err(failed)?;
    }
    for consumer in cell.consumers() {
        while consumer.step(&context, Duration::ZERO).await.map_err(failed)? > 0 {}
    }
    Ok(())
}

/// Whether the catalogue has no product at all.
pub async fn is_empty(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
) -> Result<bool, ProvisionError> {
    let cell = open_store(settings, clock, ids).await?;
    let page = list(&cell, ListProducts { limit: Some(1), ..ListProducts::default() }).await;
    close(&cell).await;
    Ok(page?.items.is_empty())
}

/// All products, in the order of the list.
pub async fn products(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
) -> Result<Vec<Product>, ProvisionError> {
    let cell = open_store(settings, clock, ids).await?;
    let mut products = Vec::new();
    let mut cursor = None;
    let outcome = loop {
        let request = ListProducts { limit: Some(MAX_PAGE_SIZE), cursor, ..ListProducts::default() };
        match list(&cell, request).await {
            Err(error) => break Err(error),
            Ok(page) => {
                products.extend(page.items);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break Ok(products);
                }
            }
        }
    };
    close(&cell).await;
    outcome
}

/// Copies the data of these modules (and `events`, the log, but for one that NATS keeps) from one place to another, where it makes what is missing; tells
/// what was copied. Nothing may run on either. `progress` hears module, table and rows so far.
pub async fn copy(
    from: &Settings,
    to: &Settings,
    is_wanted: impl Fn(&str) -> bool,
    mut progress: impl FnMut(&str, &str, u64),
) -> Result<Vec<(&'static str, CopiedTable)>, ProvisionError> {
    create_keys(to)?;
    let mut copied = Vec::new();
    let has_database = |module: &str| from.has_database(module) && to.has_database(module);
    let wanted = MIGRATIONS.iter().filter(|(module, _)| is_wanted(module) && has_database(module));
    for (module, migrations) in wanted {
        // A look makes and changes nothing.
        let source = Database::look_at(module, &from.database(module, 1)?).await?;
        source.verify(migrations).await?;
        let place = to.database(module, 1)?;
        Database::prepare(module, &place).await?;
        let target = Database::open(module, &place).await?;
        target.migrate(migrations).await?;
        let tables = source.copy_to(&target, |table, rows| progress(module, table, rows)).await;
        source.close().await;
        target.close().await;
        copied.extend(tables?.into_iter().map(|table| (*module, table)));
    }
    Ok(copied)
}

/// Whether what must always be true of a store is true of this one.
pub async fn audit(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
) -> Result<Vec<Finding>, ProvisionError> {
    let cell = open_store(settings, clock, ids).await?;
    let findings = audit::audit(&cell).await;
    close(&cell).await;
    Ok(findings?)
}

async fn list(cell: &Cell, request: ListProducts) -> Result<Page<Product>, ProvisionError> {
    let page = cell.reach::<CatalogAdapter>("gateway").list_products(&context(cell), request).await;
    page.map_err(|error| refused("catalog", &error))
}

fn context(cell: &Cell) -> Context {
    let process = cell.process();
    Context::background(&process.ids, process.clock.instant() + STEP_DEADLINE)
}

/// The whole store in this thread, without a listener.
pub async fn open_store(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
) -> Result<std::rc::Rc<Cell>, ProvisionError> {
    let parts = HOUSE.roles.iter().chain(HOUSE.modules).copied().collect::<Vec<_>>();
    let topology =
        Topology::from_notation(&parts.join("+"), &HOUSE).expect("one group of everything is valid");
    let (topology, _) = placed(topology, settings);
    let service = topology.services().first().expect("it has one service").clone();
    // Everything is in this process: there is nobody to find.
    let settings = Settings { peers: BTreeMap::new(), ..settings.clone() };
    let process = Process::prepare(settings, topology, service, clock, ids).await?;
    Ok(Cell::build(&process))
}

/// Closes what [`open_store`] opened.
pub async fn close(cell: &Cell) {
    for database in cell.process().databases() {
        database.close().await;
    }
}

async fn import(
    cell: &Cell,
    goods: impl Iterator<Item = SeedProduct>,
    mut progress: impl FnMut(u64),
) -> Result<u64, ProvisionError> {
    let catalog = cell.catalog.as_ref().expect("the whole store hosts the catalogue");
    let inventory = cell.inventory.as_ref().expect("the whole store hosts the inventory");
    let mut goods = goods.peekable();
    let mut handled = 0;
    while goods.peek().is_some() {
        let batch = goods.by_ref().take(BATCH).collect::<Vec<_>>();
        let ids = catalog.import_products(&batch).await.map_err(|error| refused("catalog", &error))?;
        let levels = ids.into_iter().zip(batch.iter().map(|product| product.stock)).collect::<Vec<_>>();
        let context = context(cell);
        inventory.import_stock(&context, &levels).await.map_err(|error| refused("inventory", &error))?;
        handled += batch.len() as u64;
        progress(handled);
    }
    Ok(handled)
}

fn refused(module: &'static str, error: &impl cleave_core::ContractError) -> ProvisionError {
    ProvisionError::Refused { module, code: error.code(), reason: error.to_string() }
}
