//! Dumps of all schemas of a database by `pg_dump`, each by itself.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::dump::dump_of;
use tenantry_tests::fleet::texts;

/// The entries of a dump that belong to a schema. Their order depends on other schemas, so it does not count.
#[derive(Clone, Default)]
pub(crate) struct Dump(BTreeSet<String>);

impl Dump {
    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines of entries that only one of the two has.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let lines = |one: &Self, other: &Self| -> BTreeSet<String> {
            let own = one.0.difference(&other.0);
            own.flat_map(|entry| entry.lines().map(str::to_owned))
                .collect()
        };
        let (ones, others) = (lines(self, other), lines(other, self));
        if ones.is_empty() && others.is_empty() {
            return None;
        }
        let minus = ones.difference(&others).map(|line| format!("- {line}"));
        let plus = others.difference(&ones).map(|line| format!("+ {line}"));
        Some(minus.chain(plus).take(12).collect::<Vec<_>>().join("\n"))
    }
}

/// The dumps of all tenants; nothing where there is no `pg_dump`.
pub(crate) fn dumps(client: &mut Client, database: &TestDb) -> Option<BTreeMap<String, Dump>> {
    let names = texts(
        client,
        "SELECT schema_name FROM tenantry.tenant WHERE state = 'active'",
    );
    let text = dump_of(client, database.url(), &[])?;
    let mut all: BTreeMap<String, Dump> = BTreeMap::new();
    for (schema, entry) in entries(&text) {
        let entry = tenantry_tests::dump::normal(&entry, &schema);
        all.entry(schema).or_default().0.insert(entry);
    }
    all.retain(|name, _| names.contains(name));
    Some(all)
}

/// The entries and their schemas, as the comments before them tell. The order of rows and of grants does not count.
fn entries(text: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    let mut close = |open: &mut Option<(String, Vec<&str>)>| {
        if let Some((schema, mut lines)) = open.take() {
            lines.retain(|line| !line.starts_with("SET "));
            let has_no_order = |line: &&str| {
                ["INSERT INTO", "GRANT", "REVOKE"]
                    .iter()
                    .any(|word| line.starts_with(word))
            };
            if lines.iter().any(has_no_order) {
                lines.sort_unstable();
            }
            entries.push((schema, lines.join("\n")));
        }
    };
    for line in text.lines() {
        let is_head = line.starts_with("-- Name: ") || line.starts_with("-- Data for Name: ");
        if !is_head {
            if let Some((_, lines)) = &mut open {
                lines.push(line);
            }
            continue;
        }
        close(&mut open);
        let schema = line.split("; Schema: ").nth(1);
        let schema = schema
            .and_then(|rest| rest.split(';').next())
            .unwrap_or("-");
        open = Some((schema.to_owned(), Vec::new()));
    }
    close(&mut open);
    entries
}
