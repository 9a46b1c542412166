//! The composition root: what a process is made of. Local or remote is decided here and nowhere else.
//!
//! A [`Cell`] is the object graph of one thread, on top of the [`Process`] that all its threads share. Building
//! one starts nothing.

mod hosted;

use std::rc::Rc;
use std::sync::Arc;

use accounts::LocalAccounts;
use accounts_api::rest::AccountsAdapter;
use cart::LocalCart;
use cart_api::rest::CartAdapter;
use catalog::{FollowStock, LocalCatalog};
use catalog_api::rest::CatalogAdapter;
use cleave_discovery::Registry;
use cleave_discovery::rest::RegistryAdapter;
use cleave_events::rest::EventLogAdapter;
use cleave_events::{Consumer, Reaction, Relay, Retention};
use inventory::LocalInventory;
use inventory_api::rest::InventoryAdapter;
use notifications::{LocalNotifications, TellOfAccounts, TellOfOrders};
use notifications_api::rest::NotificationsAdapter;
use orders::LocalOrders;
use orders_api::rest::OrdersAdapter;
use payments::LocalPayments;
use payments_api::rest::PaymentsAdapter;

use self::hosted::Hosted;
use crate::process::Process;

pub use self::hosted::{Way, placed};

/// The object graph of one thread.
pub struct Cell {
    process: Arc<Process>,
    /// What this process hosts, callees before their callers.
    hosted: Vec<Hosted>,
    /// What others than the processes of the store host, and each of these reaches by itself.
    attached: Vec<Hosted>,
    relays: Vec<Relay>,
    retentions: Vec<Retention>,
    consumers: Vec<Consumer>,
    /// The catalogue, where this process hosts it.
    pub catalog: Option<Rc<LocalCatalog>>,
    /// The inventory, where this process hosts it.
    pub inventory: Option<Rc<LocalInventory>>,
    /// The accounts, where this process hosts them.
    pub accounts: Option<Rc<LocalAccounts>>,
    /// The orders, where this process hosts them.
    pub orders: Option<Rc<LocalOrders>>,
    /// The notifications, where this process hosts them.
    pub notifications: Option<Rc<LocalNotifications>>,
}

impl Cell {
    /// Builds what the process hosts, callees before their callers.
    pub fn build(process: &Arc<Process>) -> Rc<Self> {
        let mut cell = Self::empty(process);
        let Process { settings, clock, ids, .. } = &**process;
        let currency = settings.catalog.currency;

        if let Some(log) = &process.event_log {
            cell.host::<EventLogAdapter>(Rc::new(log.clone()));
        }

        if let Some(log) = &process.nats {
            cell.attach::<EventLogAdapter>(Rc::new(log.clone()));
        }

        if let Some(registry) = &process.registry {
            cell.host::<RegistryAdapter>(Rc::new(registry.clone()));
        }

        if let Some(database) = process.database("inventory") {
            let outbox = process.outbox("inventory");
            let inventory = Rc::new(LocalInventory::new(database, outbox, clock.clone()));
            cell.host::<InventoryAdapter>(inventory.clone());
            cell.relay("inventory");
            cell.inventory = Some(inventory);
        }

        if let Some(database) = process.database("catalog") {
            let inventory = cell.reach::<InventoryAdapter>("catalog");
            let (clock, ids) = (clock.clone(), ids.clone());
            let catalog = Rc::new(LocalCatalog::new(database, inventory, clock, ids, &settings.catalog));
            cell.host::<CatalogAdapter>(catalog.clone());
            cell.consume("catalog", FollowStock);
            cell.catalog = Some(catalog);
        }

        if let Some(database) = process.database("accounts") {
            let accounts = Rc::new(LocalAccounts::new(
                database,
                process.outbox("accounts"),
                process.token_issuer(),
                process.passwords.clone(),
                clock.clone(),
                ids.clone(),
                &settings.accounts,
            ));
            cell.host::<AccountsAdapter>(accounts.clone());
            cell.relay("accounts");
            cell.accounts = Some(accounts);
        }

        if let Some(database) = process.database("cart") {
            let catalog = cell.reach::<CatalogAdapter>("cart");
            cell.host::<CartAdapter>(Rc::new(LocalCart::new(database, catalog, currency)));
        }

        if let Some(database) = process.database("payments") {
            let payments = LocalPayments::new(database, clock.clone(), &settings.payments);
            cell.host::<PaymentsAdapter>(Rc::new(payments));
        }

        if let Some(database) = process.database("orders") {
            let orders = LocalOrders::new(
                database,
                process.outbox("orders"),
                cell.reach::<CartAdapter>("orders"),
                cell.reach::<CatalogAdapter>("orders"),
                cell.reach::<InventoryAdapter>("orders"),
                cell.reach::<PaymentsAdapter>("orders"),
                clock.clone(),
                ids.clone(),
                currency,
                &settings.orders,
            );
            let orders = Rc::new(orders);
            cell.host::<OrdersAdapter>(orders.clone());
            cell.relay("orders");
            cell.orders = Some(orders);
        }

        if let Some(database) = process.database("notifications") {
            let post = process.settings.post().expect("the settings were checked");
            let notifications = Rc::new(LocalNotifications::new(database, clock.clone(), post));
            cell.host::<NotificationsAdapter>(notifications.clone());
            cell.consume("notifications", TellOfAccounts { ids: ids.clone() });
            cell.consume("notifications", TellOfOrders { ids: ids.clone() });
            cell.notifications = Some(notifications);
        }

        Rc::new(cell)
    }

    fn empty(process: &Arc<Process>) -> Self {
        Self {
            process: process.clone(),
            hosted: Vec::new(),
            attached: Vec::new(),
            relays: Vec::new(),
            retentions: Vec::new(),
            consumers: Vec::new(),
            catalog: None,
            inventory: None,
            accounts: None,
            orders: None,
            notifications: None,
        }
    }

    /// What `module`, which is hosted here, tells others is carried to the event log, which does not keep all of it for ever.
    fn relay(&mut self, module: &'static str) {
        let Process { clock, ids, settings, .. } = &*self.process;
        let database = self.process.database(module).expect("a hosted module has its database");
        let (outbox, log) = (self.process.outbox(module), self.reach::<EventLogAdapter>(module));
        let events = &settings.events;
        let retention =
            Retention::new(module, log.clone(), clock.clone(), ids.clone(), events.retention.clone());
        let relay = Relay::new(database, outbox, log, clock.clone(), ids.clone(), events.clone());
        self.relays.push(relay);
        self.retentions.push(retention);
    }

    /// `module`, which is hosted here, reacts to what others tell.
    fn consume(&mut self, module: &'static str, reaction: impl Reaction + 'static) {
        let Process { clock, ids, settings, .. } = &*self.process;
        let database = self.process.database(module).expect("a hosted module has its database");
        let (log, reaction) = (self.reach::<EventLogAdapter>(module), Rc::new(reaction));
        let consumer =
            Consumer::new(database, log, reaction, clock.clone(), ids.clone(), settings.events.clone());
        self.consumers.push(consumer);
    }

    /// The registry, as this process reaches it. Not a part calls it, but the process itself.
    pub fn registry(&self) -> Rc<dyn Registry> {
        let caller = self.process.service.parts().next().expect("a service hosts something");
        self.reach::<RegistryAdapter>(caller)
    }

    /// What carries events from here to the log.
    pub fn relays(&self) -> &[Relay] {
        &self.relays
    }

    /// What cuts the topics of the modules that are hosted here.
    pub fn retentions(&self) -> &[Retention] {
        &self.retentions
    }

    /// What applies others' events here.
    pub fn consumers(&self) -> &[Consumer] {
        &self.consumers
    }

    /// What all threads share.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }
}
