//! What stands in the path and in the query.

use std::fmt::Display;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::Edge;
use crate::Problem;

/// The one id in the path.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T> FromRequest for PathId<T>
where
    T: FromStr + 'static,
    T::Err: Display,
{
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let (name, value) = request.match_info().iter().next().unwrap_or_default();
        ready(value.parse().map(Self).map_err(|error| {
            let detail = format!("`{value}` in the path is no {name}: {error}");
            refuse(request, "malformed_id", detail)
        }))
    }
}

/// The query of the URL. Unknown parameters are refused where `T` denies unknown fields.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(serde_urlencoded::from_str(request.query_string()).map(Self).map_err(|error| {
            refuse(request, "malformed_query", format!("the query of the URL is refused: {error}"))
        }))
    }
}

fn refuse(request: &HttpRequest, code: &str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail, &Edge::of(request).request_id(request))
}
