//! Where the groups of a rollout are.

use std::fmt;

use postgres::Client;
use serde::Serialize;

use super::Rollout;
use crate::bookkeeping::facts::failed_within;
use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::Result;
use crate::tenant::sizes;
use crate::value::{Param, Params};

/// The position of a group in a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GroupStatus {
    /// Its name; `rest` for those who belong to no other.
    pub name: String,
    /// How many tenants belong to it.
    pub tenants: usize,
    /// How many of them lack migrations.
    pub behind: usize,
    /// How many of them have failed.
    pub failed: usize,
    /// Its state.
    pub state: GroupState,
}

/// State of a group of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GroupState {
    /// Nothing has to be done to it.
    Done,
    /// Nothing was done to it so far.
    Waiting,
    /// It was begun.
    Begun,
    /// All is done; the bake time is not over, or all is not well.
    Baking,
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Baking => "baking",
        })
    }
}

/// Reads where the groups are on the way to a version, with one query. Migrations lead tenants up to `reach`.
pub(crate) fn groups(
    client: &mut Client,
    rollout: &Rollout,
    version: i32,
    reach: i32,
) -> Result<Vec<GroupStatus>> {
    let mut params = Params::default();
    let place = rollout.place_sql(&mut params);
    let version = params.add(Param::integer(version));
    let failed = failed_within(&params.add(Param::integer(reach)));
    let names = (0..=rollout.groups().len()).map(|place| rollout.at(place).name());
    let sql = format!(
        "SELECT u.name, count(p.place), count(*) FILTER (WHERE p.version < {version}), count(*) FILTER (WHERE p.failed), \
         (SELECT max(CASE WHEN done_at IS NULL THEN 1 ELSE 2 END) FROM tenantry.rollout_group AS r \
          WHERE r.name = u.name AND r.healthy_at IS NULL) \
         FROM pg_catalog.unnest({}) WITH ORDINALITY AS u (name, number) \
         LEFT JOIN (SELECT {place} AS place, t.version, \
             {failed} AS failed \
             FROM tenantry.tenant AS t{} \
             WHERE t.state NOT IN {LEFT_OUT}) AS p ON p.place = u.number - 1 \
         GROUP BY u.number, u.name ORDER BY u.number",
        params.add(Param::texts(names)),
        sizes(rollout.needs_size())
    );
    let rows = client.query_typed(&sql, &params.typed()).map_err(explain)?;
    rows.iter()
        .map(|row| {
            let size = |at: usize| -> Result<usize> {
                Ok(usize::try_from(row.try_get::<_, i64>(at)?).unwrap_or_default())
            };
            let behind = size(2)?;
            let state = match row.try_get::<_, Option<i32>>(4)? {
                Some(1) => GroupState::Begun,
                Some(_) => GroupState::Baking,
                None if behind > 0 => GroupState::Waiting,
                None => GroupState::Done,
            };
            Ok(GroupStatus {
                name: row.try_get(0)?,
                tenants: size(1)?,
                behind,
                failed: size(3)?,
                state,
            })
        })
        .collect()
}
