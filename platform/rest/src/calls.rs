//! Times calls and refuses work that nobody waits for any more, over every link alike.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use cleave_core::{CallFailure, Clock, Context, ContractError};
use cleave_telemetry::{CallLabels, Metrics, Timer};
use cleave_timing::Part;
use tracing::Instrument as _;

/// What a contract's `Observed…` decorator hands each call to.
pub struct Calls {
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    side: Side,
    timers: RefCell<Vec<(&'static str, Timer)>>,
}

enum Side {
    Caller { caller: String, callee: &'static str, link: String },
    Served { module: &'static str },
}

impl Calls {
    /// Calls that `caller` makes to the module `callee` over `link`.
    pub fn from_caller(
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        caller: &str,
        callee: &'static str,
        link: impl fmt::Display,
    ) -> Self {
        let side = Side::Caller { caller: caller.to_owned(), callee, link: link.to_string() };
        Self { clock, metrics, side, timers: RefCell::default() }
    }

    /// Calls of peers that `module` serves.
    pub fn served(clock: Arc<dyn Clock>, metrics: Arc<Metrics>, module: &'static str) -> Self {
        Self { clock, metrics, side: Side::Served { module }, timers: RefCell::default() }
    }

    /// Awaits the call and records how long it took. A call whose deadline has passed is not begun.
    pub async fn observe<T, E: ContractError>(
        &self,
        operation: &'static str,
        context: &Context,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let _working = cleave_timing::begin(Part::Handler);
        let start = self.clock.instant();
        if start >= context.deadline {
            return Err(E::from_failure(CallFailure::Timeout));
        }
        let span = match &self.side {
            Side::Caller { callee, link, .. } => {
                tracing::debug_span!("call", operation, callee, %link, request_id = %context.request_id)
            }
            Side::Served { module } => {
                tracing::debug_span!("serve", operation, module, request_id = %context.request_id)
            }
        };
        let answer = if span.is_disabled() {
            call.await
        } else {
            let answer = call.instrument(span.clone()).await;
            span.in_scope(|| tracing::debug!(ok = answer.is_ok(), "answered"));
            answer
        };
        self.record(operation, self.clock.instant() - start);
        answer
    }

    /// Counts one call of which the caller has taken the time itself.
    pub fn record(&self, operation: &'static str, elapsed: std::time::Duration) {
        let mut timers = self.timers.borrow_mut();
        if let Some((_, timer)) = timers.iter().find(|(known, _)| *known == operation) {
            timer.record(elapsed);
            return;
        }
        let timer = match &self.side {
            Side::Caller { caller, callee, link } => self.metrics.call_timer(&CallLabels {
                caller: caller.clone(),
                callee: (*callee).to_owned(),
                operation: operation.to_owned(),
                link: link.clone(),
            }),
            Side::Served { module } => self.metrics.served_timer(module, operation),
        };
        timer.record(elapsed);
        timers.push((operation, timer));
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Calls").finish_non_exhaustive()
    }
}
