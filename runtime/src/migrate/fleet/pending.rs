//! Who is not where they should be.

use postgres::types::{ToSql, Type};
use postgres::{Client, Row};
use tracing::Span;

use crate::migrate::report::direction::Direction;

use super::segmented::Place;
use crate::bookkeeping::facts::{BYTES, LOCKS};
use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::Result;
use crate::migrate::plan::Standing;
use crate::migrate::rollout::Rollout;
use crate::migrate::rollout::forecast::EACH;
use crate::name::{SchemaName, TenantKey};
use crate::place::TenantPlace;
use crate::tenant::{Selection, sizes};
use crate::value::{Param, Params};

/// How many tenants are read at a time. Of the others only the numbers are kept, so memory hardly grows with the fleet.
pub(crate) const CHUNK: usize = 1000;

/// A tenant that is not at the version where it should be.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    pub(crate) key: TenantKey,
    pub(crate) schema: SchemaName,
    pub(crate) version: i32,
    /// How far the migration after the version is, if it is not done in one transaction.
    pub(crate) step: Place,
    /// About how many bytes the tables in question have.
    pub(crate) bytes: i64,
    /// The span of the attempt that is being made.
    pub(crate) span: Span,
}

impl Pending {
    /// Where functions of the application find its rows.
    pub(crate) fn place(&self) -> TenantPlace {
        TenantPlace::new(self.id, self.key.clone(), self.schema.clone())
    }
}

impl Pending {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            key: TenantKey::new(row.try_get::<_, &str>(1)?)?,
            schema: SchemaName::new(row.try_get::<_, &str>(2)?)?,
            version: row.try_get(3)?,
            step: Place::of_step(row.try_get(4)?),
            bytes: row.try_get(5)?,
            span: Span::none(),
        })
    }
}

/// The tenants to bring somewhere.
#[derive(Debug)]
pub(crate) struct PendingTenants {
    /// Their numbers, in the order in which they are to be done: those of the first group that has any.
    pub(crate) ids: Vec<i64>,
    /// The place of the group, if there is anything to do.
    pub(crate) place: Option<usize>,
    /// How many there are in each group that has any, by the group's place.
    pub(crate) groups: Vec<(usize, usize)>,
    /// Whether anybody at all is not there, those that were not asked for included.
    pub(crate) anybody: bool,
    /// How many locks the server has room for.
    pub(crate) locks: i64,
    /// The seconds that a tenant took in earlier runs, if there were any.
    pub(crate) each: Option<f64>,
}

/// Looks for the selected tenants that are not at a version, except some.
pub(crate) fn pending_tenants(
    client: &mut Client,
    (direction, version): (Direction, i32),
    selection: &Selection,
    rollout: &Rollout,
    except: &[i64],
) -> Result<PendingTenants> {
    let mut params = Params::default();
    let beyond = format!(
        "{} {}",
        direction.beyond(),
        params.add(Param::integer(version))
    );
    let except = params.add(Param::bigints(except));
    let selected = selection.sql(&mut params);
    let place = rollout.place_sql(&mut params);
    let sql = format!(
        "WITH g AS MATERIALIZED (SELECT {place} AS place, count(*) AS tenants, \
             pg_catalog.array_agg(t.id ORDER BY {}) AS ids FROM tenantry.tenant AS t{} \
             WHERE t.version {beyond} AND t.state NOT IN {LEFT_OUT} AND t.id <> ALL ({except}) AND {selected} \
             GROUP BY place) \
         SELECT (SELECT ids FROM g ORDER BY place LIMIT 1), \
         ARRAY(SELECT place FROM g ORDER BY place), ARRAY(SELECT tenants FROM g ORDER BY place), \
         EXISTS (SELECT FROM tenantry.tenant WHERE version {beyond} AND state NOT IN {LEFT_OUT}), \
         {LOCKS}, {EACH}",
        rollout.order_sql(&place, selection),
        sizes(selection.needs_size() || rollout.needs_size()),
    );
    let row = client
        .query_typed_one(&sql, &params.typed())
        .map_err(explain)?;
    let places: Vec<i32> = row.try_get(1)?;
    let tenants: Vec<i64> = row.try_get(2)?;
    let groups: Vec<(usize, usize)> = places
        .into_iter()
        .zip(tenants)
        .map(|(place, tenants)| (size(place), size(tenants)))
        .collect();
    Ok(PendingTenants {
        ids: row.try_get::<_, Option<_>>(0)?.unwrap_or_default(),
        place: groups.first().map(|(place, _)| *place),
        groups,
        anybody: row.try_get(3)?,
        locks: row.try_get(4)?,
        each: row.try_get(5)?,
    })
}

fn size(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or_default()
}

/// Reads where all tenants are that migrations include, which of them are selected, and the place of their group.
pub(crate) fn standings(
    client: &mut Client,
    selection: &Selection,
    rollout: &Rollout,
) -> Result<Vec<Standing>> {
    let mut params = Params::default();
    let selected = selection.sql(&mut params);
    let place = rollout.place_sql(&mut params);
    let sql = format!(
        "SELECT t.key, t.version, {selected}, {place}, t.schema_name, t.step, t.state = 'active' FROM tenantry.tenant AS t{} \
         WHERE t.state NOT IN {LEFT_OUT} ORDER BY {}",
        sizes(selection.needs_size() || rollout.needs_size()),
        rollout.order_sql(&place, selection)
    );
    let rows = client.query_typed(&sql, &params.typed()).map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                key: TenantKey::new(row.try_get::<_, &str>(0)?)?,
                version: row.try_get(1)?,
                selected: row.try_get(2)?,
                place: size(row.try_get::<_, i32>(3)?),
                schema: SchemaName::new(row.try_get::<_, &str>(4)?)?,
                step: row.try_get(5)?,
                is_active: row.try_get(6)?,
            })
        })
        .collect()
}

/// Reads the seconds that a tenant took in earlier runs, if there were any.
pub(crate) fn seconds_each(client: &mut Client) -> Result<Option<f64>> {
    let row = client
        .query_typed_one(&format!("SELECT {EACH}"), &[])
        .map_err(explain)?;
    Ok(row.try_get(0)?)
}

/// About how many bytes some tables have.
fn bytes() -> String {
    format!(
        "COALESCE(sum({BYTES}), 0)::bigint \
         FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid \
         WHERE c.relkind IN ('r', 'm')"
    )
}

/// About how many bytes some tables of a schema have. Names that are too long are cut off, as the server does in SQL.
pub(crate) fn size_of(client: &mut Client, schema: &SchemaName, tables: &[String]) -> Result<i64> {
    let row = client.query_typed_one(
        &format!(
            "SELECT {} AND n.nspname = $1 AND c.relname = ANY ($2::pg_catalog.name[])",
            bytes()
        ),
        &[(&schema.as_str(), Type::NAME), (&tables, Type::TEXT_ARRAY)],
    )?;
    Ok(row.try_get(0)?)
}

/// Reads those of the tenants that are still not at a version, and the size of the named tables.
pub(crate) fn read(
    client: &mut Client,
    (direction, version): (Direction, i32),
    ids: &[i64],
    tables: &[String],
) -> Result<Vec<Pending>> {
    let beyond = direction.beyond();
    let size = if tables.is_empty() {
        "0::bigint".to_owned()
    } else {
        format!(
            "(SELECT {} AND n.nspname = t.schema_name::pg_catalog.name AND c.relname = ANY ($3::pg_catalog.name[]))",
            bytes()
        )
    };
    let sql = format!(
        "SELECT t.id, t.key, t.schema_name, t.version, t.step, {size} \
         FROM pg_catalog.unnest($1) WITH ORDINALITY AS u (id, place) JOIN tenantry.tenant AS t ON t.id = u.id \
         WHERE t.version {beyond} $2 AND t.state NOT IN {LEFT_OUT} ORDER BY u.place"
    );
    let mut params: Vec<(&(dyn ToSql + Sync), Type)> =
        vec![(&ids, Type::INT8_ARRAY), (&version, Type::INT4)];
    if !tables.is_empty() {
        params.push((&tables, Type::TEXT_ARRAY));
    }
    let rows = client.query_typed(&sql, &params).map_err(explain)?;
    rows.iter().map(Pending::read).collect()
}
