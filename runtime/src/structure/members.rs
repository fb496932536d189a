//! Members of live schemas, by their kinds: so that the catalogues are asked only about what there is, and by number.
//!
//! PostgreSQL plans each statement anew, and one about all kinds of objects takes longer to plan than to execute.

use std::collections::BTreeMap;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Row};

use super::StructureError;
use crate::name::SchemaName;

/// The members of some schemas.
pub(super) struct SchemaMembers {
    /// The schemas that exist, by their names.
    schemas: BTreeMap<String, LiveSchema>,
    all: Vec<SchemaMember>,
}

/// A schema that exists.
pub(super) struct LiveSchema {
    pub(super) oid: u32,
    /// Whether it is in the search path.
    pub(super) is_in_path: bool,
}

/// An object of a schema.
pub(super) struct SchemaMember {
    pub(super) oid: u32,
    /// The catalogue that it is a row of.
    pub(super) catalogue: String,
    /// Its kind, in the words of `members.sql`; empty if nothing is told of it.
    pub(super) kind: String,
    /// Whether it belongs to an extension or is a part of something else.
    pub(super) is_part: bool,
    pub(super) has: RelationParts,
}

/// Whether a relation has any of these, which are of no schema themselves.
pub(super) struct RelationParts {
    pub(super) triggers: bool,
    pub(super) rules: bool,
    pub(super) policies: bool,
}

/// A part of a statement, and the numbers that stand for `$1` in it.
pub(super) struct CatalogueQuery {
    pub(super) sql: &'static str,
    pub(super) about: Vec<u32>,
}

impl SchemaMembers {
    /// Reads what is in those of the schemas that exist.
    pub(super) fn read(
        client: &mut impl GenericClient,
        schemas: &[SchemaName],
    ) -> Result<Self, StructureError> {
        let names: Vec<&str> = schemas.iter().map(SchemaName::as_str).collect();
        let rows =
            client.query_typed(include_str!("members.sql"), &[(&names, Type::NAME_ARRAY)])?;
        let mut members = Self {
            schemas: BTreeMap::new(),
            all: Vec::with_capacity(rows.len()),
        };
        for row in &rows {
            let found = LiveSchema {
                oid: row.try_get("schema")?,
                is_in_path: row.try_get("is_in_path")?,
            };
            members.schemas.insert(row.try_get("name")?, found);
            let Some(oid) = row.try_get("oid")? else {
                // There is nothing in the schema.
                continue;
            };
            let flag = |name| {
                Ok::<bool, StructureError>(row.try_get::<_, Option<_>>(name)?.unwrap_or_default())
            };
            members.all.push(SchemaMember {
                oid,
                catalogue: row.try_get("catalogue")?,
                kind: row.try_get::<_, Option<_>>("kind")?.unwrap_or_default(),
                is_part: flag("is_part")?,
                has: RelationParts {
                    triggers: flag("has_triggers")?,
                    rules: flag("has_rules")?,
                    policies: flag("has_policies")?,
                },
            });
        }
        Ok(members)
    }

    /// Returns a schema, if it exists.
    pub(super) fn schema(&self, name: &str) -> Option<&LiveSchema> {
        self.schemas.get(name)
    }

    /// Whether there is such a member.
    pub(super) fn any(&self, is_one: impl FnMut(&SchemaMember) -> bool) -> bool {
        self.all.iter().any(is_one)
    }

    /// Returns the numbers of some members.
    pub(super) fn numbers(&self, is_one: impl Fn(&SchemaMember) -> bool) -> Vec<u32> {
        let found = self.all.iter().filter(|member| is_one(member));
        found.map(|member| member.oid).collect()
    }
}

impl SchemaMember {
    /// Whether it is of a kind, and a whole that belongs to the schema alone.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind && !self.is_part
    }
}

impl CatalogueQuery {
    /// Sends all parts as one statement, or nothing where there are none.
    pub(super) fn send(
        client: &mut impl GenericClient,
        parts: &[Self],
    ) -> Result<Vec<Row>, StructureError> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let numbered = (1..).zip(parts);
        let sql: Vec<String> = numbered
            .map(|(number, part)| part.sql.replace("$1", &format!("${number}")))
            .collect();
        let lists: Vec<(&(dyn ToSql + Sync), Type)> = parts
            .iter()
            .map(|part| (&part.about as &(dyn ToSql + Sync), Type::OID_ARRAY))
            .collect();
        Ok(client.query_typed(&sql.join("\nUNION ALL\n"), &lists)?)
    }
}
