//! Tenants that may reference rows of a shared model, and those that do.

use std::collections::BTreeSet;

use super::referrers::Referrer;
use super::steps::{SEARCH_WAIT, WAIT, then, undone};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Flow, Statement};
use crate::name::{SchemaName, TenantKey, quote_identifier};
use crate::place::Context;
use crate::value::Param;

/// How many tables are looked into at once. Their locks are held meanwhile.
const TOGETHER: usize = 100;

/// How often the registry is read, if something was not there that it had.
const READINGS: u32 = 8;

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
    pub(super) tenant: TenantKey,
    pub(super) state: String,
    pub(super) schema: SchemaName,
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
            tenant: TenantKey::new(row.try_get::<_, &str>(1)?)?,
            state: row.try_get(2)?,
            schema: SchemaName::new(row.try_get::<_, &str>(3)?)?,
            referrer: *referrer.expect("the place of one that was asked about"),
        })
    }
}

/// Lists where the fields are.
fn all(referrers: Vec<Referrer>) -> Flow<'static, Vec<ColumnPlace>> {
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

/// Finds where fields reference rows with these keys.
///
/// Each look is undone, which lets go of its locks, so that any number of tenants has room in the server's table of locks.
pub(super) fn referencing(
    referrers: Vec<Referrer>,
    keys: Param,
    context: Context,
) -> Flow<'static, Vec<ColumnPlace>> {
    let looks = FleetLooks {
        referrers,
        places: Vec::new(),
        keys,
        context,
        todo: Vec::new(),
        found: BTreeSet::new(),
        gone: BTreeSet::new(),
        failure: None,
        readings: 0,
    };
    looks.read()
}

/// Some places beside each other, and how long to wait for locks there.
struct Stretch {
    from: usize,
    to: usize,
    wait: u32,
}

struct FleetLooks {
    referrers: Vec<Referrer>,
    places: Vec<ColumnPlace>,
    keys: Param,
    context: Context,
    /// The places to be looked at, the next last.
    todo: Vec<Stretch>,
    found: BTreeSet<usize>,
    /// Places that were not there any more.
    gone: BTreeSet<usize>,
    /// The server's error for the last of these.
    failure: Option<Error>,
    /// How often the registry was read.
    readings: u32,
}

impl FleetLooks {
    /// Reads the registry, and looks at what was not there before: a standby has another name when a tenant gets it.
    fn read(mut self) -> Flow<'static, Vec<ColumnPlace>> {
        self.readings += 1;
        then(all(self.referrers.clone()), move |mut places| {
            let gone = std::mem::take(&mut self.gone);
            let known = self.places.iter().enumerate();
            let known: BTreeSet<_> = known
                .filter(|(at, _)| !gone.contains(at))
                .map(|(_, place)| place.names())
                .collect();
            places.retain(|place| !known.contains(&place.names()));
            let before = self.places.len();
            self.places.append(&mut places);
            let count = self.places.len();
            let ranges = (before..count).step_by(TOGETHER).map(|from| Stretch {
                from,
                to: (from + TOGETHER).min(count),
                wait: WAIT,
            });
            self.todo = ranges.rev().collect();
            self.next()
        })
    }

    fn next(mut self) -> Flow<'static, Vec<ColumnPlace>> {
        let Some(range) = self.todo.pop() else {
            return self.over();
        };
        let looks = (range.from..range.to).map(|at| {
            let (table, column) = self.places[at].names();
            format!("SELECT {at} WHERE EXISTS (SELECT 1 FROM {table} WHERE {column} = ANY ($1))")
        });
        let looks: Vec<String> = looks.collect();
        let statement =
            Statement::look("delete", looks.join(" UNION ALL "), vec![self.keys.clone()]);
        undone(statement, range.wait, &self.context).and_on(move |answer| match answer {
            Ok(rows) => match self.found(&rows) {
                Ok(()) => self.next(),
                Err(error) => Flow::Done(Err(error)),
            },
            Err(error) if range.to - range.from > 1 && may_be_of_one(&error) => {
                self.halve(&range, &error);
                self.next()
            }
            Err(error) if is_missing(&error) => {
                self.gone.insert(range.from);
                self.failure = Some(self.places[range.from].blame(error));
                self.next()
            }
            Err(error) => Flow::Done(Err(self.places[range.from].blame(error))),
        })
    }

    /// Searches for the place that has failed. It was waited for once, and others wait for the shared row.
    fn halve(&mut self, &Stretch { from, to, wait }: &Stretch, error: &Error) {
        let middle = from + (to - from) / 2;
        let wait = match error.kind() {
            ErrorKind::LockTimeout => SEARCH_WAIT,
            _ => wait,
        };
        for (from, to) in [(middle, to), (from, middle)] {
            self.todo.push(Stretch { from, to, wait });
        }
    }

    fn over(self) -> Flow<'static, Vec<ColumnPlace>> {
        match self.failure {
            Some(error) if self.readings == READINGS && !self.gone.is_empty() => {
                Flow::Done(Err(error))
            }
            _ if !self.gone.is_empty() => self.read(),
            _ => {
                let found = self.found.iter().map(|&at| self.places[at].clone());
                Flow::Done(Ok(found.collect()))
            }
        }
    }

    fn found(&mut self, answer: &[postgres::Row]) -> Result<()> {
        for row in answer {
            let at: i32 = row.try_get(0)?;
            self.found.extend(usize::try_from(at).ok());
        }
        Ok(())
    }
}

/// Whether a place that was there is not any more, or has another name.
pub(super) fn has_moved(error: &Error) -> bool {
    error.tenant().is_some() && is_missing(error)
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
