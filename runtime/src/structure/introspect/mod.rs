//! The structure of live schemas.

mod normalize;
mod read;

use std::collections::BTreeMap;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Row};

use self::normalize::{Names, Normalizer};
use super::{Namespace, ObjectKind, StructureError};
use crate::name::SchemaName;

/// Reads the structure of many schemas at once, in a handful of statements however many there are.
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
    let catalogue = Catalogue::read(client, schemas, shared)?;
    let mut namespaces = BTreeMap::new();
    for schema in schemas {
        if let Some(is_in_search_path) = catalogue.schemas.get(schema.as_str()) {
            if *is_in_search_path {
                return Err(StructureError::InSearchPath(schema.clone()));
            }
            let namespace = catalogue.namespace(schema, shared)?;
            namespaces.insert(schema.clone(), namespace);
        }
    }
    Ok(namespaces)
}

/// The rows of the catalogue, by schema.
struct Catalogue {
    /// Whether each schema that exists is in the search path.
    schemas: BTreeMap<String, bool>,
    tables: BySchema,
    columns: BySchema,
    constraints: BySchema,
    indexes: BySchema,
    objects: BySchema,
    operators: BySchema,
}

/// Rows by the name of their schema.
struct BySchema(BTreeMap<String, Vec<Row>>);

impl BySchema {
    fn of(&self, schema: &SchemaName) -> impl Iterator<Item = &Row> {
        self.0.get(schema.as_str()).into_iter().flatten()
    }
}

impl Catalogue {
    fn read(
        client: &mut impl GenericClient,
        schemas: &[SchemaName],
        shared: &SchemaName,
    ) -> Result<Self, StructureError> {
        let names: Vec<&str> = schemas.iter().map(SchemaName::as_str).collect();
        let shared = shared.as_str();
        let params: [(&(dyn ToSql + Sync), Type); 2] =
            [(&names, Type::NAME_ARRAY), (&shared, Type::NAME)];
        let of_schemas = &params[..1];
        let rows = client.query_typed(include_str!("schemas.sql"), of_schemas)?;
        let schemas = rows
            .iter()
            .map(|row| Ok((row.try_get("schema")?, row.try_get("is_in_path")?)))
            .collect::<Result<_, StructureError>>()?;
        let mut query = |sql, params| {
            let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            for row in client.query_typed(sql, params)? {
                rows.entry(row.try_get("schema")?).or_default().push(row);
            }
            Ok::<_, StructureError>(BySchema(rows))
        };
        Ok(Self {
            schemas,
            tables: query(include_str!("tables.sql"), of_schemas)?,
            columns: query(include_str!("columns.sql"), of_schemas)?,
            constraints: query(include_str!("constraints.sql"), &params)?,
            indexes: query(include_str!("indexes.sql"), of_schemas)?,
            objects: query(include_str!("objects.sql"), of_schemas)?,
            operators: query(include_str!("operators.sql"), of_schemas)?,
        })
    }

    fn namespace(
        &self,
        schema: &SchemaName,
        shared: &SchemaName,
    ) -> Result<Namespace, StructureError> {
        let names = self.names(schema)?;
        let normalizer = Normalizer::new(schema, shared, names);
        let mut reader = read::Reader::new(&normalizer, schema, shared);
        for row in self.tables.of(schema) {
            reader.table(row)?;
        }
        for row in self.columns.of(schema) {
            reader.column(row)?;
        }
        for row in self.constraints.of(schema) {
            reader.constraint(row)?;
        }
        for row in self.indexes.of(schema) {
            reader.index(row)?;
        }
        for row in self.objects.of(schema).chain(self.operators.of(schema)) {
            let kind: &str = row.try_get("kind")?;
            if let Some(kind) = ObjectKind::from_words(kind) {
                reader.object(kind, row.try_get("name")?, row.try_get("definition")?);
            }
        }
        Ok(reader.into_namespace())
    }

    fn names(&self, schema: &SchemaName) -> Result<Names, StructureError> {
        let mut names = Names::default();
        for row in self.tables.of(schema) {
            names.objects.insert(row.try_get("table")?);
        }
        for row in self.columns.of(schema) {
            names.columns.insert(row.try_get("name")?);
        }
        for row in self.objects.of(schema) {
            // A function's name has its arguments after it.
            let name: &str = row.try_get("name")?;
            let name = name.split_once('(').map_or(name, |(name, _)| name);
            names.objects.insert(name.to_owned());
        }
        Ok(names)
    }
}
