//! The data of one store: a folder with databases and keys that goes with its test.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog_api::Product;
use cleave::journeys::Shelf;
use cleave::provision::{self, Goods};
use cleave::settings::Settings;
use cleave_auth::{Claims, TokenIssuer};
use cleave_core::{Clock as _, Ids, ManualClock, SystemClock, Timestamp, User};
use cleave_db::testing::throwaway_server;
use cleave_events_nats::testing::NatsServer;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::topologies;

/// A store's data and settings, and nothing that runs.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) ids: Arc<Ids>,
    folder: TempDir,
    /// What keeps its event log, where that is no table.
    pub(crate) nats: Option<NatsServer>,
}

impl Store {
    /// Keys and empty tables.
    pub(crate) fn empty() -> Self {
        Self::with_settings(&[])
    }

    /// The same with some settings, by key and value.
    pub(crate) fn with_settings(settings: &[(&'static str, &str)]) -> Self {
        Self::bare(settings).provisioned()
    }

    fn provisioned(self) -> Self {
        provision::create_keys(&self.settings).expect("keys can be made");
        runtime().block_on(provision::migrate(&self.settings)).expect("the tables can be made");
        self
    }

    /// Keys, tables and the goods that come with the program, under the same ids each time.
    pub(crate) fn stocked() -> Self {
        Self::empty().with_goods()
    }

    /// Another store with the same keys and the same goods, on PostgreSQL.
    pub(crate) fn stocked_on_postgres(&self) -> Self {
        let copy = Self::bare(&[("database.url", &throwaway_server().new_database())]);
        copy_folder(&self.settings.keys_dir(), &copy.settings.keys_dir());
        copy.provisioned().with_goods()
    }

    /// Another store with the same keys and the same goods, whose event log is in a NATS of its own.
    pub(crate) fn stocked_on_nats(&self) -> Self {
        let server = NatsServer::new();
        let mut copy = Self::bare(&[("events.url", &server.url())]);
        copy.nats = Some(server);
        copy_folder(&self.settings.keys_dir(), &copy.settings.keys_dir());
        copy.provisioned().with_goods()
    }

    fn with_goods(self) -> Self {
        let opening = Timestamp::from_micros(1_790_000_000_000_000);
        let clock = Arc::new(ManualClock::new(opening));
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let seeding = provision::seed(&self.settings, clock, ids, Goods::Bundled, |_| {});
        runtime().block_on(seeding).expect("the goods can be brought in");
        self
    }

    /// Another store with the same data, of which nothing may be running.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::bare(&[]);
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    fn bare(settings: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("cleave-it-").tempdir().expect("a temporary folder");
        let data_dir = folder.path().to_str().expect("a temporary folder has a plain name");
        let usual = [
            ("data_dir", data_dir),
            ("public.port", "0"),
            ("internal.port", "0"),
            ("server.workers", "1"),
            ("server.drain_seconds", "1"),
            // What is waited for often: let it be quick.
            ("payments.slow_ms", "200"),
            // A busy machine must not make an answer another one.
            ("orders.answer_within_ms", "8000"),
            ("orders.recovery_interval_ms", "50"),
            ("notifications.send_interval_ms", "50"),
        ];
        let flags = usual.iter().chain(settings).map(|(key, value)| (*key, (*value).to_owned()));
        let flags = flags.collect::<Vec<_>>();
        let settings = Settings::load(&topologies::config(), None, &flags).expect("the settings are valid");
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_system(clock.clone()));
        Self { settings, clock, ids, folder, nats: None }
    }

    /// Everything that is for sale, in the order of the list.
    pub(crate) fn products(&self) -> Vec<Product> {
        let products = provision::products(&self.settings, self.clock.clone(), self.ids.clone());
        runtime().block_on(products).expect("the products can be read")
    }

    /// The same as a journey has to know it.
    pub(crate) fn shelf(&self) -> Shelf {
        let products = self.products().into_iter();
        Shelf::of(products.map(|product| (product.id.to_string(), product.category)))
    }

    /// Somebody with a new account, as the modules see them.
    pub(crate) fn identity(&self, admin: bool) -> User {
        let (account_id, issued_at) = (self.ids.next(), self.clock.now());
        let expires_at_s = issued_at.plus(Duration::from_hours(1)).as_unix_seconds();
        let access_token = self.issue(account_id, admin, issued_at.as_unix_seconds(), expires_at_s);
        User { account_id: account_id.into(), admin, access_token: access_token.into() }
    }

    /// The access token of a new account.
    pub(crate) fn access_token(&self, admin: bool) -> String {
        self.identity(admin).access_token.to_string()
    }

    /// An admin's access token that was good until a second ago.
    pub(crate) fn expired_token(&self) -> String {
        let now_s = self.clock.now().as_unix_seconds();
        self.issue(self.ids.next(), true, now_s - 3_600, now_s - 1)
    }

    fn issue(&self, account_id: Uuid, admin: bool, issued_at_s: u64, expires_at_s: u64) -> String {
        let issuer = TokenIssuer::load(&self.settings.signing_key_file()).expect("the key is there");
        issuer.issue(&Claims { account_id, admin, issued_at_s, expires_at_s })
    }
}

/// Where a test waits for what is not HTTP.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the copy's folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
