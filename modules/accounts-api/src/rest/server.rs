//! The server half: [`Accounts`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, Routes};
use utoipa::OpenApi;

use super::paths;
use crate::{Account, Accounts, Credentials, NewAccount, Session};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(register, create_session, get_own_account))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them: there are none.
#[derive(Debug, OpenApi)]
#[openapi(paths())]
pub struct InternalApi;

/// Mounts the routes. All are published, so every listener has them.
pub fn mount(config: &mut ServiceConfig, accounts: Rc<dyn Accounts>, _exposure: Exposure) {
    config.app_data(accounts);
    let mut routes = Routes::default();
    routes.on(Method::POST, paths::ACCOUNTS, register);
    routes.on(Method::POST, paths::SESSIONS, create_session);
    routes.on(Method::GET, paths::OWN_ACCOUNT, get_own_account);
    config.service(routes);
}

/// Opens an account.
#[utoipa::path(
    post, path = paths::ACCOUNTS, operation_id = "register", tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "makes a retry safe")),
    request_body = NewAccount,
    responses(
        (status = 201, body = Account),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
        (status = 429, body = Problem)
    )
)]
async fn register(call: Call<dyn Accounts>, body: Body<NewAccount>) -> HttpResponse {
    let result = call.contract.register(&call.context, body.0).await;
    call.reply_created(result, |_| paths::OWN_ACCOUNT.to_owned())
}

/// Logs in: the access token goes into the header `authorization` of what follows.
#[utoipa::path(
    post, path = paths::SESSIONS, operation_id = "create_session", tag = "accounts",
    request_body = Credentials,
    responses((status = 201, body = Session), (status = 401, body = Problem), (status = 429, body = Problem))
)]
async fn create_session(call: Call<dyn Accounts>, body: Body<Credentials>) -> HttpResponse {
    call.reply(StatusCode::CREATED, call.contract.create_session(&call.context, body.0).await)
}

/// The caller's account.
#[utoipa::path(
    get, path = paths::OWN_ACCOUNT, operation_id = "get_own_account", tag = "accounts",
    responses((status = 200, body = Account), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("access_token" = []))
)]
async fn get_own_account(call: Call<dyn Accounts>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_own_account(&call.context).await)
}
