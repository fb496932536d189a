//! Which tenants something is done to, and in which order.

use std::collections::VecDeque;

use postgres::Client;
use postgres::types::Type;

use super::matching::Match;
use super::order::Order;
use super::unknown::{did_you_mean, near};
use crate::alike::most_alike_migration;
use crate::bookkeeping::facts::BYTES;
use crate::bookkeeping::{LEFT_OUT, explain, explain_met, not_migrated};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement, over};
use crate::name::TenantKey;
use crate::value::{Param, Params};

/// The bytes of a tenant's tables and indexes, as `z.bytes` beside the row `t` of `tenantry.tenant`.
fn all_sizes() -> String {
    format!(
        " LEFT JOIN (SELECT n.nspname, sum({BYTES})::bigint AS bytes \
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'm', 'i') GROUP BY n.nspname \
         ) AS z ON z.nspname = t.schema_name::pg_catalog.name"
    )
}

/// The tenants that something is done to, and their order; by default all, the oldest first.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// use tenantry::migrate::{Chain, Selection};
/// use tenantry::tenant::{Match, Order};
///
/// # fn try_some(db: &Database) -> tenantry::Result<()> {
/// let some = Selection::all()
///     .except(Match::all().tag("vip")?.pattern("test-*")?)
///     .order(Order::Size)
///     .first(20);
/// db.migrator(Chain::open("migrations")?).select(some).run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    only: Vec<Match>,
    except: Vec<Match>,
    order: Order,
    pub(super) first: Option<u32>,
    /// The numbers of the tenants, once they are fixed.
    fixed: Option<Vec<i64>>,
}

impl Selection {
    /// Selects all tenants.
    pub fn all() -> Self {
        Self::default()
    }

    /// Selects tenants by their keys. Keys that the registry does not have are an error of the run.
    pub fn keys(self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.matching(Match::all().keys(keys))
    }

    /// Selects only those of the tenants that match.
    pub fn matching(mut self, only: Match) -> Self {
        if !only.is_all() {
            self.only.push(only);
        }
        self
    }

    /// Leaves out the tenants that match.
    pub fn except(mut self, except: Match) -> Self {
        self.except.push(except);
        self
    }

    /// Takes the tenants in this order.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Takes this many, the first in the order of those that something is to be done to.
    pub fn first(mut self, tenants: u32) -> Self {
        self.first = Some(tenants);
        self
    }

    /// Tells whether tenants may be left out.
    pub fn is_partial(&self) -> bool {
        let all = self.only.is_empty() && self.except.is_empty();
        !all || self.first.is_some() || self.fixed.is_some()
    }

    /// The order in which the tenants are taken.
    pub(crate) fn in_order(&self) -> Order {
        self.order
    }

    /// Whether [`sql`](Self::sql) or the order needs the size of tenants.
    pub(crate) fn needs_size(&self) -> bool {
        let mut all = self.only.iter().chain(&self.except);
        self.order == Order::Size || all.any(Match::needs_size)
    }

    /// Whether it says in which states tenants have to be.
    pub(crate) fn names_states(&self) -> bool {
        self.only.iter().any(Match::names_states)
    }

    /// The condition for the row `t` of `tenantry.tenant`.
    pub(crate) fn sql(&self, params: &mut Params) -> String {
        let mut parts: Vec<String> = self.only.iter().map(|only| only.sql(params)).collect();
        let except = self.except.iter();
        parts.extend(except.map(|except| format!("NOT {}", except.sql(params))));
        if let Some(ids) = &self.fixed {
            let ids = params.add(Param::bigints(ids));
            parts.push(format!("t.id = ANY ({ids})"));
        }
        if parts.is_empty() {
            return "true".to_owned();
        }
        parts.join(" AND ")
    }

    /// Refuses keys, migrations and tags that the database does not have, patterns that no key is like, and a selection that nobody
    /// belongs to.
    ///
    /// At which versions tenants are does not count: that nobody is behind any more is no mistake.
    pub(crate) fn check(&self, client: &mut Client) -> Result<()> {
        over(client, self.check_names())?;
        if !self.is_partial() {
            return Ok(());
        }
        let except = self.except.iter().filter(|except| !except.has_versions());
        let lasting = Self {
            only: self.only.iter().map(Match::at_any_version).collect(),
            except: except.cloned().collect(),
            ..self.clone()
        };
        let mut params = Params::default();
        let sql = format!(
            "SELECT EXISTS (SELECT FROM tenantry.tenant AS t{} WHERE {})",
            sizes(lasting.needs_size()),
            lasting.sql(&mut params)
        );
        let row = client
            .query_typed_one(&sql, &params.typed())
            .map_err(explain)?;
        if row.try_get(0)? {
            return self.check_fits(client);
        }
        Err(Error::new(
            ErrorKind::UnknownTenant,
            "no tenant is selected\nhelp: list the tenants to see their keys, states and tags",
        ))
    }

    /// Refuses tags that nobody has, and patterns that no key is like: whoever mistypes what is to be left out would not find out.
    fn check_fits(&self, client: &mut Client) -> Result<()> {
        let all = || self.only.iter().chain(&self.except);
        let tags: Vec<&str> = all().flat_map(Match::tags).collect();
        let (patterns, likes): (Vec<&str>, Vec<String>) = all().flat_map(Match::patterns).unzip();
        if tags.is_empty() && patterns.is_empty() {
            return Ok(());
        }
        let row = client
            .query_typed_one(
                "SELECT ARRAY(SELECT DISTINCT g FROM pg_catalog.unnest($1) AS g \
                     WHERE NOT EXISTS (SELECT FROM tenantry.tenant WHERE g = ANY (tags)) ORDER BY g), \
                 ARRAY(SELECT DISTINCT p.name FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS p (name, pattern) \
                     WHERE NOT EXISTS (SELECT FROM tenantry.tenant WHERE key LIKE p.pattern) ORDER BY p.name)",
                &[
                    (&tags, Type::TEXT_ARRAY),
                    (&patterns, Type::TEXT_ARRAY),
                    (&likes, Type::TEXT_ARRAY),
                ],
            )
            .map_err(explain)?;
        let (tags, patterns): (Vec<&str>, Vec<&str>) = (row.try_get(0)?, row.try_get(1)?);
        let mut what = Vec::new();
        for (names, nobody) in [
            (tags, "no tenant has the tag"),
            (patterns, "no tenant has a key like"),
        ] {
            if !names.is_empty() {
                what.push(format!("{nobody} `{}`", names.join("`, `")));
            }
        }
        if what.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::UnknownTenant,
            format!(
                "{}\nhelp: list the tenants to see their keys, states and tags",
                what.join("; ")
            ),
        ))
    }

    /// Refuses keys and migrations that the database does not have.
    pub(super) fn check_names<'f>(&self) -> Flow<'f, ()> {
        let all = || self.only.iter().chain(&self.except);
        let keys: Vec<&TenantKey> = all().flat_map(Match::named).collect();
        let migrations: Vec<&str> = all().flat_map(Match::migrations).collect();
        let positions: Vec<i64> = all().flat_map(Match::positions).map(i64::from).collect();
        if keys.is_empty() && migrations.is_empty() && positions.is_empty() {
            return Flow::Done(Ok(()));
        }
        let look = Statement::look(
            "names",
            "SELECT \
             ARRAY(SELECT DISTINCT k FROM pg_catalog.unnest($1) AS k \
                 WHERE k NOT IN (SELECT key FROM tenantry.tenant) ORDER BY k), \
             ARRAY(SELECT DISTINCT m FROM pg_catalog.unnest($2) AS m \
                 WHERE m NOT IN (SELECT id FROM tenantry.migration) ORDER BY m) \
             || ARRAY(SELECT DISTINCT p::text FROM pg_catalog.unnest($3) AS p \
                 WHERE p > (SELECT COALESCE(max(position), 0) FROM tenantry.migration) ORDER BY 1), \
             ARRAY(SELECT id FROM tenantry.migration ORDER BY position)",
            vec![
                Param::texts(keys.into_iter().map(TenantKey::as_str)),
                Param::texts(migrations),
                Param::bigints(&positions),
            ],
        );
        Flow::then(look, |answer| match Unknown::read(answer) {
            Ok(unknown) => unknown.refused(),
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// Fixes who is selected, if what is done to the tenants would change that.
    ///
    /// `behind` is the condition for tenants that something is to be done to.
    pub(crate) fn fix(self, client: &mut Client, behind: &str) -> Result<Self> {
        let mut all = self.only.iter().chain(&self.except);
        if self.first.is_none() && !all.any(Match::has_versions) {
            return Ok(self);
        }
        let mut params = Params::default();
        let condition = self.sql(&mut params);
        let first = params.add(Param::bigint_or_null(self.first.map(i64::from)));
        let sql = format!(
            "SELECT t.id FROM tenantry.tenant AS t{} WHERE t.state NOT IN {LEFT_OUT} AND {behind} AND {condition} \
             ORDER BY {}, t.id LIMIT {first}",
            sizes(self.needs_size()),
            self.order.sql()
        );
        let rows = client.query_typed(&sql, &params.typed()).map_err(explain)?;
        let ids = rows.iter().map(|row| Ok(row.try_get(0)?));
        Ok(Self {
            order: self.order,
            fixed: Some(ids.collect::<Result<_>>()?),
            ..Self::default()
        })
    }
}

/// SQL that joins the size of each tenant, if it is needed.
pub(crate) fn sizes(are_needed: bool) -> String {
    if are_needed {
        all_sizes()
    } else {
        String::new()
    }
}

/// How many unknown names get a suggestion.
const SUGGESTED: usize = 3;

/// Names in a selection that the database does not have.
struct Unknown {
    keys: Vec<String>,
    migrations: Vec<String>,
    /// The migrations that it has.
    known: Vec<String>,
}

impl Unknown {
    fn read(answer: Result<Answer>) -> Result<Self> {
        let rows = answer.map_err(explain_met)?.rows();
        let row = rows.first().ok_or_else(not_migrated)?;
        Ok(Self {
            keys: row.try_get(0)?,
            migrations: row.try_get(1)?,
            known: row.try_get(2)?,
        })
    }

    /// Refuses them all at once, if there are any.
    fn refused<'f>(self) -> Flow<'f, ()> {
        if self.keys.is_empty() && self.migrations.is_empty() {
            return Flow::Done(Ok(()));
        }
        let asked = self.keys.iter().take(SUGGESTED).cloned().collect();
        all_near(asked, Vec::new()).and_on(move |near| {
            let (what, help) = self.told(&near.unwrap_or_default());
            Flow::Done(Err(Error::new(
                ErrorKind::UnknownTenant,
                format!("{}\nhelp: {}", what.join("; "), help.join("; ")),
            )))
        })
    }

    /// Says what there is not, and what may be meant.
    fn told(&self, near: &[String]) -> (Vec<String>, Vec<String>) {
        let (mut what, mut help) = (Vec::new(), Vec::new());
        if !self.keys.is_empty() {
            let keys = self.keys.join("`, `");
            what.push(format!("there are no such tenants: `{keys}`"));
            help.push(match near {
                [] => "list the tenants to see their keys".to_owned(),
                near => did_you_mean(near),
            });
        }
        if !self.migrations.is_empty() {
            what.push(format!(
                "the database has no such migrations to select tenants by: `{}`",
                self.migrations.join("`, `")
            ));
            let known = || self.known.iter().map(String::as_str);
            let meant = self.migrations.iter().take(SUGGESTED);
            let meant: Vec<&str> = meant
                .filter_map(|id| most_alike_migration(id, known()))
                .collect();
            help.push(match meant.as_slice() {
                [] => "`status` shows those that it has".to_owned(),
                meant => format!(
                    "did you mean `{}`? `status` shows those that it has",
                    meant.join("` or `")
                ),
            });
        }
        (what, help)
    }
}

/// Looks for the keys that are most like any of these, and adds them to those that were found.
fn all_near<'f>(mut keys: VecDeque<String>, mut found: Vec<String>) -> Flow<'f, Vec<String>> {
    let Some(key) = keys.pop_front() else {
        return Flow::Done(Ok(found));
    };
    near(&key).and_on(move |near| {
        found.extend(near.unwrap_or_default());
        all_near(keys, found)
    })
}
