//! Takes the time of each request, and tells in its answer where it went.

use std::sync::Arc;

use actix_service::Service;
use actix_web::Error;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use cleave_core::Clock;
use cleave_timing::{Stopwatch, header};
use futures_util::future::LocalBoxFuture;

use super::watched::Arrival;
use super::{Edge, Exposure};

type Answer<Body> = LocalBoxFuture<'static, Result<ServiceResponse<Body>, Error>>;

/// Lets `routes` answer while a stopwatch runs that began with the first byte of the request.
pub(super) fn take_time<Routes, Body: 'static>(
    clock: &Arc<dyn Clock>,
    request: ServiceRequest,
    routes: &Routes,
) -> Answer<Body>
where
    Routes: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error, Future = Answer<Body>>,
{
    let arrival = request.conn_data::<Arrival>().cloned().unwrap_or_default();
    let begun = arrival.take().unwrap_or_else(|| clock.instant());
    let edge = request.app_data::<std::rc::Rc<Edge>>();
    let is_told = edge.is_some_and(|edge| edge.may_know_timing(request.headers()));
    let is_described = edge.is_some_and(|edge| edge.exposure == Exposure::Public);
    let wants_moments =
        is_told && request.headers().get(header::ASKED).is_some_and(|it| it == header::MOMENTS);
    let clock = clock.clone();
    let stopwatch = Stopwatch::since(begun, move || clock.instant());
    let answering = {
        let _entered = cleave_timing::enter(&stopwatch);
        routes.call(request)
    };
    Box::pin(async move {
        let mut response = cleave_timing::within(stopwatch.clone(), answering).await?;
        // The rest of a body may have come meanwhile: the next request begins later.
        arrival.take();
        if !is_told {
            return Ok(response);
        }
        let told = stopwatch.told();
        let moments = wants_moments.then(|| stopwatch.moments());
        if let Ok(value) = HeaderValue::try_from(header::write(&told, moments, is_described)) {
            response.headers_mut().insert(HeaderName::from_static(header::NAME), value);
        }
        Ok(response)
    })
}
