//! Who asks.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use cleave_core::IdempotencyKey;

use crate::refusal::Refusal;
use crate::shop::Shop;

/// The account of a customer who has shown an access token.
pub(crate) struct Customer(pub(crate) String);

/// The key that makes a retry safe.
pub(crate) struct Key(pub(crate) IdempotencyKey);

impl FromRequest for Customer {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(customer(request).ok_or_else(|| {
            let detail =
                "an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`";
            Refusal::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
        }))
    }
}

fn customer(request: &HttpRequest) -> Option<Customer> {
    let shop = request.app_data::<web::Data<Shop>>()?;
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let now_s = shop.clock.now().as_unix_seconds();
    let identity = shop.tokens.verify(token.trim(), now_s).ok()?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Customer(identity.account_id.to_string()))
}

impl FromRequest for Key {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let refuse = |code, detail: String| Refusal::new(StatusCode::BAD_REQUEST, code, detail);
        let key = match request.headers().get("idempotency-key") {
            None => {
                let detail =
                    "send the header idempotency-key with a value of your own, so that a retry is safe";
                Err(refuse("idempotency_key_required", detail.to_owned()))
            }
            Some(value) => {
                IdempotencyKey::parse(value.to_str().unwrap_or_default()).map(Self).map_err(|error| {
                    refuse(
                        "idempotency_key_malformed",
                        format!("the header idempotency-key is refused: {error}"),
                    )
                })
            }
        };
        ready(key)
    }
}
