//! The server half: a [`Registry`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use cleave_rest::server::{Body, Call, Exposure, PathId, Query, resource};

use super::body::{Arrival, Departure, WatchQuery};
use super::paths;
use crate::registry::{Deregistration, Registration, Registry};

/// Mounts the routes where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, registry: Rc<dyn Registry>, exposure: Exposure) {
    config.app_data(registry);
    if exposure == Exposure::Internal {
        config.service(resource(paths::SERVICES, [(Method::GET, web::to(watch))]));
        config.service(resource(paths::SERVICE, [(Method::PUT, web::to(register))]));
        config.service(resource(paths::DEPARTURES, [(Method::POST, web::to(deregister))]));
    }
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
