//! The public API explained: the OpenAPI document, and a page to try it out that needs no other host.

use actix_web::http::header::LOCATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::openapi;

/// Mounts `/openapi.json` and `/docs`.
pub(super) fn mount(config: &mut ServiceConfig) {
    let document = web::Bytes::from(openapi::public_json());
    config.route(
        "/openapi.json",
        web::get().to(move || {
            let document = document.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(document) }
        }),
    );
    config.route("/docs", web::get().to(to_index));
    config.service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}

async fn to_index() -> impl Responder {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}
