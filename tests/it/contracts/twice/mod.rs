//! A caller that has not heard the first answer and asks again: both answers have to be the same.
//!
//! Where something may differ between two answers, the file of the contract says what, and why.

mod accounts;
mod cart;
mod catalog;
mod events;
mod inventory;
mod notifications;
mod orders;
mod payments;
mod registry;

use std::fmt::Debug;
use std::rc::Rc;

/// Sends every call of a contract twice.
pub(super) struct Twice<C: ?Sized>(pub(super) Rc<C>);

async fn same<T: PartialEq + Debug, E: PartialEq + Debug>(
    call: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let first = call().await;
    let second = call().await;
    assert_eq!(first, second, "the answer to a retry is the answer to the first try");
    second
}

/// The same, but for what `leave_out` takes out of an answer.
async fn same_but<T: Clone + PartialEq + Debug, E: Clone + PartialEq + Debug>(
    leave_out: impl Fn(T) -> T,
    call: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let first = call().await;
    let second = call().await;
    let (one, other) = (first.map(&leave_out), second.clone().map(&leave_out));
    assert_eq!(one, other, "the answer to a retry is the answer to the first try");
    second
}
