//! All that there is to know of a live schema: its structure, and what a structure has no words for.

use std::collections::BTreeSet;

use postgres::{GenericClient, Transaction};

use super::catalogue::Catalogue;
use super::contested::Contested;
use super::extras::extras;
use super::introspect::namespaces;
use super::members::SchemaMembers;
use super::written::written_alike;
use super::{Built, Namespace, StructureError, build};
use crate::name::SchemaName;

/// All that there is to know of a live schema but for its rows, with slots in place of the schemas' names.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    namespace: Namespace,
    /// Which of several indexes the foreign keys use.
    contested: Contested,
    /// Statements that make what the namespace has no words for, in order.
    extras: Vec<String>,
    /// All that the catalogue says, to be compared.
    catalogue: Catalogue,
}

/// Reads all that there is to know of a schema. The schema's name has to be unlike any other word in it.
pub(crate) fn snapshot(
    client: &mut impl GenericClient,
    schema: &SchemaName,
    shared: &SchemaName,
) -> Result<Snapshot, StructureError> {
    written_alike(client, |tx| read(tx, schema, shared))
}

fn read(
    tx: &mut Transaction<'_>,
    schema: &SchemaName,
    shared: &SchemaName,
) -> Result<Snapshot, StructureError> {
    let schemas = std::slice::from_ref(schema);
    let members = SchemaMembers::read(tx, schemas)?;
    let mut found = namespaces(tx, &members, schemas, shared)?;
    let namespace = found
        .remove(schema)
        .ok_or_else(|| StructureError::MissingSchema(schema.clone()))?;
    let extras = extras(tx, schema, &members)?;
    let quoted = schema.quoted();
    let extras = extras
        .iter()
        .map(|text| text.replace(&quoted, SLOT).replace(schema.as_str(), SLOT));
    Ok(Snapshot {
        namespace,
        contested: Contested::read(tx, &members)?,
        extras: extras.collect(),
        catalogue: Catalogue::read(tx, schema, &members)?,
    })
}

const SLOT: &str = "\"{tenant}\"";

impl Snapshot {
    /// Returns the statements that make such a schema, some tables of which are going to have rows.
    pub(crate) fn build(&self, filled: &BTreeSet<&str>) -> Built {
        let mut built = build(&self.namespace, filled, &self.contested);
        built.then.extend(self.extras.iter().cloned());
        built
    }

    /// The beginning of a statement that has a schema's name in it where no slot took its place: within a text, PostgreSQL
    /// does not know it for a name.
    pub(crate) fn naming(&self, schema: &SchemaName) -> Option<String> {
        let built = self.build(&BTreeSet::new());
        let mut all = built.first.into_iter().chain(built.then).chain(built.last);
        let found = all.find(|sql| sql.contains(schema.as_str()))?;
        let line = found.lines().next().unwrap_or_default();
        Some(line.replace(schema.as_str(), "{tenant}"))
    }

    /// The first difference to another schema, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        self.catalogue.difference(&other.catalogue)
    }
}
