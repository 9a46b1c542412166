//! What there is to place: the modules, the roles, who calls whom, and what each module shows to the public.

use accounts_api::rest::AccountsAdapter;
use cart_api::rest::CartAdapter;
use catalog_api::rest::CatalogAdapter;
use cleave_db::Migrations;
use cleave_rest::{Adapter, Operation};
use inventory_api::rest::InventoryAdapter;
use notifications_api::rest::NotificationsAdapter;
use orders_api::rest::OrdersAdapter;
use utoipa::openapi::OpenApi;

use crate::topology::House;

/// The modules and roles of this store, in the order in which they are printed.
pub const HOUSE: House = House {
    modules: &["catalog", "inventory", "accounts", "cart", "orders", "payments", "notifications"],
    roles: &["gateway", "events", "registry"],
    singular: &[
        ("gateway", "opens the public port, which only one process of this machine can have"),
        (
            "registry",
            "keeps the registry, which is one process; while it is away, the others go on with its last answer",
        ),
    ],
    calls: &[
        ("gateway", "catalog"),
        ("gateway", "inventory"),
        ("gateway", "accounts"),
        ("gateway", "cart"),
        ("gateway", "orders"),
        ("gateway", "notifications"),
        ("catalog", "inventory"),
        ("cart", "catalog"),
        ("orders", "catalog"),
        ("orders", "inventory"),
        ("orders", "cart"),
        ("orders", "payments"),
        ("catalog", "events"),
        ("inventory", "events"),
        ("accounts", "events"),
        ("orders", "events"),
        ("notifications", "events"),
    ],
};

/// The modules that tell others what happens in them, each in a topic of its name.
pub const TOPICS: &[&str] = &["inventory", "accounts", "orders"];

/// What the gateway has to know of a module.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// The module.
    pub module: &'static str,
    /// The public paths that are its own.
    pub prefixes: &'static [&'static str],
    /// The operations behind them.
    pub operations: &'static [Operation],
    /// The operations as OpenAPI tells of them.
    pub api: fn() -> OpenApi,
}

impl Published {
    const fn of<A: Adapter>() -> Self {
        Self { module: A::MODULE, prefixes: A::PREFIXES, operations: A::PUBLISHED, api: A::public_api }
    }
}

/// What each module shows to the public. Payments shows nothing.
pub const PUBLISHED: &[Published] = &[
    Published::of::<CatalogAdapter>(),
    Published::of::<InventoryAdapter>(),
    Published::of::<AccountsAdapter>(),
    Published::of::<CartAdapter>(),
    Published::of::<OrdersAdapter>(),
    Published::of::<NotificationsAdapter>(),
];

/// The history of tables of everything that has a database.
pub const MIGRATIONS: &[(&str, Migrations)] = &[
    ("catalog", catalog::MIGRATIONS),
    ("inventory", inventory::MIGRATIONS),
    ("accounts", accounts::MIGRATIONS),
    ("cart", cart::MIGRATIONS),
    ("orders", orders::MIGRATIONS),
    ("payments", payments::MIGRATIONS),
    ("notifications", notifications::MIGRATIONS),
    ("events", cleave_events::LOG_MIGRATIONS),
];
