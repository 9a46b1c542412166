//! The server half: an [`EventLog`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use cleave_rest::server::{Call, Exposure, PathId, PeerBody, Query, resource};

use super::body::{LastOffset, NewEvents};
use super::paths;
use crate::log::{Append, EventLog, ReadEvents, ReadRange};

/// Mounts the routes where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, log: Rc<dyn EventLog>, exposure: Exposure) {
    config.app_data(log);
    if exposure == Exposure::Internal {
        config.service(resource(paths::TOPICS, [(Method::GET, web::to(topics))]));
        config.service(resource(paths::TOPIC, [(Method::GET, web::to(last_offset))]));
        config
            .service(resource(paths::EVENTS, [(Method::PUT, web::to(append)), (Method::GET, web::to(read))]));
    }
}

async fn topics(call: Call<dyn EventLog>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.topics(&call.context).await)
}

async fn last_offset(call: Call<dyn EventLog>, topic: PathId<String>) -> HttpResponse {
    let last_offset = call.contract.last_offset(&call.context, topic.0).await;
    call.reply(StatusCode::OK, last_offset.map(|last_offset| LastOffset { last_offset }))
}

async fn append(call: Call<dyn EventLog>, topic: PathId<String>, body: PeerBody<NewEvents>) -> HttpResponse {
    let request = Append { topic: topic.0, events: body.0.events };
    let last_offset = call.contract.append(&call.context, request).await;
    call.reply(StatusCode::OK, last_offset.map(|last_offset| LastOffset { last_offset }))
}

async fn read(call: Call<dyn EventLog>, topic: PathId<String>, range: Query<ReadRange>) -> HttpResponse {
    let request = ReadEvents { topic: topic.0, range: range.0 };
    call.reply(StatusCode::OK, call.contract.read(&call.context, request).await)
}
