//! What there is to place: the modules, the roles, who calls whom, and what each module shows to the public.

use cleave_db::Migrations;
use cleave_rest::Operation;

use crate::topology::House;

/// The modules and roles of this store, in the order in which they are printed.
pub const HOUSE: House = House {
    modules: &["catalog", "inventory"],
    roles: &["gateway"],
    calls: &[("gateway", "catalog"), ("gateway", "inventory"), ("catalog", "inventory")],
};

/// What the gateway has to know of a module.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// The module.
    pub module: &'static str,
    /// The public paths that are its own.
    pub prefixes: &'static [&'static str],
    /// The operations behind them.
    pub operations: &'static [Operation],
}

/// What each module shows to the public.
pub const PUBLISHED: &[Published] = &[
    Published {
        module: "catalog",
        prefixes: catalog_api::rest::paths::PREFIXES,
        operations: catalog_api::rest::paths::PUBLISHED,
    },
    Published {
        module: "inventory",
        prefixes: inventory_api::rest::paths::PREFIXES,
        operations: inventory_api::rest::paths::PUBLISHED,
    },
];

/// Each module's history of tables.
pub const MIGRATIONS: &[(&str, Migrations)] =
    &[("catalog", catalog::MIGRATIONS), ("inventory", inventory::MIGRATIONS)];
