//! All that there is to know of a live schema: its structure, and what a structure has no words for.

use postgres::GenericClient;
use postgres::types::Type;

use super::{Namespace, StructureError, build, introspect};
use crate::name::SchemaName;

/// All that there is to know of a live schema, with slots in place of the schemas' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) namespace: Namespace,
    /// Statements that make what the namespace has no words for, in order.
    pub(crate) extras: Vec<String>,
    /// What can be compared only: the order of columns, who owns and may do what, what sequences are at.
    pub(crate) facts: Vec<String>,
    /// The tables that have rows, or had some.
    pub(crate) filled: Vec<String>,
}

/// Reads all that there is to know of a schema. The schema's name has to be unlike any other word in it.
pub(crate) fn snapshot(
    client: &mut impl GenericClient,
    schema: &SchemaName,
    shared: &SchemaName,
) -> Result<Snapshot, StructureError> {
    let mut found = introspect(client, std::slice::from_ref(schema), shared)?;
    let namespace = found
        .remove(schema)
        .ok_or_else(|| StructureError::MissingSchema(schema.clone()))?;
    let mut snapshot = Snapshot {
        namespace,
        extras: Vec::new(),
        facts: Vec::new(),
        filled: Vec::new(),
    };
    let rows = client.query_typed(
        include_str!("extras.sql"),
        &[(&schema.as_str(), Type::NAME)],
    )?;
    for row in &rows {
        let text: String = row.try_get("text")?;
        let text = text.replace(schema.as_str(), "\"{tenant}\"");
        match row.try_get("kind")? {
            "do" => snapshot.extras.push(text),
            "rows" => snapshot.filled.push(text),
            _ => snapshot.facts.push(text),
        }
    }
    Ok(snapshot)
}

impl Snapshot {
    /// The beginning of a statement that has a schema's name in it where no slot took its place: within a text, PostgreSQL
    /// does not know it for a name.
    pub(crate) fn naming(&self, schema: &SchemaName) -> Option<String> {
        let mut all = build(&self.namespace)
            .into_iter()
            .chain(self.extras.clone());
        let found = all.find(|sql| sql.contains(schema.as_str()))?;
        let line = found.lines().next().unwrap_or_default();
        Some(line.replace(schema.as_str(), "{tenant}"))
    }

    /// What one has and the other has not, in words: the first difference.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        for (name, table) in &self.namespace.tables {
            if other.namespace.tables.get(name) != Some(table) {
                return Some(format!("the table `{name}`"));
            }
        }
        for (name, definition) in &self.namespace.objects {
            if other.namespace.objects.get(name) != Some(definition) {
                return Some(format!("the {name}"));
            }
        }
        let lists = [(&self.extras, &other.extras), (&self.facts, &other.facts)];
        for (ours, theirs) in lists {
            if let Some(missing) = ours.iter().find(|text| !theirs.contains(text)) {
                return Some(format!("`{missing}`"));
            }
        }
        None
    }
}
