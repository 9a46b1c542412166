//! The one OpenAPI document of the public API: the same bytes in every topology.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Content, Header, Info, ObjectBuilder, OpenApi as Document, Ref, RefOr, Response, Type,
};

use crate::house::PUBLISHED;

/// RFC 9457, section 6.1.
const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

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
    for published in PUBLISHED {
        document.merge((published.api)());
    }
    declare_problems(&mut document);
    declare_timing(&mut document);
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("access_token", token);
    document
}

/// Every refusal is a problem, and problems have a media type of their own; said here once for all operations, with
/// those refusals that every operation has.
fn declare_problems(document: &mut Document) {
    for operation in operations(document) {
        for (status, response) in &mut operation.responses.responses {
            if let (true, RefOr::T(response)) = (status.starts_with(['4', '5']), response)
                && let Some(content) = response.content.shift_remove("application/json")
            {
                response.content.insert(PROBLEM_MEDIA_TYPE.to_owned(), content);
            }
        }
        let any_other = Response::builder()
            .description("Any other refusal: what is malformed, too large, too late, or away")
            .content(PROBLEM_MEDIA_TYPE, Content::new(Some(Ref::from_schema_name("Problem"))))
            .build();
        operation.responses.responses.insert("default".to_owned(), RefOr::T(any_other));
    }
}

/// Every answer may tell where its time went.
fn declare_timing(document: &mut Document) {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String));
    header.description = Some(
        "Where the time of this request went, in milliseconds. Only where the deployment has `server.timing_headers` \
         switched on; it is off by default."
            .to_owned(),
    );
    for operation in operations(document) {
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.headers.insert("Server-Timing".to_owned(), RefOr::T(header.clone()));
            }
        }
    }
}

/// All operations of all paths.
fn operations(document: &mut Document) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|path| {
        [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch]
            .into_iter()
            .flatten()
    })
}

/// The document as it is served and checked in.
pub fn public_json() -> String {
    // A document is plain data: it always serialises.
    let mut text = serde_json::to_string_pretty(&public()).unwrap_or_default();
    text.push('\n');
    text
}
