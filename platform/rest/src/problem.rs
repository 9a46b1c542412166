//! Errors on the wire: RFC 9457 problem details.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use cleave_core::{ContractError, ErrorKind, RequestId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::headers;

/// A problem as RFC 9457 describes it, with a stable `code` and the request's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What exactly is wrong, and how to mend it.
    pub detail: String,
    /// The stable name of the problem; scripts match on it.
    pub code: String,
    /// The id under which the logs of all processes tell more.
    pub request_id: String,
    /// What else the module says of it, for example which order was refused.
    #[serde(flatten)]
    #[schema(ignore)]
    pub members: BTreeMap<String, String>,
    /// The contract's own error, for a peer's adapter to restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub error: Option<serde_json::Value>,
}

/// The one place that knows which HTTP status an error has.
pub fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Declined => StatusCode::PAYMENT_REQUIRED,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Overloaded => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// A problem that no contract knows: the request did not get as far as a module.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>, request_id: &RequestId) -> Self {
        Self {
            kind: format!("urn:cleave:problem:{code}"),
            title: title_of(code),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            request_id: request_id.as_str().to_owned(),
            members: BTreeMap::new(),
            error: None,
        }
    }

    /// The problem that tells of a contract's error.
    pub fn from_error<E: ContractError>(error: &E, request_id: &RequestId) -> Self {
        let members = error.members().into_iter().map(|(name, value)| (name.to_owned(), value));
        let problem = Self::new(status_of(error.kind()), error.code(), error.to_string(), request_id);
        Self { members: members.collect(), ..problem }
    }

    /// The same problem with the contract's error inside.
    #[must_use]
    pub fn carrying<E: ContractError>(self, error: &E) -> Self {
        Self { error: serde_json::to_value(error).ok(), ..self }
    }
}

/// `out_of_stock` → `Out of stock`.
fn title_of(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.status, self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.insert_header((headers::REQUEST_ID, self.request_id.as_str()));
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        ) {
            response.insert_header((RETRY_AFTER, "1"));
        }
        response.body(serde_json::to_vec(self).unwrap_or_default())
    }
}
