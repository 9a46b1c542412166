//! Passes a request on to the module that it is for, and streams the answer back.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use cleave_core::{CallFailure, ErrorKind};
use cleave_rest::server::Edge;
use cleave_rest::{
    Answer, Calls, InvalidPath, Outgoing, Peer, PooledBody, Problem, Request, headers, status_of,
};
use futures_util::{Stream, StreamExt as _};

use crate::house::Published;
use crate::process::Process;

/// Where the requests of one module go.
pub(super) struct Route {
    published: &'static Published,
    peer: Peer,
    calls: Calls,
}

impl Route {
    pub(super) fn new(process: &Process, published: &'static Published, peer: Peer) -> Self {
        let link = process.topology.link("gateway", published.module);
        let (clock, metrics) = (process.clock.clone(), process.metrics.clone());
        let calls = Calls::from_caller(clock, metrics, "gateway", published.module, link);
        Self { published, peer, calls }
    }
}

/// The handler of everything below a module's public paths.
pub(super) async fn forward(route: Rc<Route>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let edge = Edge::of(&request);
    let context = edge.unproven_context(&request);
    let start = edge.clock.instant();
    let refuse = |status, code: &str, detail: String| {
        Problem::new(status, code, detail, &context.request_id).error_response()
    };
    let (method, path) = (request.method().as_str(), request.path());
    let passed_on = match outgoing(&request, payload) {
        Ok(passed_on) => passed_on,
        Err(error) => {
            let detail = format!("the request cannot be passed on: {error}");
            return refuse(StatusCode::BAD_REQUEST, "malformed_request", detail);
        }
    };
    let operations = route.published.operations;
    let operation = operations.iter().find(|operation| operation.matches(method, path));
    let response = match route.peer.forward(&context, operation, passed_on).await {
        Ok(answer) => incoming(answer),
        Err(failure) => {
            let (kind, code) = match failure {
                CallFailure::Unavailable(_) => (ErrorKind::Unavailable, "unavailable"),
                CallFailure::Timeout => (ErrorKind::Timeout, "timeout"),
                CallFailure::Unauthenticated => (ErrorKind::Unauthenticated, "unauthenticated"),
                CallFailure::Internal => (ErrorKind::Internal, "internal"),
            };
            refuse(status_of(kind), code, failure.to_string())
        }
    };
    let elapsed = edge.clock.instant() - start;
    route.calls.record(operation.map_or("unknown", |operation| operation.id), elapsed);
    response
}

fn outgoing(request: &HttpRequest, payload: Payload) -> Result<Request, InvalidPath> {
    let path = request.uri().path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
    let mut passed_on = Request::new(request.method().clone(), path, body(request, payload))?;
    let named = named_by_connection(request);
    for (name, value) in request.headers() {
        if !(is_for_this_hop(name) || is_ours_to_say(name) || named.iter().any(|own| name == own.as_str())) {
            passed_on.append(name, value);
        }
    }
    Ok(passed_on)
}

fn body(request: &HttpRequest, payload: Payload) -> Outgoing {
    let length = request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    if length == Some(0) || (length.is_none() && !request.headers().contains_key("transfer-encoding")) {
        return Outgoing::empty();
    }
    Outgoing::stream(Upload(payload), length)
}

/// A request's body on its way through.
struct Upload(Payload);

impl Stream for Upload {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context).map_err(io::Error::other)
    }
}

impl Drop for Upload {
    /// A connection whose body waits to be taken stops reading, and actix-http does not wake it when the body is dropped: it would stay
    /// open for ever. A piece that is taken wakes it.
    fn drop(&mut self) {
        let _unwanted = self.0.poll_next_unpin(&mut task::Context::from_waker(task::Waker::noop()));
    }
}

/// Headers that speak of one connection only: RFC 9110, section 7.6.1.
fn is_for_this_hop(name: &HeaderName) -> bool {
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION]
        .contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// What this edge says itself, and what a public caller could only pretend.
fn is_ours_to_say(name: &HeaderName) -> bool {
    [HOST, CONTENT_LENGTH].contains(name)
        || headers::PEERS_ONLY.contains(&name.as_str())
        || name.as_str() == headers::REQUEST_ID
        || name.as_str() == cleave_timing::header::ASKED
        || name.as_str() == "forwarded"
        || name.as_str().starts_with("x-forwarded-")
}

fn named_by_connection(request: &HttpRequest) -> Vec<String> {
    let values = request.headers().get_all("connection").filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn incoming(answer: Answer) -> HttpResponse {
    let Answer { status, fields, body } = answer;
    let mut response = HttpResponse::build(status);
    for (name, value) in fields.iter() {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) else {
            continue;
        };
        // What the peer tells of its time is told by this edge, as a part of its own.
        let is_told_here = name == DATE || name == cleave_timing::header::NAME;
        if !is_for_this_hop(&name) && name != CONTENT_LENGTH && !is_told_here {
            response.append_header((name, value));
        }
    }
    response.body(PassedBody { length: body.length(), body })
}

/// An answer's body on its way through.
struct PassedBody {
    body: PooledBody,
    length: Option<u64>,
}

impl MessageBody for PassedBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        self.length.map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Bytes, io::Error>>> {
        self.body.poll_data(context)
    }
}
