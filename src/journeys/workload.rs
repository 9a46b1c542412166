//! A workload: visitors who look around, put things into their carts and buy, in proportions that a person chose.
//!
//! It is loaded as an open loop: requests come when the schedule says so. Each is the next step of a visitor who has thought long
//! enough, or the step of somebody who was there before the load began; so there are about as many visitors as a rate times the mean
//! time of thought, and none of them waits for a slow answer to send the next request.

mod form;
mod visitor;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use cleave_compare::{Dice, Journey, Request, Response};

pub use form::{Workload, WorkloadError};

use self::visitor::{Visitor, prepared_product};
use super::{Customers, Shelf, buying, contains_near_end};

/// What a visitor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Opens the front page: the first page of all products.
    Home,
    /// Opens a category.
    Category,
    /// Looks at a product.
    Product,
    /// Puts a product into the cart.
    AddToCart,
    /// Looks at the cart.
    ViewCart,
    /// Buys what is in the cart.
    CheckOut,
}

impl Step {
    /// Whether it changes nothing and takes no customer.
    fn only_looks(self) -> bool {
        matches!(self, Self::Home | Self::Category | Self::Product)
    }
}

/// The request with everything that its path and headers call by name called by another one: the last part of the path, and what headers
/// are, or what they say of a product.
pub fn renamed<'word>(mut request: Request, name: impl Fn(&str) -> Option<&'word str>) -> Request {
    if let Some((folder, last)) = request.path.rsplit_once('/')
        && let Some(other) = name(last)
    {
        request.path = format!("{folder}/{other}");
    }
    for (_, value) in &mut request.headers {
        if let Some(other) = name(value) {
            *value = other.to_owned();
        } else if let Some(product) = prepared_product(value)
            && let Some(other) = name(product)
        {
            *value = value.replace(product, other);
        }
    }
    request
}

/// More requests a second than this no deployment of one processor answers.
const MOST_PER_SECOND: f64 = 12_000.0;

/// Visitors whose carts are there already, for loads that have no schedule.
const REGULARS: usize = 200;

/// A workload as a journey: all its steps together.
#[derive(Debug)]
pub struct WorkloadJourney<'shelf> {
    workload: &'shelf Workload,
    shelf: &'shelf Shelf,
    visitors: Visitors<'shelf>,
}

/// Who comes.
#[derive(Debug)]
enum Visitors<'shelf> {
    /// Nobody who has to be a customer.
    Onlookers,
    /// As many customers as are needed, and some whose carts are there already, for loads that have no schedule.
    Anybody { customers: &'shelf Customers, regulars: Vec<String> },
    /// These customers alone, who take turns: those of loads with a schedule, and those of loads without, for both may be prepared at the
    /// same time.
    Known { scheduled: Vec<String>, unscheduled: Vec<String> },
}

impl<'shelf> WorkloadJourney<'shelf> {
    /// This workload in a store with this shelf.
    pub fn new(workload: &'shelf Workload, shelf: &'shelf Shelf, customers: &'shelf Customers) -> Self {
        let mut dice = Dice::new(1, &[]);
        let regulars = (0..REGULARS).map(|_| customers.newcomer(&mut dice)).collect();
        Self { workload, shelf, visitors: Visitors::Anybody { customers, regulars } }
    }

    /// This workload, whose visitors only look, in a store with this shelf; none where they do more.
    pub fn of_onlookers(workload: &'shelf Workload, shelf: &'shelf Shelf) -> Option<Self> {
        workload.only_looks().then_some(Self { workload, shelf, visitors: Visitors::Onlookers })
    }

    /// How often a second a workload is asked, where the plan has this rate for journeys that only read.
    pub fn rate_of(plan: f64) -> f64 {
        plan / 2.0
    }

    /// This workload in a store that takes nobody for a customer but these, who write this into the header `authorization`: two at least. They
    /// take turns, however long they would have thought.
    pub fn of_known(workload: &'shelf Workload, shelf: &'shelf Shelf, mut customers: Vec<String>) -> Self {
        let unscheduled = customers.split_off(customers.len() / 2);
        Self { workload, shelf, visitors: Visitors::Known { scheduled: customers, unscheduled } }
    }

    fn newcomer(&self, dice: &mut Dice) -> Visitor {
        match &self.visitors {
            Visitors::Onlookers => Visitor::new(String::new()),
            Visitors::Anybody { customers, .. } => Visitor::new(customers.newcomer(dice)),
            Visitors::Known { unscheduled, .. } => {
                let mark = dice.below(usize::MAX);
                Visitor::again(dice.pick(unscheduled).map_or("", String::as_str), mark)
            }
        }
    }

    /// The steps of customers who take turns, so that each has been answered long before it is his turn again. Who only looks needs none.
    fn in_turns(&self, customers: &[String], dice: &mut Dice, count: usize) -> Vec<Request> {
        let mark = dice.below(usize::MAX);
        let known = customers.iter().map(|customer| Visitor::again(customer, mark));
        let (mut known, mut onlooker) = (known.collect::<Vec<_>>(), Visitor::new(String::new()));
        let mut next = 0;
        let requests = (0..count).map(|_| {
            let step = self.workload.step(dice);
            let visitor = if step.only_looks() || known.is_empty() {
                &mut onlooker
            } else {
                next = (next + 1) % known.len();
                &mut known[next]
            };
            visitor.ask(step, self.shelf, dice)
        });
        requests.collect()
    }

    fn think(&self, dice: &mut Dice) -> Duration {
        let (shortest, longest) = self.workload.think_seconds();
        Duration::from_secs_f64((longest - shortest).mul_add(dice.unit(), shortest))
    }
}

impl Journey for WorkloadJourney<'_> {
    fn name(&self) -> &str {
        self.workload.name()
    }

    /// Of a load without a schedule nobody is seen twice but the regulars, who fill and look at their carts.
    fn request(&self, dice: &mut Dice) -> Request {
        let step = self.workload.step(dice);
        match step {
            Step::AddToCart | Step::ViewCart => match &self.visitors {
                Visitors::Anybody { regulars, .. } => {
                    Visitor::new(dice.pick(regulars).cloned().unwrap_or_default())
                }
                _ => self.newcomer(dice),
            }
            .ask(step, self.shelf, dice),
            _ => self.newcomer(dice).ask(step, self.shelf, dice),
        }
    }

    fn requests(&self, dice: &mut Dice, schedule: &[Duration]) -> Vec<Request> {
        if let Visitors::Known { scheduled, .. } = &self.visitors {
            return self.in_turns(scheduled, dice, schedule.len());
        }
        let mut visitors: Vec<Visitor> = Vec::new();
        let mut thinking = BinaryHeap::new();
        let mut requests = Vec::with_capacity(schedule.len());
        for due in schedule {
            let is_ready = thinking.peek().is_some_and(|Reverse((ready, _))| ready <= due);
            let back = if is_ready { thinking.pop() } else { None };
            let number = back.map_or(visitors.len(), |Reverse((_, number))| number);
            if number == visitors.len() {
                visitors.push(self.newcomer(dice));
            }
            let step = self.workload.step(dice);
            requests.push(visitors[number].ask(step, self.shelf, dice));
            thinking.push(Reverse((*due + self.think(dice), number)));
        }
        requests
    }

    fn unscheduled(&self, dice: &mut Dice, count: usize) -> Vec<Request> {
        match &self.visitors {
            Visitors::Known { unscheduled, .. } => self.in_turns(unscheduled, dice, count),
            _ => (0..count).map(|_| self.request(dice)).collect(),
        }
    }

    fn preparation(&self, request: &Request) -> Option<Request> {
        visitor::preparation(request)
    }

    fn once_per_second(&self) -> Option<f64> {
        self.workload.buys().then_some(MOST_PER_SECOND)
    }

    fn is_mix(&self) -> bool {
        true
    }

    fn rate_per_second(&self, plan: f64) -> f64 {
        Self::rate_of(plan)
    }

    /// Whether it is the right answer to one of the steps: errors look like none of them.
    fn accepts(&self, response: &Response) -> bool {
        match response.status {
            200 => {
                let near_end = |wanted: &[u8]| contains_near_end(&response.body, wanted);
                near_end(br#""next_cursor":"#)
                    || near_end(br#""total":"#)
                    || near_end(br#""available":"#) && !response.body.ends_with(b"null}")
            }
            201 => buying::is_confirmed(response),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
