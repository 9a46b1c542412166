//! Which names may stand where, from the sources.

use std::collections::BTreeSet;

use super::rule::{Exception, Exceptions, Findings, Rule};
use super::tokens::{Kind, Token, nested_length};
use super::workspace::{Source, Workspace};

/// What is measured beside the store, and is not built as it is.
const REFERENCES: &[&str] = &["benches/floor/", "benches/plain/"];

/// What stands for HTTP in a source.
const HTTP_NAMES: &[&str] = &[
    "actix_web",
    "actix_http",
    "actix_server",
    "actix_service",
    "http",
    "hyper",
    "hyper_util",
    "utoipa",
    "utoipa_swagger_ui",
];

pub(super) const HTTP_STANDS_AT_THE_EDGE: Rule = Rule {
    says: "HTTP is named in platform/rest, under rest/ of the contracts, of the event log and of the registry, in the root package, in the bare handlers and in the plain monolith; \
           utoipa also where it derives the schema of a type",
    mend: "put what speaks HTTP under rest/ of the contract, and let it call the trait",
    check: |workspace, findings| {
        let mut exceptions = Exceptions::new(OTHER_PLACES_OF_HTTP);
        for source in &workspace.sources {
            let allowed = source.path.starts_with("platform/rest/")
                || source.path.starts_with("platform/events/src/rest/")
                || source.path.starts_with("platform/discovery/src/rest/")
                || source.path.starts_with("src/")
                || REFERENCES.iter().any(|folder| source.path.starts_with(folder))
                || contract_folder(&source.path).is_some_and(|rest| rest.starts_with("rest/"));
            for (token, next) in pairs(&source.tokens) {
                let is_crate = HTTP_NAMES.contains(&token.text.as_str()) && next.is_sign(':')
                    || token.is_name("actix_web");
                if token.kind != Kind::Name || !is_crate {
                    continue;
                }
                findings.examine();
                let is_model = contract_folder(&source.path).is_some_and(|file| file == "model.rs");
                let derives =
                    token.text == "utoipa" && (is_model || exceptions.cover(&source.path, "utoipa"));
                if !allowed && !derives && !exceptions.cover(&source.path, &token.text) {
                    findings.breach(place(source, token), format!("names {}", token.text));
                }
            }
        }
        exceptions.report_unused(findings);
    },
};

const OTHER_PLACES_OF_HTTP: &[Exception] = &[
    Exception {
        place: "platform/core/src/",
        what: "utoipa",
        reason: "ids, money, times and pages are in the schemas of all contracts",
    },
    Exception { place: "benches/compare/src/", what: "http", reason: "the instrument's own little HTTP/1.1" },
];

pub(super) const SQL_IS_NAMED_IN_STORES: Rule = Rule {
    says: "sqlx is named in platform/db, in implementations, in the bare handlers and in the plain monolith only",
    mend: "put the query into the module's store.rs, and what all stores need into platform/db",
    check: |workspace, findings| {
        for source in &workspace.sources {
            let in_implementation = workspace
                .implementations()
                .any(|one| source.path.starts_with(&format!("{}/src/", one.folder)));
            let allowed = in_implementation
                || ["platform/db/", "platform/events/"]
                    .iter()
                    .chain(REFERENCES)
                    .any(|folder| source.path.starts_with(folder));
            for token in source.tokens.iter().filter(|token| token.is_name("sqlx")) {
                findings.examine();
                if !allowed {
                    findings.breach(place(source, token), "names sqlx");
                }
            }
        }
    },
};

/// What only who holds a database has.
const DATABASE_NAMES: &[&str] = &["Transaction", "Connection", "Pool", "AnyPool", "Statements", "Database"];

pub(super) const CONTRACTS_ARE_OWNED: Rule = Rule {
    says: "nothing borrowed and no transaction crosses a contract: its methods take &self, a &Context and owned data",
    mend: "take and give owned types; what must be in one transaction belongs into one module",
    check: |workspace, findings| {
        for one in workspace.contracts() {
            for source in workspace.sources_of(one) {
                for token in
                    source.tokens.iter().filter(|token| DATABASE_NAMES.contains(&token.text.as_str()))
                {
                    findings.breach(place(source, token), format!("names {}", token.text));
                }
                if source.path.ends_with("/src/lib.rs") {
                    check_traits(source, findings);
                }
            }
        }
    },
};

fn check_traits(source: &Source, findings: &mut Findings) {
    let tokens = &source.tokens;
    for start in (0..tokens.len()).filter(|at| tokens[*at].is_name("trait")) {
        let Some(open) = (start..tokens.len()).find(|at| tokens[*at].is_sign('{')) else { continue };
        let body = &tokens[open..open + nested_length(&tokens[open..])];
        for (token, next) in pairs(body) {
            if token.is_name("fn") {
                findings.examine();
            }
            if token.is_sign('&') && !next.is_name("self") && !next.is_name("Context") {
                findings.breach(
                    place(source, token),
                    format!("borrows {} in the trait of a contract", next.text),
                );
            }
        }
    }
}

pub(super) const NOBODY_ASKS_FOR_THE_TOPOLOGY: Rule = Rule {
    says: "outside compose/ and topology/ no code asks which topology is running, and no code names a preset",
    mend: "let src/compose/hosted.rs decide, and hand over the result (a client, an address, a number)",
    check: |workspace, findings| {
        let mut exceptions = Exceptions::new(PLACES_THAT_KNOW_TOPOLOGIES);
        for source in workspace.sources.iter().filter(|source| !source.path.starts_with("benches/")) {
            findings.examine();
            for token in &source.tokens {
                let asked = match token.kind {
                    Kind::Name => {
                        token.text.eq_ignore_ascii_case("topology")
                            || ["hosts", "host_of"].contains(&token.text.as_str())
                    }
                    Kind::Text => workspace.presets.contains(&token.text),
                    _ => false,
                };
                if asked && !exceptions.cover(&source.path, &token.text) {
                    findings.breach(place(source, token), format!("names {:?}", token.text));
                }
            }
        }
        if workspace.presets.is_empty() {
            findings.breach("config/topologies", "there are no presets");
        }
        exceptions.report_unused(findings);
    },
};

const PLACES_THAT_KNOW_TOPOLOGIES: &[Exception] = &[
    Exception { place: "src/topology/", what: "*", reason: "it is what a topology is" },
    Exception { place: "src/compose/hosted.rs", what: "*", reason: "local or remote is decided here" },
    Exception { place: "src/process.rs", what: "*", reason: "it opens the databases of what is hosted here" },
    Exception { place: "src/lib.rs", what: "topology", reason: "it declares the module" },
    Exception {
        place: "src/house.rs",
        what: "topology",
        reason: "it hands the parts of the house to topology/",
    },
    Exception {
        place: "src/settings.rs",
        what: "topology",
        reason: "it reads the key, and does not look at it",
    },
    Exception { place: "src/cli/", what: "*", reason: "people name topologies on the command line" },
    Exception {
        place: "src/doctor/",
        what: "*",
        reason: "it compares what a topology says with what there is",
    },
    Exception { place: "src/doctor.rs", what: "*", reason: "it declares the check of that name" },
    Exception { place: "src/directory.rs", what: "*", reason: "a book of addresses for each service" },
    Exception {
        place: "src/membership.rs",
        what: "*",
        reason: "whether there is anybody to be found, and whom a process waits for before it is ready",
    },
    Exception {
        place: "src/membership/",
        what: "*",
        reason: "whom a process has to find, and over which links",
    },
    Exception {
        place: "src/provision.rs",
        what: "*",
        reason: "it opens the whole store as one process without a listener",
    },
    Exception {
        place: "src/server.rs",
        what: "*",
        reason: "which sockets to bind, and a process's share of the cores",
    },
    Exception { place: "src/server/", what: "*", reason: "a process says of itself what it hosts" },
    Exception {
        place: "src/gateway/forward.rs",
        what: "topology",
        reason: "the label of the link in its metrics",
    },
    Exception {
        place: "src/supervisor/table.rs",
        what: "hosts",
        reason: "a column for people; another fills it",
    },
    Exception {
        place: "src/supervisor/",
        what: "topology",
        reason: "the name goes into run.json and into messages",
    },
];

/// What carries any business: it knows no word of this one.
const BONES: &[&str] = &[
    "platform/",
    "benches/compare/",
    "src/gateway/",
    "src/topology/",
    "src/supervisor/",
    "src/listeners.rs",
    "src/listeners/",
    "src/server.rs",
    "src/server/",
    "src/directory.rs",
];

/// Words of the store beside the names of its modules and of what they publish.
const WORDS_OF_THE_STORE: &[&str] = &[
    "product",
    "products",
    "stock",
    "sku",
    "price",
    "prices",
    "goods",
    "category",
    "customer",
    "shop",
    "reservation",
    "reservations",
    "receipt",
    "receipts",
    "warehouse",
    "checkout",
    "payment",
    "basket",
];

pub(super) const BONES_KNOW_NO_WORD_OF_THE_STORE: Rule = Rule {
    says: "platform, instrument, gateway, topologies, supervisor and server know no word of the store, so that they could \
           carry another business",
    mend: "take the word as a parameter: modules, src/house.rs, src/compose.rs and src/journeys.rs hand it over",
    check: |workspace, findings| {
        let mut exceptions = Exceptions::new(WORDS_THAT_MAY_STAND);
        let words = words_of_the_store(workspace);
        for source in &workspace.sources {
            if !BONES.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            findings.examine();
            for token in source.tokens.iter().filter(|token| matches!(token.kind, Kind::Name | Kind::Text)) {
                for word in words_in(&token.text).filter(|word| words.contains(word)) {
                    if !exceptions.cover(&source.path, &word) {
                        findings.breach(place(source, token), format!("says {word:?} in {:?}", token.text));
                    }
                }
            }
        }
        exceptions.report_unused(findings);
    },
};

const WORDS_THAT_MAY_STAND: &[Exception] = &[
    Exception {
        place: "platform/rest/src/server/body.rs",
        what: "category",
        reason: "serde_json's word for a kind of error",
    },
    Exception {
        place: "platform/rest/src/problem.rs",
        what: "payment",
        reason: "HTTP's word for status 402",
    },
];

fn words_of_the_store(workspace: &Workspace) -> BTreeSet<String> {
    let modules = workspace.implementations().map(|one| one.folder_name().to_owned());
    let segments = workspace.house.prefixes.iter().filter_map(|prefix| prefix.rsplit('/').next());
    let fixed = WORDS_OF_THE_STORE.iter().copied();
    modules.chain(segments.chain(fixed).map(str::to_owned)).collect()
}

/// The words of a name or text, in small letters: `OpenStock`, `open_stock` and `open-stock` have the same two.
fn words_in(text: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for character in text.chars() {
        if !character.is_alphanumeric() || (after_small && character.is_uppercase()) {
            words.push(String::new());
        }
        after_small = character.is_lowercase();
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

fn pairs(tokens: &[Token]) -> impl Iterator<Item = (&Token, &Token)> {
    tokens.iter().zip(tokens.iter().skip(1))
}

/// The path inside `src` of a file that belongs to a contract.
fn contract_folder(path: &str) -> Option<&str> {
    let (module, file) = path.strip_prefix("modules/")?.split_once("/src/")?;
    module.ends_with("-api").then_some(file)
}

fn place(source: &Source, token: &Token) -> String {
    format!("{}:{}", source.path, token.line)
}
