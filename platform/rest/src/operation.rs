//! What a contract says of its operations beside the code that carries them.

/// One operation as REST knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The name in the trait, the handler, the OpenAPI document, spans and metrics: `verb_noun`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Whether a second one changes nothing more, also without an idempotency key: it may be sent again when its answer is
    /// lost.
    pub is_repeatable: bool,
}

impl Operation {
    /// One that reads.
    pub const fn get(id: &'static str, path: &'static str) -> Self {
        Self { id, method: "GET", path, is_repeatable: true }
    }

    /// One that says what there is to be at its path.
    pub const fn put(id: &'static str, path: &'static str) -> Self {
        Self { id, method: "PUT", path, is_repeatable: true }
    }

    /// One that says what a part of something is to be.
    pub const fn patch(id: &'static str, path: &'static str) -> Self {
        Self { id, method: "PATCH", path, is_repeatable: true }
    }

    /// One that takes something away.
    pub const fn delete(id: &'static str, path: &'static str) -> Self {
        Self { id, method: "DELETE", path, is_repeatable: true }
    }

    /// A command, which needs an idempotency key to be sent again.
    pub const fn post(id: &'static str, path: &'static str) -> Self {
        Self { id, method: "POST", path, is_repeatable: false }
    }

    /// The same command where a second one changes nothing by its nature.
    #[must_use]
    pub const fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// Whether a request with this method and path means this operation.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        method == self.method
            && wanted.by_ref().all(|segment| {
                given
                    .next()
                    .is_some_and(|text| text == segment || (segment.starts_with('{') && !text.is_empty()))
            })
            && given.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_segment_by_segment() {
        let operation = Operation::get("get_stock", "/api/v1/stock/{product_id}");
        assert!(operation.matches("GET", "/api/v1/stock/42"));
        for (method, path) in [
            ("PUT", "/api/v1/stock/42"),
            ("GET", "/api/v1/stock"),
            ("GET", "/api/v1/stock/"),
            ("GET", "/api/v1/stock/42/receipts"),
        ] {
            assert!(!operation.matches(method, path), "{method} {path}");
        }
    }
}
