//! One call that has arrived.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError as _};
use cleave_core::{Context, ContractError, ErrorKind};
use cleave_timing::Part;
use serde::Serialize;

use super::{Edge, names};
use crate::Problem;

/// A call of the contract `C` that has arrived, with its context.
pub struct Call<C: ?Sized> {
    /// What the call is for.
    pub contract: Rc<C>,
    /// What travelled with it.
    pub context: Context,
    typed_errors: bool,
}

impl<C: ?Sized> Call<C> {
    /// The answer: JSON with `status`, or the problem that tells of the contract's error.
    pub fn reply<T: Serialize, E: ContractError>(
        &self,
        status: StatusCode,
        result: Result<T, E>,
    ) -> HttpResponse {
        match result {
            Ok(value) => self.json(status, &value),
            Err(error) => self.refuse(&error),
        }
    }

    /// The same, with the place of what was made in the header `Location`.
    pub fn reply_created<T: Serialize, E: ContractError>(
        &self,
        result: Result<T, E>,
        location: impl FnOnce(&T) -> String,
    ) -> HttpResponse {
        self.reply_at(result, |value| (StatusCode::CREATED, location(value)))
    }

    /// The same with a status that depends on what was made. Where the work goes on (202), `Retry-After` says when to
    /// look again.
    pub fn reply_at<T: Serialize, E: ContractError>(
        &self,
        result: Result<T, E>,
        status_and_location: impl FnOnce(&T) -> (StatusCode, String),
    ) -> HttpResponse {
        match result {
            Ok(value) => {
                let (status, location) = status_and_location(&value);
                let mut response = self.json(status, &value);
                if let Ok(location) = location.try_into() {
                    response.headers_mut().insert(LOCATION, location);
                }
                if status == StatusCode::ACCEPTED {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                response
            }
            Err(error) => self.refuse(&error),
        }
    }

    fn json<T: Serialize>(&self, status: StatusCode, value: &T) -> HttpResponse {
        let written = {
            let _writing = cleave_timing::begin(Part::Serialisation);
            serde_json::to_vec(value)
        };
        match written {
            Ok(body) => {
                let mut response = HttpResponse::with_body(status, BoxBody::new(body));
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                if let Ok(request_id) = self.context.request_id.as_str().try_into() {
                    headers.insert(names::REQUEST_ID, request_id);
                }
                response
            }
            Err(error) => {
                tracing::error!(request_id = %self.context.request_id, %error, "an answer does not serialise");
                HttpResponse::InternalServerError().finish()
            }
        }
    }

    fn refuse<E: ContractError>(&self, error: &E) -> HttpResponse {
        if error.kind() == ErrorKind::Internal {
            tracing::error!(request_id = %self.context.request_id, ?error, "answered with an internal error");
        }
        let problem = Problem::from_error(error, &self.context.request_id);
        let problem = if self.typed_errors { problem.carrying(error) } else { problem };
        problem.error_response()
    }
}

impl<C: ?Sized + 'static> FromRequest for Call<C> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let edge = Edge::of(request);
        let contract = request.app_data::<Rc<C>>().expect("a mounted route has its contract").clone();
        let typed_errors = edge.exposure == super::Exposure::Internal
            && request.headers().get(names::ERRORS).is_some_and(|errors| errors == "typed");
        ready(edge.context(request).map(|context| Self { contract, context, typed_errors }))
    }
}
