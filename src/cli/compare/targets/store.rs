//! Stores as they are found: what they sell, and whom they take for a customer.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use cleave_compare::{Authorities, Client, Interruption, Tls};
use cleave_core::{Ids, SystemClock};

use super::super::{Failure, failed, usage};
use super::target::Target;
use super::{Address, PATIENCE};
use crate::journeys::{Goods, sign_up};

/// A store that answers, with what it sells.
pub(super) struct Store<'args> {
    pub(super) address: &'args Address,
    pub(super) client: Client,
    tls: Option<Tls>,
    pub(super) goods: Goods,
}

impl<'args> Store<'args> {
    pub(super) fn open(
        address: &'args Address,
        authorities: Option<&Authorities>,
        interruption: &Interruption,
    ) -> Result<Self, Failure> {
        let Address { name, authority, host, .. } = address;
        let authorities = authorities.filter(|_| address.speaks_tls);
        let tls = authorities.map(|known| known.for_host(host)).transpose().map_err(usage)?;
        let sockets = address.resolve().map_err(failed)?;
        let mut failure = None;
        for socket in sockets {
            let mut client =
                Client::new(socket, PATIENCE).naming(authority).over(tls.clone()).heeding(interruption);
            match Goods::read(&mut client) {
                Ok(goods) => return Ok(Self { address, client, tls, goods }),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.unwrap_or_else(|| anyhow!("its name stands for no address"));
        Err(failed(failure.context(format!(
            "the target {name} at {} cannot be measured: it has to run, and the address has to be its public one, where customers ask",
            address.url()
        ))))
    }

    pub(super) fn sign_up(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let ids = Ids::from_system(Arc::new(SystemClock));
        sign_up(&self.client, &ids, count).with_context(|| {
            format!(
                "the target {} takes no customers: leave --target-writes and --allow-orders out",
                self.address.name
            )
        })
    }
}

/// What the first calls by its own ids, translated for each; customers likewise, where there are some. The first comes once more with
/// customers of its own, `of_twin`, so that its control and it do not empty each other's carts.
pub(super) fn known_to_each_other(
    stores: Vec<Store<'_>>,
    customers: &[Vec<String>],
    of_twin: &[String],
) -> anyhow::Result<(Vec<Target>, Option<Target>)> {
    let first = stores.first().map(|store| (store.address.name.clone(), store.goods.clone()));
    let (baseline, sold) = first.context("clap asks for one at least")?;
    let of_first = customers.first().map(Vec::as_slice).unwrap_or_default();
    let translated = |(number, store): (usize, Store<'_>)| {
        let mut words = sold.ids_in(&store.goods).with_context(|| {
            format!(
                "the targets {baseline} and {} do not sell the same, so nothing is timed: fill both with the same goods",
                store.address.name
            )
        })?;
        let own = customers.get(number).into_iter().flatten();
        words.extend(of_first.iter().cloned().zip(own.cloned()));
        let Store { address, client, tls, goods } = store;
        let (label, authority, url) = (address.name.clone(), address.authority.clone(), address.url());
        Ok(Target { label, authority, url, socket: client.address(), tls, goods, words })
    };
    let targets = stores.into_iter().enumerate().map(translated).collect::<anyhow::Result<Vec<_>>>()?;
    let again = |first: &Target| Target {
        words: of_first.iter().cloned().zip(of_twin.iter().cloned()).collect(),
        ..first.clone()
    };
    let twin = targets.first().filter(|_| !of_twin.is_empty()).map(again);
    Ok((targets, twin))
}
