//! What there has to be in stock, so that visitors who buy are not turned away.
//!
//! Nobody here may receive goods, for that takes an admin: what is there has to be enough.

use anyhow::{Context as _, anyhow};
use cleave_compare::{Progress, Settings as Plan};

use super::super::{Failure, failed, usage};
use super::Store;
use crate::journeys::{Shelf, Workload, WorkloadJourney, units_of};

/// So many units of a product go into a cart at once, on average.
const UNITS_AT_ONCE: f64 = 2.0;

/// A closed loop is taken to be answered so often a second, for nobody knows before how often it is.
const ANSWERS_PER_SECOND: f64 = 1_000.0;

/// What is bought of one product differs from the mean by chance, but hardly by more than so many standard deviations.
const DEVIATIONS: f64 = 3.0;

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
            "the visitors of the workload {} buy about {wanted:.0} units in a run of this plan, if {ANSWERS_PER_SECOND:.0} of their requests are answered \
             a second, and of no choice of products there are so many: of {} products the targets ({}) have {} units in all. Let an admin of each receive more (POST /api/v1/stock/PRODUCT/receipts), or choose a \
             shorter plan: --quick, --experiments latency, no --rates",
            workload.name(),
            units.len(),
            names.join(", "),
            units.iter().sum::<u64>(),
        )));
    };
    progress.note(&format!(
        "about {wanted:.0} units will be sold, if {ANSWERS_PER_SECOND:.0} requests of the workload are answered a second, of {count} of {} products, of \
         which the targets have {} and more each; who comes when they are sold out is an error. Orders and customers stay behind",
        units.len(),
        units[count - 1]
    ));
    products.truncate(count);
    let product_ids = products.into_iter().map(|(product, _)| product).collect();
    Ok(Shelf { product_ids, categories: whole.categories })
}

/// What the first target sells, which is measured twice.
fn wanted_units(workload: &Workload, plan: &Plan) -> f64 {
    let (orders, filled) = (workload.share_of_orders(), workload.share_of_fillings());
    // What was put into a cart is bought sooner or later; who has put nothing in buys what was there before the load.
    let sales = orders.max(filled) * UNITS_AT_ONCE;
    #[expect(clippy::cast_precision_loss, reason = "counts of rounds are small")]
    let (rounds, sweeps) =
        (plan.rounds_most as f64, plan.load.as_ref().map_or(0.0, |load| load.rounds as f64));
    let closed = (plan.warm_up_seconds + plan.capacity_seconds) * ANSWERS_PER_SECOND;
    let rate = WorkloadJourney::rate_of(plan.paced_rate_per_second);
    let round = (plan.paced_seconds_of_a_mix(rate) * rate + closed) * 2.0;
    let sweep = plan.load.as_ref().map_or(0.0, |load| load.rates.iter().sum::<f64>() * load.level_seconds);
    (round * rounds + sweep * sweeps) * sales
}

/// How many of these products, of which there are fewer and fewer, share so many units with the least danger that one runs out; none where
/// each choice would.
fn enough(falling: &[u64], wanted: f64) -> Option<usize> {
    #[expect(clippy::cast_precision_loss, reason = "units of a product are far below 2^52")]
    let margin = |count: usize| {
        let mean = wanted / count as f64;
        falling[count - 1] as f64 / DEVIATIONS.mul_add((mean * UNITS_AT_ONCE).sqrt(), mean)
    };
    let margins = (1..=falling.len()).map(|count| (count, margin(count)));
    let (count, largest) = margins.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    (largest >= 1.0).then_some(count)
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
