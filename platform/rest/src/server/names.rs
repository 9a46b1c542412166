//! The names of [`headers`] as the server half looks them up: made once, so that no request checks and copies them again.

use actix_web::http::header::HeaderName;

use crate::headers;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static(headers::REQUEST_ID);
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static(headers::IDEMPOTENCY_KEY);
pub(super) const DEADLINE_MS: HeaderName = HeaderName::from_static(headers::DEADLINE_MS);
pub(super) const CREDENTIAL: HeaderName = HeaderName::from_static(headers::CREDENTIAL);
pub(super) const CALLER: HeaderName = HeaderName::from_static(headers::CALLER);
pub(super) const ERRORS: HeaderName = HeaderName::from_static(headers::ERRORS);
