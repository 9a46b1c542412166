//! The one OpenAPI document of the public API: the same bytes in every topology.

use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, OpenApi as Document};

/// All published operations of all modules.
pub fn public() -> Document {
    let mut document = Document::new(
        Info::builder()
            .title("Cleave")
            .description(Some(
                "An online store. Errors are RFC 9457 problem details with a stable `code`. The store behaves \
                 the same whichever way its modules are spread over processes.",
            ))
            .version(env!("CARGO_PKG_VERSION"))
            .build(),
        utoipa::openapi::Paths::new(),
    );
    for module in [catalog_api::rest::PublicApi::openapi(), inventory_api::rest::PublicApi::openapi()] {
        document.merge(module);
    }
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("access_token", token);
    document
}

/// The document as it is served and checked in.
pub fn public_json() -> String {
    // A document is plain data: it always serialises.
    let mut text = serde_json::to_string_pretty(&public()).unwrap_or_default();
    text.push('\n');
    text
}
