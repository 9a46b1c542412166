//! What stands between a listener and the contracts behind it.

use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use cleave_auth::{ServiceCredential, TokenVerifier};
use cleave_core::{Caller, Clock, Context, IdempotencyKey, Ids, RequestId, User};

use super::names;
use crate::Problem;

/// Who can reach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Anybody: published operations only, and nothing that only a peer may say is believed.
    Public,
    /// Peers, which prove themselves by the service credential: all operations.
    Internal,
}

/// The code of a problem with a user's access token.
pub const UNAUTHENTICATED: &str = "unauthenticated";

/// The limits of a request.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a public caller waits, and the longest that a peer may ask for.
    pub deadline: Duration,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            max_body_bytes: 64 * 1024,
            body_timeout: Duration::from_secs(10),
        }
    }
}

/// Turns what a request says of itself into a [`Context`], and refuses what it cannot prove. One a listener
/// and thread, mounted as `Rc<Edge>` in the listener's application data.
pub struct Edge {
    /// Who can reach the listener.
    pub exposure: Exposure,
    /// The limits of its requests.
    pub limits: Limits,
    /// For deadlines.
    pub clock: Arc<dyn Clock>,
    /// For the ids of requests.
    pub ids: Arc<Ids>,
    /// Checks users' access tokens.
    pub tokens: Arc<TokenVerifier>,
    /// What peers have to present.
    pub credential: Arc<ServiceCredential>,
}

impl Edge {
    /// The edge of the listener that took this request.
    ///
    /// # Panics
    /// When the application was built without one: a fault of the composition root.
    pub fn of(request: &HttpRequest) -> &Rc<Self> {
        request.app_data::<Rc<Self>>().expect("every listener mounts its edge")
    }

    /// The id of this request: the caller's own where it is fit to be one, else a new one.
    pub fn request_id(&self, request: &HttpRequest) -> RequestId {
        text_of(request, &names::REQUEST_ID)
            .and_then(RequestId::parse)
            .unwrap_or_else(|| RequestId::from_uuid(self.ids.next()))
    }

    /// The context of this request, or why it is refused.
    pub fn context(&self, request: &HttpRequest) -> Result<Context, Problem> {
        let request_id = self.request_id(request);
        self.admit(request, &request_id)?;
        let caller = self.caller(request, &request_id)?;
        let idempotency_key = idempotency_key(request, &request_id)?;
        Ok(Context { deadline: self.deadline(request), request_id, caller, idempotency_key })
    }

    /// The context of a request that is only passed on: whoever serves it checks the caller.
    pub fn unproven_context(&self, request: &HttpRequest) -> Context {
        let key = text_of(request, &names::IDEMPOTENCY_KEY);
        Context {
            request_id: self.request_id(request),
            deadline: self.deadline(request),
            caller: Caller::Anonymous,
            idempotency_key: key.and_then(|key| IdempotencyKey::parse(key).ok()),
        }
    }

    /// Whether who asks may learn what this process did with the time: on a listener for peers, only they.
    pub(super) fn may_know_timing(&self, request_headers: &HeaderMap) -> bool {
        self.exposure == Exposure::Public || self.is_proven(request_headers)
    }

    fn is_proven(&self, request_headers: &HeaderMap) -> bool {
        let presented = request_headers.get(names::CREDENTIAL);
        presented.is_some_and(|presented| self.credential.matches(presented.as_bytes()))
    }

    fn admit(&self, request: &HttpRequest, request_id: &RequestId) -> Result<(), Problem> {
        if self.exposure == Exposure::Public {
            return Ok(());
        }
        if self.is_proven(request.headers()) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "service_credential_required",
            "this listener is for the store's own services; ask the public one",
            request_id,
        ))
    }

    fn caller(&self, request: &HttpRequest, request_id: &RequestId) -> Result<Caller, Problem> {
        let refuse =
            |detail: String| Problem::new(StatusCode::UNAUTHORIZED, UNAUTHENTICATED, detail, request_id);
        let mut authorizations = request.headers().get_all(AUTHORIZATION);
        if let Some(authorization) = authorizations.next() {
            // Which of two is meant, others on the way may have read differently.
            if authorizations.next().is_some() {
                return Err(refuse("send the header authorization once".to_owned()));
            }
            let token = authorization
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim())
                .ok_or_else(|| {
                    refuse("the header authorization must read `Bearer ACCESS_TOKEN`".to_owned())
                })?;
            let identity = self
                .tokens
                .verify(token, self.clock.now().as_unix_seconds())
                .map_err(|error| refuse(error.to_string()))?;
            return Ok(Caller::User(User {
                account_id: identity.account_id.into(),
                admin: identity.admin,
                access_token: token.into(),
            }));
        }
        let is_system = self.exposure == Exposure::Internal
            && request.headers().get(names::CALLER).is_some_and(|caller| caller == "system");
        Ok(if is_system { Caller::System } else { Caller::Anonymous })
    }

    fn deadline(&self, request: &HttpRequest) -> Instant {
        let asked_for = match self.exposure {
            Exposure::Public => None,
            Exposure::Internal => text_of(request, &names::DEADLINE_MS)
                .and_then(|text| text.parse().ok())
                .map(Duration::from_millis),
        };
        self.clock.instant() + asked_for.unwrap_or(self.limits.deadline).min(self.limits.deadline)
    }
}

fn idempotency_key(request: &HttpRequest, request_id: &RequestId) -> Result<Option<IdempotencyKey>, Problem> {
    let refuse = |reason: &dyn Display| {
        let detail = format!("the header idempotency-key is refused: {reason}");
        Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_malformed", detail, request_id)
    };
    let mut values = request.headers().get_all(names::IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(refuse(&"send it once"));
    }
    IdempotencyKey::parse(value.to_str().unwrap_or_default()).map(Some).map_err(|error| refuse(&error))
}

fn text_of<'request>(request: &'request HttpRequest, header: &HeaderName) -> Option<&'request str> {
    request.headers().get(header)?.to_str().ok()
}
