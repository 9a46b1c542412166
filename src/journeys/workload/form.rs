//! What a workload is made of: presets, and files that say the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cleave_compare::Dice;
use serde::Deserialize;
use thiserror::Error;

use super::Step;

/// How often visitors do what, and how long they think in between.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    name: String,
    weights: Vec<(Step, f64)>,
    /// The shortest and the longest time of thought; every one between is as likely.
    think_seconds: (f64, f64),
}

/// Steps by the names that files have for them.
const STEPS: [(&str, Step); 6] = [
    ("home", Step::Home),
    ("category", Step::Category),
    ("product", Step::Product),
    ("add_to_cart", Step::AddToCart),
    ("view_cart", Step::ViewCart),
    ("check_out", Step::CheckOut),
];

/// Nobody thinks longer.
const LONGEST_THOUGHT_SECONDS: f64 = 3_600.0;
const LARGEST_WEIGHT: f64 = 1e9;

/// A workload that is there without a file.
struct Preset {
    name: &'static str,
    /// In the order of [`STEPS`].
    weights: [f64; 6],
    think_seconds: (f64, f64),
}

const PRESETS: [Preset; 3] = [
    // The proportions and the 1 to 10 s are those of the load generator of Google's Online Boutique
    // (src/loadgenerator/locustfile.py); its task that sets a currency has no counterpart here.
    Preset { name: "browse-heavy", weights: [1.0, 0.0, 10.0, 2.0, 3.0, 1.0], think_seconds: (1.0, 10.0) },
    Preset { name: "checkout-heavy", weights: [1.0, 1.0, 3.0, 2.0, 1.0, 4.0], think_seconds: (1.0, 5.0) },
    Preset { name: "read-only", weights: [1.0, 3.0, 10.0, 0.0, 0.0, 0.0], think_seconds: (1.0, 10.0) },
];

/// Why there is no such workload.
#[derive(Debug, Error)]
pub enum WorkloadError {
    /// Neither a preset nor a file.
    #[error("there is no workload {name:?}: it is neither one of {presets} nor a file{reason}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        presets: String,
        /// Why the file cannot be read, where there is one.
        reason: String,
    },
    /// A file that is not a workload.
    #[error("{file} is no workload: {message}")]
    Broken {
        /// Which file.
        file: String,
        /// What is wrong, where, and what would be right.
        message: String,
    },
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkloadForm {
    name: Option<String>,
    think_seconds: Option<[f64; 2]>,
    weights: BTreeMap<String, f64>,
}

impl Workload {
    /// The names of the presets.
    pub fn presets() -> [&'static str; 3] {
        PRESETS.map(|preset| preset.name)
    }

    /// A preset by its name, or else a file by its path.
    pub fn find(name: &str) -> Result<Self, WorkloadError> {
        if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
            return Ok(Self::of_preset(preset));
        }
        let path = Path::new(name);
        let text = fs::read_to_string(path).map_err(|error| WorkloadError::Unknown {
            name: name.to_owned(),
            presets: Self::presets().join(", "),
            reason: if path.exists() { format!(" that can be read ({error})") } else { String::new() },
        })?;
        let stem = path.file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
        Self::from_toml(&stem, &text)
            .map_err(|message| WorkloadError::Broken { file: name.to_owned(), message })
    }

    fn of_preset(preset: &Preset) -> Self {
        let weights = STEPS.into_iter().zip(preset.weights).map(|((_, step), weight)| (step, weight));
        Self {
            name: preset.name.to_owned(),
            weights: weights.filter(|(_, weight)| *weight > 0.0).collect(),
            think_seconds: preset.think_seconds,
        }
    }

    /// Reads the text of a file; `name` is what it is called unless it says so itself.
    fn from_toml(name: &str, text: &str) -> Result<Self, String> {
        let form: WorkloadForm =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let name = form.name.unwrap_or_else(|| name.to_owned());
        if name.trim().is_empty() {
            return Err("its name is empty; leave `name` out, and it is called like its file".to_owned());
        }
        let mut weights = Vec::new();
        for (step, weight) in form.weights {
            let Some((_, known)) = STEPS.iter().find(|(name, _)| *name == step) else {
                let names = STEPS.map(|(name, _)| name).join(", ");
                return Err(format!("weights.{step}: there is no such step (there are {names})"));
            };
            if !(0.0..=LARGEST_WEIGHT).contains(&weight) {
                return Err(format!("weights.{step} is {weight}: a weight is a number from 0 on"));
            }
            weights.push((*known, weight));
        }
        weights.retain(|(_, weight)| *weight > 0.0);
        if weights.is_empty() {
            return Err(
                "all weights are 0, so that nobody does anything: give at least one step a weight, such as \
                        `product = 1` under [weights]"
                    .to_owned(),
            );
        }
        let [shortest, longest] = form.think_seconds.unwrap_or([1.0, 10.0]);
        let is_span = (0.0..=LONGEST_THOUGHT_SECONDS).contains(&shortest)
            && (shortest..=LONGEST_THOUGHT_SECONDS).contains(&longest);
        if !is_span {
            return Err(format!(
                "think_seconds is [{shortest}, {longest}]: the shortest time stands first, and both are from 0 to {LONGEST_THOUGHT_SECONDS}"
            ));
        }
        Ok(Self { name, weights, think_seconds: (shortest, longest) })
    }

    /// What it is called in results.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether all that anybody does is to look at what is for sale, which takes no customer and changes nothing.
    pub fn only_looks(&self) -> bool {
        self.weights.iter().all(|(step, _)| step.only_looks())
    }

    /// Whether anybody buys.
    pub fn buys(&self) -> bool {
        self.weights.iter().any(|(step, _)| *step == Step::CheckOut)
    }

    /// The share of the steps that take a customer.
    pub fn share_of_customers(&self) -> f64 {
        self.share(|step| !step.only_looks())
    }

    /// The share of the steps that are orders.
    pub fn share_of_orders(&self) -> f64 {
        self.share(|step| step == Step::CheckOut)
    }

    /// The share of the steps that put something into a cart.
    pub fn share_of_fillings(&self) -> f64 {
        self.share(|step| step == Step::AddToCart)
    }

    fn share(&self, is_one: fn(Step) -> bool) -> f64 {
        let some = self.weights.iter().filter(|(step, _)| is_one(*step)).map(|(_, weight)| weight);
        some.sum::<f64>() / self.weights.iter().map(|(_, weight)| weight).sum::<f64>()
    }

    pub(super) fn think_seconds(&self) -> (f64, f64) {
        self.think_seconds
    }

    /// What comes next.
    pub(super) fn step(&self, dice: &mut Dice) -> Step {
        let all = self.weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut left = dice.unit() * all;
        for (step, weight) in &self.weights {
            left -= weight;
            if left < 0.0 {
                return *step;
            }
        }
        self.weights.last().map_or(Step::Home, |(step, _)| *step)
    }
}
