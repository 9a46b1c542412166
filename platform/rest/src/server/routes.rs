//! The operations of an adapter, found by a table of their paths.
//!
//! It stands in place of actix-web's resources, which try a regular expression for each path until one matches. Their semantics are
//! kept: a parameter is one segment that is not empty, and the first path that matches counts.

use std::collections::BTreeSet;
use std::future::ready;
use std::rc::Rc;

use actix_service::fn_service;
use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder, ResponseError as _};
use futures_util::future::LocalBoxFuture;

use super::Edge;
use super::path::Path;
use crate::Problem;

type Answering = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;
type Operation = dyn Fn(ServiceRequest) -> Answering;

/// The operations of an adapter; unknown paths and wrong methods are answered with problems too.
#[derive(Default)]
pub struct Routes(Vec<Resource>);

/// What there is at one path.
struct Resource {
    path: Path,
    operations: Vec<(Method, Box<Operation>)>,
}

impl Routes {
    /// Adds an operation. A path may have others, with other methods.
    pub fn on<F, Arguments>(&mut self, method: Method, path: &'static str, handler: F)
    where
        F: Handler<Arguments>,
        Arguments: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let answer = Box::new(move |request: ServiceRequest| -> Answering {
            let handler = handler.clone();
            Box::pin(async move {
                let (request, mut payload) = request.into_parts();
                let response = match Arguments::from_request(&request, &mut payload).await {
                    Ok(arguments) => handler.call(arguments).await.respond_to(&request).map_into_boxed_body(),
                    Err(error) => HttpResponse::from_error(error),
                };
                Ok(ServiceResponse::new(request, response))
            })
        });
        let path = Path::new(path);
        match self.0.iter_mut().find(|resource| resource.path == path) {
            Some(resource) => resource.operations.push((method, answer)),
            None => self.0.push(Resource { path, operations: vec![(method, answer)] }),
        }
    }

    fn answer(&self, mut request: ServiceRequest) -> Answering {
        let path = request.match_info().as_str();
        let Some(resource) = self.0.iter().find(|resource| resource.path.matches(path)) else {
            let response = no_such_path(request.request());
            return Box::pin(ready(Ok(request.into_response(response))));
        };
        let mut operations = resource.operations.iter();
        let Some((_, answer)) = operations.find(|(method, _)| method == request.method()) else {
            let response = resource.not_allowed(request.request());
            return Box::pin(ready(Ok(request.into_response(response))));
        };
        let mut number = 0;
        while let Some((name, value)) = resource.path.parameter(request.match_info().as_str(), number) {
            let value = value.to_owned();
            request.match_info_mut().add_static(name, value);
            number += 1;
        }
        answer(request)
    }
}

impl HttpServiceFactory for Routes {
    fn register(self, application: &mut AppService) {
        let prefixes = self.0.iter().map(|resource| resource.path.prefix()).collect::<BTreeSet<_>>();
        let routes = Rc::new(self);
        for prefix in prefixes {
            let routes = routes.clone();
            let service = fn_service(move |request| routes.answer(request));
            application.register_service(ResourceDef::prefix(prefix), None, service, None);
        }
    }
}

impl Resource {
    /// The answer to a method that is not among those of the operations here.
    fn not_allowed(&self, request: &HttpRequest) -> HttpResponse {
        let detail = format!("{} does not take {}", request.path(), request.method());
        let mut response = problem(request, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        let allowed = self.operations.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>();
        let allowed = HeaderValue::try_from(allowed.join(", ")).expect("methods are plain text");
        response.headers_mut().insert(ALLOW, allowed);
        response
    }
}

/// The answer for paths that nobody serves.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    no_such_path(&request)
}

fn no_such_path(request: &HttpRequest) -> HttpResponse {
    let detail = format!("there is nothing at {}; /openapi.json lists what there is", request.path());
    problem(request, StatusCode::NOT_FOUND, "not_found", detail)
}

fn problem(request: &HttpRequest, status: StatusCode, code: &str, detail: String) -> HttpResponse {
    Problem::new(status, code, detail, &Edge::of(request).request_id(request)).error_response()
}
