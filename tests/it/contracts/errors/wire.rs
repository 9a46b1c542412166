//! A link without a store behind it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::ServiceConfig;
use cleave_auth::{ServiceCredential, TokenVerifier};
use cleave_core::{Caller, Clock as _, Context, ContractError, Ids, RequestId, SystemClock};
use cleave_rest::server::{Edge, Exposure, Limits};
use cleave_rest::{MemoryServer, Outgoing, Peer, Problem, Request, headers, status_of};
use serde_json::Value;
use tokio::task::LocalSet;

use crate::support::store::{Store, runtime};

/// A link in memory to a server half, without a store behind it.
pub(super) struct Wire {
    clock: Arc<SystemClock>,
    ids: Arc<Ids>,
    tokens: Arc<TokenVerifier>,
    credential: Arc<ServiceCredential>,
}

impl Wire {
    pub(super) fn new() -> Self {
        let store = Store::empty();
        let tokens = TokenVerifier::from_dir(&store.settings.keys_dir()).expect("there is a key");
        let credential = ServiceCredential::load(&store.settings.credential_file()).expect("there is one");
        let (clock, ids) = (store.clock.clone(), store.ids.clone());
        Self { clock, ids, tokens: Arc::new(tokens), credential: Arc::new(credential) }
    }

    /// Runs `check` against the routes that `mount` mounts.
    pub(super) fn carry(
        &self,
        mount: impl Fn(&mut ServiceConfig) + 'static,
        check: impl AsyncFnOnce(&Self, Peer),
    ) {
        let edge = Rc::new(Edge {
            exposure: Exposure::Internal,
            limits: Limits::default(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            tokens: self.tokens.clone(),
            credential: self.credential.clone(),
        });
        let routes = move |config: &mut ServiceConfig| {
            config.app_data(edge.clone());
            mount(config);
        };
        let server = Rc::new(MemoryServer::new(routes, None));
        let peer = Peer::memory("module", server, self.clock.clone(), &self.credential);
        LocalSet::new().block_on(&runtime(), check(self, peer));
    }

    pub(super) fn context(&self) -> Context {
        Context {
            request_id: RequestId::from_uuid(self.ids.next()),
            deadline: self.clock.instant() + Duration::from_secs(30),
            caller: Caller::Anonymous,
            idempotency_key: None,
        }
    }

    /// What a person sees of the error, and what a peer sees of it.
    pub(super) async fn shows<E: ContractError>(&self, peer: &Peer, path: &str, error: &E) {
        let serialised = serde_json::to_value(error).expect("a contract's error serialises");
        assert_eq!(serialised["code"], error.code(), "the tag of the variant is its code");
        for typed in [false, true] {
            let mut request = Request::new(Method::GET, path, Outgoing::empty()).expect("a path");
            if typed {
                let name = HeaderName::from_static(headers::ERRORS);
                request.append(&name, &HeaderValue::from_static("typed"));
            }
            let context = self.context();
            let answer = peer.forward(&context, None, request).await.expect("an answer");
            assert_eq!(answer.status, status_of(error.kind()), "{error:?}");
            assert_eq!(
                answer.fields.get("content-type"),
                Some(&b"application/problem+json"[..]),
                "{error:?}"
            );
            let mut body = answer.body;
            let mut bytes = Vec::new();
            while let Some(piece) = std::future::poll_fn(|waker| body.poll_data(waker)).await {
                bytes.extend_from_slice(&piece.expect("the answer does not break off"));
            }
            let problem: Problem = serde_json::from_slice(&bytes).expect("a problem");
            assert_eq!((problem.code.as_str(), problem.detail), (error.code(), error.to_string()));
            assert_eq!(problem.request_id, context.request_id.as_str());
            let members = error.members().into_iter().map(|(name, value)| (name.to_owned(), value));
            assert_eq!(problem.members, members.collect());
            assert_eq!(problem.error, typed.then(|| serialised.clone()).or(None::<Value>));
        }
    }
}
