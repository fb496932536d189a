//! The structure of live schemas.

mod normalize;
mod objects;
mod read;

use std::collections::BTreeMap;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Row};

use self::normalize::{Names, Normalizer};
use super::members::{CatalogueQuery, LiveSchema, SchemaMembers};
use super::{Namespace, ObjectKind, StructureError};
use crate::name::SchemaName;

/// Reads the structure of many schemas at once: a handful of statements for some hundred tables.
///
/// The result has no entry for a schema that does not exist. Names of the schemas inside definitions have become slots,
/// so that two tenants with the same structure have equal namespaces. Conditions, defaults and other expressions are
/// as PostgreSQL writes them, which is not as they were written: compare live schemas with live ones, and with models
/// through `drift`.
///
/// Leaves out the objects of extensions.
///
/// # Errors
///
/// [`StructureError::InSearchPath`], when one of the schemas is in the session's search path;
/// [`StructureError::Database`], when the database refuses.
pub fn introspect(
    client: &mut impl GenericClient,
    schemas: &[SchemaName],
    shared: &SchemaName,
) -> Result<BTreeMap<SchemaName, Namespace>, StructureError> {
    let members = SchemaMembers::read(client, schemas)?;
    namespaces(client, &members, schemas, shared)
}

/// Reads the structure of schemas whose members are known.
pub(super) fn namespaces(
    client: &mut impl GenericClient,
    members: &SchemaMembers,
    schemas: &[SchemaName],
    shared: &SchemaName,
) -> Result<BTreeMap<SchemaName, Namespace>, StructureError> {
    let found = schemas.iter().filter_map(|schema| {
        let found = members.schema(schema.as_str())?;
        Some((schema, found))
    });
    let found: Vec<(&SchemaName, &LiveSchema)> = found.collect();
    if let Some((schema, _)) = found.iter().find(|(_, found)| found.is_in_path) {
        return Err(StructureError::InSearchPath((*schema).clone()));
    }
    let catalogue = Catalogue::read(client, members, shared)?;
    let namespaces = found.into_iter().map(|(schema, found)| {
        let namespace = catalogue.namespace(found.oid, schema, shared)?;
        Ok((schema.clone(), namespace))
    });
    namespaces.collect()
}

/// How many tables a statement is about. Where there are more, PostgreSQL would read its catalogues whole, and compile the
/// statement for longer than it executes it.
const AT_ONCE: usize = 200;

/// The rows of the catalogue, by schema.
struct Catalogue {
    tables: BySchema,
    columns: BySchema,
    constraints: BySchema,
    indexes: BySchema,
    objects: BySchema,
    operators: BySchema,
}

/// Rows by the number of their schema.
struct BySchema(BTreeMap<u32, Vec<Row>>);

impl BySchema {
    fn new(rows: Vec<Row>) -> Result<Self, StructureError> {
        let mut all: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
        for row in rows {
            all.entry(row.try_get("schema")?).or_default().push(row);
        }
        Ok(Self(all))
    }

    fn of(&self, schema: u32) -> impl Iterator<Item = &Row> {
        self.0.get(&schema).into_iter().flatten()
    }
}

impl Catalogue {
    fn read(
        client: &mut impl GenericClient,
        members: &SchemaMembers,
        shared: &SchemaName,
    ) -> Result<Self, StructureError> {
        let shared = shared.as_str();
        let tables = members.numbers(|it| it.is("table"));
        let indexed = members.numbers(|it| it.is("table") || it.is("materialized view"));
        let mut query = |sql, about: &[u32], others: &[_]| {
            let mut rows = Vec::new();
            for about in about.chunks(AT_ONCE) {
                let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&about, Type::OID_ARRAY)];
                params.extend_from_slice(others);
                rows.extend(client.query_typed(sql, &params)?);
            }
            BySchema::new(rows)
        };
        Ok(Self {
            tables: query(include_str!("tables.sql"), &tables, &[])?,
            columns: query(include_str!("columns.sql"), &tables, &[])?,
            constraints: query(
                include_str!("constraints.sql"),
                &tables,
                &[(&shared, Type::NAME)],
            )?,
            indexes: query(include_str!("indexes.sql"), &indexed, &[])?,
            objects: BySchema::new(CatalogueQuery::send(client, &objects::objects(members))?)?,
            operators: BySchema::new(CatalogueQuery::send(client, &objects::operators(members))?)?,
        })
    }

    fn namespace(
        &self,
        number: u32,
        schema: &SchemaName,
        shared: &SchemaName,
    ) -> Result<Namespace, StructureError> {
        let names = self.names(number)?;
        let normalizer = Normalizer::new(schema, shared, names);
        let mut reader = read::Reader::new(&normalizer, schema, shared);
        for row in self.tables.of(number) {
            reader.table(row)?;
        }
        for row in self.columns.of(number) {
            reader.column(row)?;
        }
        for row in self.constraints.of(number) {
            reader.constraint(row)?;
        }
        for row in self.indexes.of(number) {
            reader.index(row)?;
        }
        for row in self.objects.of(number).chain(self.operators.of(number)) {
            let kind: &str = row.try_get("kind")?;
            if let Some(kind) = ObjectKind::from_words(kind) {
                reader.object(kind, row.try_get("name")?, row.try_get("definition")?);
            }
        }
        Ok(reader.into_namespace())
    }

    fn names(&self, number: u32) -> Result<Names, StructureError> {
        let mut names = Names::default();
        for row in self.tables.of(number) {
            names.objects.insert(row.try_get("table")?);
        }
        for row in self.columns.of(number) {
            names.columns.insert(row.try_get("name")?);
        }
        for row in self.objects.of(number) {
            // A function's name has its arguments after it.
            let name: &str = row.try_get("name")?;
            let name = name.split_once('(').map_or(name, |(name, _)| name);
            names.objects.insert(name.to_owned());
        }
        Ok(names)
    }
}
