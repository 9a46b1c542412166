//! The payment provider: the sandbox of the store, which knows the same tokens.

use actix_web::http::StatusCode;

use crate::refusal::Refusal;

/// What the provider says to a token. It has no answer that comes late: nobody is asked over a network.
pub(crate) fn charge(payment_token: &str) -> Result<(), Refusal> {
    let declined = |reason| {
        let detail =
            format!("the payment was declined ({reason}); nothing was bought, and the cart is as it was");
        Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, "payment_declined", detail))
    };
    match payment_token {
        "tok_visa" | "tok_slow" => Ok(()),
        "tok_declined" => declined("card_declined"),
        "tok_insufficient_funds" => declined("insufficient_funds"),
        _ => {
            let detail = "the payment provider does not know this payment_token; nothing was bought";
            Err(Refusal::invalid("unknown_payment_token", detail))
        }
    }
}
