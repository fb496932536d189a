//! Tenants that may reference rows of a shared model, and those that do.

use std::collections::BTreeSet;

use super::referrers::Referrer;
use super::steps::{in_savepoint, then};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Flow, Statement};
use crate::name::{BOOKKEEPING_SCHEMA, SchemaName, TenantKey, quote_identifier};
use crate::place::Context;
use crate::value::Param;

/// How many tables are looked into at once. Their locks are held meanwhile.
const TOGETHER: usize = 100;

/// Query for the columns of tables, given by two arrays of names, in all schemas that may be a tenant's some day: the tenant's number, key
/// and state, its schema, and which column it is. A tenant that is being dropped is used no more.
pub(crate) const PLACES_OF_COLUMNS: &str = "\
    SELECT t.id, t.key, t.state, t.schema_name, r.place::integer FROM (\
        SELECT id, key, state, schema_name FROM tenantry.tenant WHERE state <> 'dropping' \
        UNION ALL SELECT id, key, 'being created', schema_name FROM tenantry.provisioning) AS t \
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name \
    CROSS JOIN ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY \
        AS r (relation, attribute, place) \
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = r.relation \
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = r.attribute AND NOT a.attisdropped \
    ORDER BY t.key, r.place";

/// A field in the schema of a tenant.
#[derive(Clone)]
pub(super) struct ColumnPlace {
    id: i64,
    pub(super) tenant: TenantKey,
    pub(super) state: String,
    schema: SchemaName,
    pub(super) referrer: Referrer,
}

impl ColumnPlace {
    /// The table and the column as SQL.
    pub(super) fn names(&self) -> (String, String) {
        let Referrer { model, def } = self.referrer;
        let table = quote_identifier(model.table);
        (
            format!("{}.{table}", self.schema.quoted()),
            quote_identifier(def.name),
        )
    }

    /// Says of an error where it happened.
    pub(super) fn blame(&self, error: Error) -> Error {
        error.in_tenant(&self.tenant).in_schema(&self.schema)
    }

    fn read(row: &postgres::Row, referrers: &[Referrer]) -> Result<Self> {
        let place: i32 = row.try_get(4)?;
        let referrer = usize::try_from(place - 1)
            .ok()
            .and_then(|place| referrers.get(place));
        Ok(Self {
            id: row.try_get(0)?,
            tenant: TenantKey::new(row.try_get::<_, &str>(1)?)?,
            state: row.try_get(2)?,
            schema: SchemaName::new(row.try_get::<_, &str>(3)?)?,
            referrer: *referrer.expect("the place of one that was asked about"),
        })
    }
}

/// Lists where the fields are.
pub(super) fn all(referrers: Vec<Referrer>) -> Flow<'static, Vec<ColumnPlace>> {
    if referrers.is_empty() {
        return Flow::Done(Ok(Vec::new()));
    }
    let tables = referrers.iter().map(|referrer| referrer.model.table);
    let columns = referrers.iter().map(|referrer| referrer.def.name);
    let params = vec![Param::texts(tables), Param::texts(columns)];
    Flow::run(
        Ok(Statement::look("delete", PLACES_OF_COLUMNS, params)),
        move |answer| {
            let rows = answer.rows();
            rows.iter()
                .map(|row| ColumnPlace::read(row, &referrers))
                .collect()
        },
    )
}

/// Finds those of some places that reference rows with these keys.
///
/// Each look is undone, which lets go of its locks, so that any number of tenants has room in the server's table of locks.
pub(super) fn referencing(
    places: Vec<ColumnPlace>,
    keys: Param,
    context: Context,
) -> Flow<'static, Vec<ColumnPlace>> {
    let count = places.len();
    let todo = (0..count).step_by(TOGETHER);
    let todo = todo.map(|from| (from, (from + TOGETHER).min(count)));
    let looks = FleetLooks {
        todo: todo.rev().collect(),
        places,
        keys,
        context,
        found: BTreeSet::new(),
    };
    looks.next()
}

struct FleetLooks {
    places: Vec<ColumnPlace>,
    keys: Param,
    context: Context,
    /// Ranges of places, the next one last.
    todo: Vec<(usize, usize)>,
    found: BTreeSet<usize>,
}

impl FleetLooks {
    fn next(mut self) -> Flow<'static, Vec<ColumnPlace>> {
        let Some((from, to)) = self.todo.pop() else {
            let found = self.found.iter().map(|&at| self.places[at].clone());
            return Flow::Done(Ok(found.collect()));
        };
        let looks = (from..to).map(|at| {
            let (table, column) = self.places[at].names();
            format!("SELECT {at} WHERE EXISTS (SELECT 1 FROM {table} WHERE {column} = ANY ($1))")
        });
        let looks: Vec<String> = looks.collect();
        let statement =
            Statement::look("delete", looks.join(" UNION ALL "), vec![self.keys.clone()]);
        in_savepoint(statement, &self.context).and_on(move |answer| match answer {
            Ok(rows) => match self.found(&rows) {
                Ok(()) => self.next(),
                Err(error) => Flow::Done(Err(error)),
            },
            Err(error) if to - from > 1 && may_be_of_one(&error) => {
                let middle = from + (to - from) / 2;
                self.todo.extend([(middle, to), (from, middle)]);
                self.next()
            }
            Err(error) => self.failed(from, error),
        })
    }

    fn found(&mut self, answer: &[postgres::Row]) -> Result<()> {
        for row in answer {
            let at: i32 = row.try_get(0)?;
            self.found.extend(usize::try_from(at).ok());
        }
        Ok(())
    }

    /// Passes a tenant over that is gone by now.
    fn failed(self, at: usize, error: Error) -> Flow<'static, Vec<ColumnPlace>> {
        if !is_missing(&error) {
            return Flow::Done(Err(self.places[at].blame(error)));
        }
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {BOOKKEEPING_SCHEMA}.tenant WHERE id = $1 AND state <> 'dropping' \
             UNION ALL SELECT 1 FROM {BOOKKEEPING_SCHEMA}.provisioning WHERE id = $1)"
        );
        let ask = Statement::look("delete", sql, vec![Param::bigint(self.places[at].id)]);
        let is_there = Flow::run(Ok(ask), |answer| {
            let rows = answer.rows();
            let row = rows.first().map(|row| row.try_get(0)).transpose()?;
            Ok(row.unwrap_or(true))
        });
        then(is_there, move |is_there: bool| {
            if is_there {
                return Flow::Done(Err(self.places[at].blame(error)));
            }
            self.next()
        })
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::MissingTable | ErrorKind::MissingSchema | ErrorKind::MissingColumn
    )
}

/// Whether an error may be that of one among several.
fn may_be_of_one(error: &Error) -> bool {
    let kinds = [
        ErrorKind::LockTimeout,
        ErrorKind::Resources,
        ErrorKind::Permission,
    ];
    is_missing(error) || kinds.contains(&error.kind())
}
