//! The server half: [`Notifications`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_core::Page;
use cleave_rest::Problem;
use cleave_rest::server::{Call, Exposure, Query, Routes};
use utoipa::OpenApi;

use super::paths;
use crate::{ListNotifications, Notification, Notifications};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(list_notifications))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them: there are none.
#[derive(Debug, OpenApi)]
#[openapi(paths())]
pub struct InternalApi;

/// Mounts the routes. All are published, so every listener has them.
pub fn mount(config: &mut ServiceConfig, notifications: Rc<dyn Notifications>, _exposure: Exposure) {
    config.app_data(notifications);
    let mut routes = Routes::default();
    routes.on(Method::GET, paths::NOTIFICATIONS, list_notifications);
    config.service(routes);
}

/// What the caller was told, newest first, page by page.
#[utoipa::path(
    get, path = paths::NOTIFICATIONS, operation_id = "list_notifications", tag = "notifications",
    params(ListNotifications),
    responses(
        (status = 200, body = Page<Notification>),
        (status = 401, body = Problem),
        (status = 422, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn list_notifications(call: Call<dyn Notifications>, query: Query<ListNotifications>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.list_notifications(&call.context, query.0).await)
}
