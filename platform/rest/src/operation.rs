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
}

impl Operation {
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
        let operation = Operation { id: "get_stock", method: "GET", path: "/api/v1/stock/{product_id}" };
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
