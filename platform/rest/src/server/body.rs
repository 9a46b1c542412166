//! A JSON body with limits of size and time.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest};
use bytes::BytesMut;
use cleave_timing::Part;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::Edge;
use crate::Problem;

/// The body, read as JSON. Unknown fields are refused where `T` denies them.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// The same of a command that only peers send, which may be larger than what the public may send: an event can hold what came in
/// many requests.
#[derive(Debug, Clone)]
pub struct PeerBody<T>(pub T);

/// The largest body of a peer.
const MAX_PEER_BODY_BYTES: usize = 1024 * 1024;

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let max_bytes = Edge::of(&request).limits.max_body_bytes;
            parse(&request, payload, max_bytes).await.map(Self)
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for PeerBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { parse(&request, payload, MAX_PEER_BODY_BYTES).await.map(Self) })
    }
}

async fn parse<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    max_bytes: usize,
) -> Result<T, Problem> {
    let edge = Edge::of(request);
    let refuse = |status, code, detail| Problem::new(status, code, detail, &edge.request_id(request));
    check_content_type(request)
        .map_err(|detail| refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))?;
    let reading = read(request, payload, max_bytes);
    let bytes = match tokio::time::timeout(edge.limits.body_timeout, reading).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(Unread::TooLarge)) => {
            let detail = format!("a body may have at most {max_bytes} bytes");
            return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
        }
        Ok(Err(Unread::Broken)) => {
            let detail = "the body broke off before its end".to_owned();
            return Err(refuse(StatusCode::BAD_REQUEST, "malformed_body", detail));
        }
        Err(_elapsed) => {
            let seconds = edge.limits.body_timeout.as_secs();
            let detail = format!("the body did not arrive within {seconds} s");
            return Err(refuse(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail));
        }
    };
    let _reading = cleave_timing::begin(Part::Serialisation);
    let value = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
        Category::Data => {
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", format!("the body: {error}"))
        }
        Category::Io | Category::Syntax | Category::Eof => {
            refuse(StatusCode::BAD_REQUEST, "malformed_body", format!("the body is no JSON: {error}"))
        }
    })?;
    // Serde also reads a list as the fields of an object in their order, which nobody may come to rely on.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let detail = "the body: write an object, not a list".to_owned();
        return Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", detail));
    }
    Ok(value)
}

enum Unread {
    TooLarge,
    Broken,
}

async fn read(request: &HttpRequest, mut payload: Payload, max_bytes: usize) -> Result<BytesMut, Unread> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max_bytes) {
        return Err(Unread::TooLarge);
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default());
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Unread::Broken)?;
        if body.len() + piece.len() > max_bytes {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn check_content_type(request: &HttpRequest) -> Result<(), String> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).map(str::trim);
    match essence {
        Some(essence) if essence.eq_ignore_ascii_case("application/json") => Ok(()),
        Some(other) => Err(format!("the body must be application/json, not {other}")),
        None => Err("the body must be application/json; send the header content-type".to_owned()),
    }
}
