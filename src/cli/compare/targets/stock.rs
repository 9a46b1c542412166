//! What there has to be in stock, so that visitors who buy are not turned away.
//!
//! Nobody here may receive goods, for that takes an admin: what is there has to be enough.

use anyhow::{Context as _, anyhow};
use cleave_compare::{Progress, Settings as Plan};

use super::super::{Failure, failed, usage};
use super::Store;
use crate::journeys::{Shelf, Workload, units_of};

/// So many units an order takes about: two of a product, and what was put into the cart before.
const UNITS_AN_ORDER: f64 = 3.0;

/// A closed loop is taken to be answered so often a second, for nobody knows before how often it is.
const ANSWERS_PER_SECOND: f64 = 2_000.0;

/// What is bought of one product differs from the mean by chance: by more than so many standard deviations of a Poisson process never.
const DEVIATIONS: f64 = 4.0;

/// The shelf of those products of the first target of which all have enough.
pub(super) fn plenty(
    stores: &mut [Store<'_>],
    workload: &Workload,
    plan: &Plan,
    progress: &mut dyn Progress,
) -> Result<Shelf, Failure> {
    let first = stores.first().context("clap asks for one at least")?;
    let (sold, whole) = (first.goods.clone(), first.goods.shelf());
    let mut least = vec![u64::MAX; whole.product_ids.len()];
    let mut names = Vec::new();
    for store in stores {
        let own = sold.ids_in(&store.goods).map_err(failed)?;
        for (units, product) in least.iter_mut().zip(&whole.product_ids) {
            let id = own.get(product).unwrap_or(product);
            *units = units_of(&mut store.client, id).map_err(failed)?.min(*units);
        }
        names.push(store.address.name.as_str());
    }
    let wanted = wanted_units(workload, plan);
    let mut products = whole.product_ids.into_iter().zip(least).collect::<Vec<_>>();
    products.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    let units = products.iter().map(|(_, units)| *units).collect::<Vec<_>>();
    let Some(count) = enough(&units, wanted) else {
        return Err(usage(anyhow!(
            "the visitors of the workload {} buy about {wanted:.0} units in a run of this plan, and of no choice of products there are so many: of {} \
             products the targets ({}) have {} units in all. Let an admin of each receive more (POST /api/v1/stock/PRODUCT/receipts), or choose a \
             shorter plan: --quick, --experiments latency, no --rates",
            workload.name(),
            units.len(),
            names.join(", "),
            units.iter().sum::<u64>(),
        )));
    };
    progress.note(&format!(
        "about {wanted:.0} units will be sold of {count} of {} products, of which the targets have {} and more each; orders and customers stay behind",
        units.len(),
        units[count - 1]
    ));
    products.truncate(count);
    let product_ids = products.into_iter().map(|(product, _)| product).collect();
    Ok(Shelf { product_ids, categories: whole.categories })
}

/// What the first target sells, which is measured twice.
fn wanted_units(workload: &Workload, plan: &Plan) -> f64 {
    let (_, orders) = workload.shares();
    #[expect(clippy::cast_precision_loss, reason = "counts of rounds are small")]
    let (rounds, sweeps) =
        (plan.rounds_most as f64, plan.load.as_ref().map_or(0.0, |load| load.rounds as f64));
    let closed = (plan.warm_up_seconds + plan.capacity_seconds) * ANSWERS_PER_SECOND;
    let round = (plan.paced_seconds * plan.paced_rate_per_second / 2.0 + closed) * 2.0;
    let sweep = plan.load.as_ref().map_or(0.0, |load| load.rates.iter().sum::<f64>() * load.level_seconds);
    (round * rounds + sweep * sweeps) * orders * UNITS_AN_ORDER
}

/// How many of these products, of which there are fewer and fewer, share so many units without running out; none where that is not possible.
fn enough(falling: &[u64], wanted: f64) -> Option<usize> {
    #[expect(clippy::cast_precision_loss, reason = "units of a product are far below 2^52")]
    let is_enough = |count: &usize| {
        let mean = wanted / *count as f64;
        let bought = DEVIATIONS.mul_add((mean * UNITS_AN_ORDER).sqrt(), mean);
        falling[*count - 1] as f64 >= bought
    };
    (1..=falling.len()).rev().find(is_enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_products_as_have_enough_share_what_is_bought() {
        assert_eq!(enough(&[100, 100, 100, 100], 40.0), Some(4));
        assert_eq!(enough(&[100, 100, 100, 0], 40.0), Some(3), "one is sold out");
        assert_eq!(enough(&[10, 10, 10, 10], 400.0), None);
        assert_eq!(enough(&[], 1.0), None);
    }
}
