//! The composition root: what a process is made of. Local or remote is decided here and nowhere else.
//!
//! A [`Cell`] is the object graph of one thread, on top of the [`Process`] that all its threads share. Building
//! one starts nothing.

mod hosted;

use std::rc::Rc;
use std::sync::Arc;

use accounts::LocalAccounts;
use accounts_api::rest::AccountsAdapter;
use actix_web::web::ServiceConfig;
use cart::LocalCart;
use cart_api::rest::CartAdapter;
use catalog::{FollowStock, LocalCatalog};
use catalog_api::rest::CatalogAdapter;
use cleave_events::rest::EventLogAdapter;
use cleave_events::{Consumer, EventLog, Relay};
use cleave_rest::server::Exposure;
use inventory::LocalInventory;
use inventory_api::rest::InventoryAdapter;
use notifications::LocalNotifications;
use notifications_api::rest::NotificationsAdapter;
use orders::LocalOrders;
use orders_api::rest::OrdersAdapter;
use payments::LocalPayments;
use payments_api::rest::PaymentsAdapter;

use self::hosted::Hosted;
use crate::process::Process;

pub use self::hosted::Way;

/// The object graph of one thread.
pub struct Cell {
    process: Arc<Process>,
    /// What this process hosts, callees before their callers.
    hosted: Vec<Hosted>,
    relays: Vec<Relay>,
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
