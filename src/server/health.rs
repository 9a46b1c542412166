//! What a process says of itself: whether it lives, whether it can work, what it hosts, what it measures.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use cleave_rest::Problem;
use cleave_rest::server::Edge;
use serde::Serialize;

use crate::process::Process;
use crate::topology::Link;

/// What `GET /topology` says: what this process hosts, and what it reaches elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// The version of the program.
    pub version: &'static str,
    /// The topology.
    pub topology: String,
    /// This service.
    pub service: String,
    /// The modules in this process.
    pub modules: Vec<&'static str>,
    /// The roles that it plays.
    pub roles: Vec<&'static str>,
    /// Every call that starts here.
    pub calls: Vec<Call>,
}

/// One edge of the graph of calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The module or role that calls.
    pub caller: &'static str,
    /// The module that is called.
    pub callee: &'static str,
    /// How.
    pub link: Link,
    /// Where the callee is.
    pub service: String,
}

impl Placement {
    /// What `process` hosts and reaches.
    pub fn of(process: &Process) -> Self {
        let own = process.service.name.as_str();
        let calls = process.topology.edges().filter(|edge| edge.caller_service == own).map(|edge| Call {
            caller: edge.caller,
            callee: edge.callee,
            link: edge.link,
            service: edge.callee_service.to_owned(),
        });
        Self {
            version: env!("CARGO_PKG_VERSION"),
            topology: process.topology.name().to_owned(),
            service: own.to_owned(),
            modules: process.service.modules.clone(),
            roles: process.service.roles.clone(),
            calls: calls.collect(),
        }
    }
}

/// Mounts `/health/live` and `/health/ready`, which every listener has.
pub fn mount(process: &Arc<Process>, config: &mut ServiceConfig) {
    // Liveness looks at nothing but the process: restarting it mends no database.
    let live = || async { HttpResponse::Ok().json(Health { status: "live", missing: Vec::new() }) };
    config.route("/health/live", web::get().to(live));
    let process = process.clone();
    config.route("/health/ready", web::get().to(move || ready(process.clone())));
}

/// Mounts `/metrics`, `/topology` and `/peer`, which only the internal listener has.
pub fn mount_internal(process: &Arc<Process>, config: &mut ServiceConfig) {
    let metrics = process.metrics.clone();
    config.route(
        "/metrics",
        web::get().to(move || {
            let text = metrics.render();
            async move {
                let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                HttpResponse::Ok().content_type(content_type).body(text)
            }
        }),
    );
    let placement = Placement::of(process);
    config.route(
        "/topology",
        web::get().to(move || {
            let placement = placement.clone();
            async move { HttpResponse::Ok().json(placement) }
        }),
    );
    config.route("/peer", web::get().to(known_peer));
}

/// Whether who asks would be served: only who shows the service credential is.
async fn known_peer(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Edge::of(&request).context(&request)?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

async fn ready(process: Arc<Process>) -> HttpResponse {
    let mut missing = Vec::new();
    for database in process.databases() {
        if let Err(error) = database.ping().await {
            tracing::warn!(module = database.module(), %error, "the database does not answer");
            missing.push(format!("the database of {}", database.module()));
        }
    }
    missing.extend(process.membership.missing());
    if missing.is_empty() {
        HttpResponse::Ok().json(Health { status: "ready", missing })
    } else {
        HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).json(Health { status: "not ready", missing })
    }
}
