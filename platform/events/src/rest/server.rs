//! The server half: an [`EventLog`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use cleave_rest::server::{Call, Exposure, PathId, PeerBody, Query, Routes};

use super::body::{After, FirstOffset, LastOffset, NewEvents, Position, Through};
use super::{paths, stream};
use crate::log::{Append, ConsumerId, ConsumerProgress, EventLog, FollowEvents, ReadEvents, ReadRange, Trim};

/// Mounts the routes where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, log: Rc<dyn EventLog>, exposure: Exposure) {
    config.app_data(log);
    let mut routes = Routes::default();
    if exposure == Exposure::Internal {
        routes.on(Method::GET, paths::TOPICS, topics);
        routes.on(Method::GET, paths::TOPIC, last_offset);
        routes.on(Method::PUT, paths::EVENTS, append);
        routes.on(Method::GET, paths::EVENTS, read);
        routes.on(Method::DELETE, paths::EVENTS, trim);
        routes.on(Method::GET, paths::STREAM, follow);
        routes.on(Method::GET, paths::CONSUMERS, consumers);
        routes.on(Method::PUT, paths::CONSUMER, report);
        routes.on(Method::DELETE, paths::CONSUMER, forget);
    }
    config.service(routes);
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

async fn follow(call: Call<dyn EventLog>, topic: PathId<String>, after: Query<After>) -> HttpResponse {
    let request = FollowEvents { topic: topic.0, after: after.0.after };
    match call.contract.follow(&call.context, request).await {
        Ok(events) => stream::answer(events),
        Err(error) => call.reply(StatusCode::OK, Err::<(), _>(error)),
    }
}

async fn report(
    call: Call<dyn EventLog>,
    consumer: web::Path<(String, String)>,
    body: PeerBody<Position>,
) -> HttpResponse {
    let ((consumer, topic), Position { position }) = (consumer.into_inner(), body.0);
    let progress = ConsumerProgress { consumer, topic, position };
    call.reply(StatusCode::OK, call.contract.report(&call.context, progress).await)
}

async fn consumers(call: Call<dyn EventLog>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.consumers(&call.context).await)
}

async fn forget(call: Call<dyn EventLog>, consumer: web::Path<(String, String)>) -> HttpResponse {
    let (consumer, topic) = consumer.into_inner();
    call.reply(StatusCode::OK, call.contract.forget(&call.context, ConsumerId { consumer, topic }).await)
}

async fn trim(call: Call<dyn EventLog>, topic: PathId<String>, through: Query<Through>) -> HttpResponse {
    let request = Trim { topic: topic.0, through: through.0.through };
    let trimmed = call.contract.trim(&call.context, request).await;
    call.reply(StatusCode::OK, trimmed.map(|first_offset| FirstOffset { first_offset }))
}
