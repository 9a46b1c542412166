//! What is asked of every deployment: journeys, which are timed, and a script, which proves that the deployments are
//! equivalent.

use std::time::Duration;

use crate::client::Client;
use crate::dice::Dice;
use crate::http::{Request, Response};

/// One kind of request that is timed.
pub trait Journey: Sync {
    /// Its name in tables and results; unique within a comparison.
    fn name(&self) -> &str;

    /// The next request. All variety comes from the dice, so that every subject gets the same requests.
    fn request(&self, dice: &mut Dice) -> Request;

    /// What has to be asked before this request, unmeasured and only once for each; nothing for most journeys.
    fn preparation(&self, _request: &Request) -> Option<Request> {
        None
    }

    /// The requests of a load that come at these moments from its beginning. Journeys whose visitors come again know here when.
    fn requests(&self, dice: &mut Dice, schedule: &[Duration]) -> Vec<Request> {
        schedule.iter().map(|_| self.request(dice)).collect()
    }

    /// The requests of a load without a schedule, in the order in which they are sent.
    fn unscheduled(&self, dice: &mut Dice, count: usize) -> Vec<Request> {
        (0..count).map(|_| self.request(dice)).collect()
    }

    /// Where each request is good for one time only, how many a second are made ready for a load without a schedule: more than any
    /// deployment answers. None where requests may be repeated.
    fn once_per_second(&self) -> Option<f64> {
        None
    }

    /// Whether its requests are of several kinds, so that their median is that of none.
    fn is_mix(&self) -> bool {
        false
    }

    /// The rate of the paced phase, where the plan has this one for journeys that only read.
    fn rate_per_second(&self, plan: f64) -> f64 {
        plan
    }

    /// Whether status and body are what they should be: a fast error must not count as an answer.
    ///
    /// It runs on the generator's thread after the clock has been read: look at the status and for a few bytes of
    /// the body; leave thorough checks to the [`Script`].
    fn accepts(&self, response: &Response) -> bool;
}

/// A session that is replayed on every topology before anything is timed.
pub trait Script {
    /// Sends its requests and writes down what it saw, with what may differ (ids, times, ports) made equal.
    fn replay(&self, client: &mut Client) -> anyhow::Result<Vec<Step>>;
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was asked.
    pub asked: String,
    /// The normalised answer: status, body, and whatever else must be equal.
    pub answer: String,
}

impl Step {
    /// A step of a transcript.
    pub fn new(asked: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { asked: asked.into(), answer: answer.into() }
    }
}
