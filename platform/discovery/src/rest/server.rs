//! The server half: a [`Registry`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_rest::server::{Body, Call, Exposure, PathId, Query, Routes};

use super::body::{Arrival, Departure, WatchQuery};
use super::paths;
use crate::registry::{Deregistration, Registration, Registry};

/// Mounts the routes where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, registry: Rc<dyn Registry>, exposure: Exposure) {
    config.app_data(registry);
    let mut routes = Routes::default();
    if exposure == Exposure::Internal {
        routes.on(Method::GET, paths::SERVICES, watch);
        routes.on(Method::PUT, paths::SERVICE, register);
        routes.on(Method::POST, paths::DEPARTURES, deregister);
    }
    config.service(routes);
}

async fn register(call: Call<dyn Registry>, service: PathId<String>, body: Body<Arrival>) -> HttpResponse {
    let Arrival { instance, key } = body.0;
    let registration = Registration { service: service.0, instance, key };
    call.reply(StatusCode::OK, call.contract.register(&call.context, registration).await)
}

async fn deregister(
    call: Call<dyn Registry>,
    service: PathId<String>,
    body: Body<Departure>,
) -> HttpResponse {
    let Departure { instance, key, wait_ms } = body.0;
    let request = Deregistration { service: service.0, instance, key, wait_ms };
    call.reply(StatusCode::OK, call.contract.deregister(&call.context, request).await)
}

async fn watch(call: Call<dyn Registry>, query: Query<WatchQuery>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.watch(&call.context, query.0.into()).await)
}
