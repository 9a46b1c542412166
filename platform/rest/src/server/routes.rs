//! Routes that answer wrong methods and unknown paths with problems too.

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError as _, Route, web};

use super::Edge;
use crate::Problem;

/// The resource at `path` with a route for each of these methods; others are answered with 405.
pub fn resource<const N: usize>(path: &str, routes: [(Method, Route); N]) -> Resource {
    let allowed = routes.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ");
    let allowed = HeaderValue::try_from(allowed).expect("methods are plain text");
    let resource = routes
        .into_iter()
        .fold(web::resource(path), |resource, (method, route)| resource.route(route.method(method)));
    resource.default_service(web::to(move |request: HttpRequest| {
        let detail = format!("{} does not take {}", request.path(), request.method());
        let mut response = problem(&request, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        response.headers_mut().insert(ALLOW, allowed.clone());
        std::future::ready(response)
    }))
}

/// The answer for paths that nobody serves.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = format!("there is nothing at {}; /openapi.json lists what there is", request.path());
    problem(&request, StatusCode::NOT_FOUND, "not_found", detail)
}

fn problem(request: &HttpRequest, status: StatusCode, code: &str, detail: String) -> HttpResponse {
    Problem::new(status, code, detail, &Edge::of(request).request_id(request)).error_response()
}
