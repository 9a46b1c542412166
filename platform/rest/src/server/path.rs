//! A path with parameters in braces, and what stands in their place in a request.

/// The pieces of a path that are always the same, and between them the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// What stands before the first parameter.
    head: &'static str,
    /// Each parameter's name, and what stands behind it.
    parameters: Vec<(&'static str, &'static str)>,
}

impl Path {
    /// Reads a path like `/orders/{order_id}/cancellation`.
    ///
    /// # Panics
    /// Where a parameter is not a whole segment: a fault of the adapter.
    pub(super) fn new(text: &'static str) -> Self {
        let mut pieces = text.split('{');
        let head = pieces.next().unwrap_or_default();
        let parameters = pieces.map(|piece| piece.split_once('}').expect("what begins with { ends with }"));
        let path = Self { head, parameters: parameters.collect() };
        let are_segments = path.parameters.iter().all(|(_, tail)| tail.is_empty() || tail.starts_with('/'));
        assert!(are_segments && text.starts_with('/'), "the parameters of {text} are no segments");
        path
    }

    /// The segments that come before any parameter.
    pub(super) fn prefix(&self) -> &'static str {
        if self.parameters.is_empty() { self.head } else { self.head.trim_end_matches('/') }
    }

    /// Whether this is the path of a request.
    pub(super) fn matches(&self, path: &str) -> bool {
        let Some(mut rest) = path.strip_prefix(self.head) else { return false };
        for (_, tail) in &self.parameters {
            let length = segment_length(rest);
            let Some(behind) = rest[length..].strip_prefix(tail).filter(|_| length > 0) else { return false };
            rest = behind;
        }
        rest.is_empty()
    }

    /// Name and value of a parameter, by its number from 0, in a path that [matches](Path::matches).
    pub(super) fn parameter<'path>(
        &self,
        path: &'path str,
        number: usize,
    ) -> Option<(&'static str, &'path str)> {
        let mut rest = &path[self.head.len()..];
        for (_, tail) in self.parameters.get(..number)? {
            rest = &rest[segment_length(rest) + tail.len()..];
        }
        let (name, _) = self.parameters.get(number)?;
        Some((name, &rest[..segment_length(rest)]))
    }
}

fn segment_length(path: &str) -> usize {
    path.find('/').unwrap_or(path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = "/stock/{id}";
    const RECEIPT: &str = "/stock/{id}/receipts/{number}";

    fn found<'path>(pattern: &'static str, path: &'path str) -> Option<Vec<(&'static str, &'path str)>> {
        let pattern = Path::new(pattern);
        let parameters = (0..).map_while(|number| pattern.parameter(path, number));
        pattern.matches(path).then(|| parameters.collect())
    }

    #[test]
    fn a_parameter_is_one_segment_that_is_not_empty() {
        assert_eq!(found(STOCK, "/stock/42"), Some(vec![("id", "42")]));
        let both = vec![("id", "a b"), ("number", "\u{e4}")];
        assert_eq!(found(RECEIPT, "/stock/a b/receipts/\u{e4}"), Some(both));
        assert_eq!(found("/stock", "/stock"), Some(Vec::new()));
        for (pattern, path) in [
            ("/stock", "/stock/"),
            ("/stock", "/stock/42"),
            ("/stock", "/stocks"),
            (STOCK, "/stock"),
            (STOCK, "/stock/"),
            (STOCK, "/stock/42/"),
            (STOCK, "/stock/42/receipts"),
            (STOCK, "/stocks/42"),
            (RECEIPT, "/stock/42/receipts"),
            (RECEIPT, "/stock/42/receipts/"),
            (RECEIPT, "/stock//receipts/1"),
            (RECEIPT, "/stock/42/receipts/1/2"),
            (RECEIPT, "/stock/42/receiptsx/1"),
        ] {
            assert_eq!(found(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn what_comes_before_the_parameters_is_the_prefix() {
        assert_eq!([STOCK, RECEIPT, "/stock"].map(|path| Path::new(path).prefix()), ["/stock"; 3]);
    }

    #[test]
    #[should_panic(expected = "the parameters of /stock/{id}.json are no segments")]
    fn a_parameter_within_a_segment_is_a_fault() {
        Path::new("/stock/{id}.json");
    }
}
