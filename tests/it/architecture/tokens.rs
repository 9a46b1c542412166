//! Rust sources as words: enough to see which names a file uses, and no more. Comments are left out; what is compiled
//! for tests only is told apart.

/// One word of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// A name, the inside of a string, or one sign.
    pub(super) text: String,
    pub(super) line: usize,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Text,
    Lifetime,
    Sign,
}

impl Token {
    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign && self.text.starts_with(sign)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }
}

/// What is left of a source when the code of its tests is taken away.
#[derive(Debug, Default)]
pub(super) struct Shipped {
    pub(super) tokens: Vec<Token>,
    /// Modules in files of their own that are compiled for tests only.
    pub(super) test_modules: Vec<String>,
}

/// Reads a source.
pub(super) fn shipped(source: &str) -> Shipped {
    let tokens = tokens(source);
    let mut shipped = Shipped::default();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(item) = after_cfg_test(&tokens[at..]) {
            let item_start = at + item;
            let end = item_start + item_length(&tokens[item_start..]);
            if let [.., keyword, name, semicolon] = &tokens[item_start..end]
                && keyword.is_name("mod")
                && semicolon.is_sign(';')
            {
                shipped.test_modules.push(name.text.clone());
            }
            at = end;
        } else {
            shipped.tokens.push(tokens[at].clone());
            at += 1;
        }
    }
    shipped
}

/// The length of `#[cfg(test)]` and of the attributes behind it, where they stand here.
fn after_cfg_test(tokens: &[Token]) -> Option<usize> {
    let texts = tokens.iter().take(7).map(|token| token.text.as_str()).collect::<Vec<_>>();
    if texts != ["#", "[", "cfg", "(", "test", ")", "]"] {
        return None;
    }
    let mut at = 7;
    while tokens.get(at).is_some_and(|token| token.is_sign('#')) {
        at += 1 + nested_length(&tokens[at + 1..]);
    }
    Some(at)
}

/// How many tokens an item has: to its semicolon, or to the end of its block.
fn item_length(tokens: &[Token]) -> usize {
    let words = tokens
        .iter()
        .take_while(|token| token.kind == Kind::Name || token.is_sign('(') || token.is_sign(')'));
    let words = words.map(|token| token.text.as_str()).collect::<Vec<_>>();
    let ends_with_semicolon = !words.contains(&"fn")
        && ["use", "const", "static", "type"].iter().any(|keyword| words.contains(keyword));
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is_sign(';') {
            return at + 1;
        }
        if token.is_sign('{') || token.is_sign('(') || token.is_sign('[') {
            let is_block = token.is_sign('{');
            at += nested_length(&tokens[at..]);
            if is_block && !ends_with_semicolon {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// How many tokens there are from an opening sign to the closing one.
pub(super) fn nested_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Sign {
            match token.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// All words of a source, without comments.
fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source, line: 1, tokens: Vec::new() };
    while !reader.rest.is_empty() {
        reader.step();
    }
    reader.tokens
}

struct Reader<'source> {
    rest: &'source str,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        let first = rest.chars().next().unwrap_or_default();
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment_bytes(rest));
        } else if let Some((prefix_bytes, hashes)) = raw_string_start(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = &rest[prefix_bytes..];
            let inside_bytes = inside.find(&end).unwrap_or(inside.len());
            self.push(Kind::Text, &inside[..inside_bytes]);
            self.skip((prefix_bytes + inside_bytes + end.len()).min(rest.len()));
        } else if let Some(prefix_bytes) = string_start(rest) {
            let inside = &rest[prefix_bytes..];
            let inside_bytes = string_bytes(inside);
            self.push(Kind::Text, &inside[..inside_bytes]);
            self.skip((prefix_bytes + inside_bytes + 1).min(rest.len()));
        } else if first == '\'' {
            self.quote();
        } else if first.is_alphabetic() || first == '_' {
            let bytes = name_bytes(rest);
            self.push(Kind::Name, &rest[..bytes]);
            self.skip(bytes);
        } else if first.is_ascii_digit() {
            self.skip(name_bytes(rest));
        } else {
            if !first.is_whitespace() {
                self.push(Kind::Sign, &rest[..first.len_utf8()]);
            }
            self.skip(first.len_utf8());
        }
    }

    /// A lifetime, or a character.
    fn quote(&mut self) {
        let rest = self.rest;
        let inside = &rest[1..];
        let name = name_bytes(inside);
        if name > 0 && !inside[name..].starts_with('\'') {
            self.push(Kind::Lifetime, &rest[..=name]);
            self.skip(1 + name);
        } else {
            let escaped = inside.strip_prefix('\\').and_then(|rest| rest.chars().next());
            let past = escaped.map_or(0, |sign| 1 + sign.len_utf8());
            self.skip(inside[past..].find('\'').map_or(rest.len(), |end| 1 + past + end + 1));
        }
    }

    fn push(&mut self, kind: Kind, text: &str) {
        self.tokens.push(Token { kind, text: text.to_owned(), line: self.line });
    }

    fn skip(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }
}

fn name_bytes(text: &str) -> usize {
    text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len())
}

fn block_comment_bytes(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bytes up to the inside of a raw string, and how many signs # it has.
fn raw_string_start(text: &str) -> Option<(usize, usize)> {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| text.starts_with(prefix))?;
    let hashes = text[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    text[prefix.len() + hashes..].starts_with('"').then_some((prefix.len() + hashes + 1, hashes))
}

/// Bytes up to the inside of a string.
fn string_start(text: &str) -> Option<usize> {
    ["\"", "b\"", "c\""].into_iter().find(|prefix| text.starts_with(prefix)).map(str::len)
}

/// Bytes of the inside of a string, up to its closing quote.
fn string_bytes(text: &str) -> usize {
    let mut escaped = false;
    text.find(|character| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes
    })
    .unwrap_or(text.len())
}

#[test]
fn names_are_found_where_the_compiler_sees_them_and_nowhere_else() {
    let source = r#"
        // a_comment::about()
        /* one /* inside */ another */
        use real::{thing as other}; let a: &'life str = "in \" text"; let b = r"raw \ one"; let c = '"'; let d = '\'';
        #[cfg(test)] use hidden::{first, second};
        #[cfg(test)]
        #[expect(missing_docs, reason = "tests")]
        mod tests { fn hidden() { { hidden() } } }
        #[cfg(test)] mod elsewhere;
        fn after() {}
    "#;
    let shipped = shipped(source);
    let of_kind = |kind| {
        let found = shipped.tokens.iter().filter(move |token| token.kind == kind);
        found.map(|token| token.text.as_str()).collect::<Vec<_>>()
    };
    let names =
        ["use", "real", "thing", "as", "other", "let", "a", "str", "let", "b", "let", "c", "let", "d"];
    assert_eq!(of_kind(Kind::Name), [&names[..], &["fn", "after"]].concat());
    assert_eq!(of_kind(Kind::Text), ["in \\\" text", r"raw \ one"]);
    assert_eq!(of_kind(Kind::Lifetime), ["'life"]);
    assert_eq!(shipped.test_modules, ["elsewhere"]);
    assert_eq!(shipped.tokens.last().map(|token| token.line), Some(10));
}
