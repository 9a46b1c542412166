//! Which tables a module names: its own and no other.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Rule;
use super::tokens::{Kind, Token};
use super::workspace::Workspace;

pub(super) const MIGRATIONS_HAVE_OWNERS: Rule = Rule {
    says: "migrations/NAME is the schema of the module NAME: each module with a database has one, each file is applied \
           by its module, and no file names a table of another module",
    mend: "name the folder as the module, list the file in the module's MIGRATIONS, and ask the other module instead of \
           its tables",
    check: |workspace, findings| {
        let tables = tables(workspace);
        for one in workspace.implementations() {
            let uses_sql =
                one.dependencies.iter().any(|dependency| dependency.name == "sqlx" && !dependency.for_tests);
            let has_files =
                workspace.migrations.get(one.folder_name()).is_some_and(|files| !files.is_empty());
            if uses_sql && !has_files {
                let folder = format!("migrations/{}", one.folder_name());
                findings.breach(folder, "the module has a database and no migrations");
            }
        }
        for (module, files) in &workspace.migrations {
            let owner = workspace
                .crate_at(&format!("modules/{module}"))
                .or_else(|| workspace.crate_at(&format!("platform/{module}")));
            if owner.is_none() {
                findings.breach(format!("migrations/{module}"), format!("there is no module {module}"));
            }
            for (path, sql) in files {
                findings.examine();
                let sources = owner.into_iter().flat_map(|owner| workspace.sources_of(owner));
                let mut tokens = sources.flat_map(|source| &source.tokens);
                if !tokens.any(|token| token.kind == Kind::Text && token.text.ends_with(path)) {
                    findings.breach(path, format!("the module {module} does not apply it"));
                }
                for table in strangers(sql, sql, &tables, module) {
                    findings.breach(
                        path,
                        format!("names the table {table}, which no migration of {module} makes"),
                    );
                }
            }
        }
    },
};

pub(super) const STATEMENTS_NAME_OWN_TABLES: Rule = Rule {
    says: "a module reads and writes its own tables only",
    mend: "ask the other module through its contract; if the table is new, add a migration that makes it",
    check: |workspace, findings| {
        let tables = tables(workspace);
        for one in workspace.implementations() {
            for source in workspace.sources_of(one) {
                let texts = source.tokens.iter().filter(|token| token.kind == Kind::Text).collect::<Vec<_>>();
                let whole = texts.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join("\n");
                for token in texts {
                    if !named_tables(&token.text, &whole).is_empty() {
                        findings.examine();
                    }
                    for table in strangers(&token.text, &whole, &tables, one.folder_name()) {
                        let place = format!("{}:{}", source.path, token.line);
                        let what =
                            format!("names the table {table}, which no migration of {} makes", one.name);
                        findings.breach(place, what);
                    }
                }
            }
        }
    },
};

/// The tables that each module's migrations make.
fn tables(workspace: &Workspace) -> BTreeMap<&str, BTreeSet<String>> {
    let made_by = |files: &[(String, String)]| {
        let texts = files.iter().map(|(_, sql)| without_comments(sql)).collect::<Vec<_>>();
        texts.iter().flat_map(|sql| names_after(sql, &["CREATE TABLE"])).collect()
    };
    let own = workspace.migrations.iter().map(|(module, files)| (module.as_str(), made_by(files)));
    let mut tables = own.collect::<BTreeMap<_, BTreeSet<String>>>();
    // Some tables are the same in every module that has them: the platform keeps their text, and a module's history has it.
    for one in workspace.implementations() {
        for (name, file) in [("OUTBOX_SQL", "outbox.sql"), ("CONSUMER_SQL", "consumer.sql")] {
            let applies = |token: &Token| token.is_name(name);
            if !workspace.sources_of(one).flat_map(|source| &source.tokens).any(applies) {
                continue;
            }
            let files = workspace.migrations.values().flatten();
            let lent = files.filter(|(path, _)| path.ends_with(file)).cloned().collect::<Vec<_>>();
            tables.entry(one.folder_name()).or_default().extend(made_by(&lent));
        }
    }
    tables
}

/// The tables in a text of SQL that the module does not have. `whole` is all SQL of the file, which is put together
/// from several texts.
fn strangers(sql: &str, whole: &str, tables: &BTreeMap<&str, BTreeSet<String>>, module: &str) -> Vec<String> {
    let own = |table: &String| tables.get(module).is_some_and(|tables| tables.contains(table));
    named_tables(sql, whole).into_iter().filter(|table| !own(table)).collect()
}

/// Every table that a text of SQL names; none where the text is no SQL. Keywords are written in capitals here and
/// names in small letters, so that ordinary sentences name nothing.
fn named_tables(sql: &str, whole: &str) -> Vec<String> {
    let sql = without_comments(sql);
    let mut named = names_after(&sql, &["FROM", "JOIN", "INTO", "UPDATE", "REFERENCES", "TABLE"]);
    let words = sql.split_whitespace().collect::<Vec<_>>();
    named.extend(
        words.windows(4).filter(|words| words[0] == "INDEX" && words[2] == "ON").map(|words| name(words[3])),
    );
    // What a WITH names is no table.
    let is_made = |name: &String| {
        let by = ["WITH ", "WITH RECURSIVE "].iter().any(|start| whole.contains(&format!("{start}{name} ")));
        by || whole.contains(&format!("{name} AS ("))
    };
    named.retain(|name| !is_made(name));
    named
}

/// The names in small letters behind these keywords.
fn names_after(sql: &str, keywords: &[&str]) -> Vec<String> {
    let sql =
        format!(" {} ", sql.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" "));
    let sql = sql.replace(" IF NOT EXISTS ", " ").replace(" IF EXISTS ", " ");
    let behind = |keyword: &&str| {
        let parts = sql.split(&format!(" {keyword} ")).skip(1).map(name).collect::<Vec<_>>();
        parts.into_iter().filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()))
    };
    keywords.iter().flat_map(behind).collect()
}

fn name(text: &str) -> String {
    text.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_').collect()
}

fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
