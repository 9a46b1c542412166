//! What the store answered.

use cleave_compare::{Request, Response};
use serde_json::Value;

/// An answer, with what it answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) asked: String,
    pub(crate) response: Response,
}

impl Answer {
    pub(crate) fn new(request: &Request, response: Response) -> Self {
        Self { asked: format!("{} {}", request.method, request.path), response }
    }

    pub(crate) fn status(&self) -> u16 {
        self.response.status
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.response.body)
            .unwrap_or_else(|error| panic!("{}: the body is no JSON ({error}): {self:?}", self.asked))
    }

    /// The body of an answer that has to have this status.
    #[track_caller]
    pub(crate) fn with_status(&self, status: u16) -> Value {
        assert_eq!(self.status(), status, "{}: {}", self.asked, self.response.text());
        self.json()
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        self.with_status(200)
    }

    #[track_caller]
    pub(crate) fn created(&self) -> Value {
        self.with_status(201)
    }

    /// The body of an answer that has to be a problem of this kind, complete as RFC 9457 and this store want it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.with_status(status);
        let asked = &self.asked;
        assert_eq!(problem["code"], code, "{asked}: {problem}");
        assert_eq!(problem["status"], status, "{asked}: {problem}");
        assert_eq!(problem["type"], format!("urn:cleave:problem:{code}"), "{asked}: {problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{asked}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{asked}: {problem}");
        assert!(problem.get("error").is_none(), "{asked}: a peer's error reached the public: {problem}");
        assert_eq!(self.response.header("content-type"), Some("application/problem+json"), "{asked}");
        assert_eq!(
            self.response.header("x-request-id"),
            problem["request_id"].as_str(),
            "{asked}: {problem}"
        );
        problem
    }

    /// The same for a part of the store that is away: it says when to come again.
    #[track_caller]
    pub(crate) fn come_again(&self, status: u16, code: &str) -> Value {
        let problem = self.problem(status, code);
        let seconds = self.response.header("retry-after").and_then(|text| text.parse::<u32>().ok());
        assert!(seconds.is_some(), "{}: no Retry-After in {:?}", self.asked, self.response.headers);
        problem
    }
}

/// The text of a field that has to be there.
#[track_caller]
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field:?} in {value}")).to_owned()
}
