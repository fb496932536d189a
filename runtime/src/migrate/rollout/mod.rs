//! Rollout groups: who is migrated first, and what has to hold before the others follow.

pub(super) mod abort_watch;
pub(super) mod budget;
pub(super) mod control;
pub(super) mod forecast;
pub(super) mod groups;

use std::collections::HashSet;
use std::time::Duration;

use self::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::tenant::{Match, Order, Selection};
use crate::value::Params;

/// The name for the tenants that belong to no group.
pub(crate) const REST: &str = "rest";

/// The groups of a rollout, in their order. A tenant belongs to the first that it matches; those that match none come
/// last.
///
/// Between two shared parts the groups are migrated one after the other. When one fails, the run stops: the groups after
/// it, and the shared parts, are not touched.
///
/// ```no_run
/// use std::time::Duration;
/// use tenantry::Database;
/// use tenantry::migrate::{Chain, Rollout, RolloutGroup};
/// use tenantry::tenant::{Match, Order};
///
/// # fn deploy(db: &Database) -> tenantry::Result<()> {
/// let canary = RolloutGroup::new("canary")
///     .matching(Match::all().tag("canary")?)
///     .max_failures(0)
///     .bake(Duration::from_secs(600))
///     .health("SELECT count(*) < 5 FROM shared.errors WHERE at > now() - interval '10 minutes'");
/// let small = RolloutGroup::new("small")
///     .matching(Match::all().smaller_than(100_000_000))
///     .order(Order::Size)
///     .workers(8);
/// let rollout = Rollout::new([canary, small])?;
/// db.migrator(Chain::open("migrations")?).rollout(rollout).run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    groups: Vec<RolloutGroup>,
    /// The settings of those that match no group: the usual ones.
    rest: RolloutGroup,
}

/// A group of tenants that are migrated together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RolloutGroup {
    name: String,
    matching: Match,
    order: Option<Order>,
    workers: Option<usize>,
    max_failures: Option<Budget>,
    bake: Duration,
    health: Option<String>,
    rate: Option<f64>,
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            rest: RolloutGroup::new(REST),
        }
    }
}

impl Rollout {
    /// Makes a rollout of these groups.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when two groups have one name, or one has none, or that of the rest.
    pub fn new(groups: impl IntoIterator<Item = RolloutGroup>) -> Result<Self> {
        let groups: Vec<RolloutGroup> = groups.into_iter().collect();
        let mut names = HashSet::from([REST, ""]);
        for group in &groups {
            if !names.insert(&group.name) {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    format!(
                        "a rollout group can't have the name `{}`\n\
                         help: give each group a name of its own; `{REST}` is who belongs to none",
                        group.name
                    ),
                ));
            }
        }
        Ok(Self {
            groups,
            ..Self::default()
        })
    }

    /// The groups, without the rest.
    pub fn groups(&self) -> &[RolloutGroup] {
        &self.groups
    }

    /// Tells whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The group at a place; the rest comes after the last.
    pub(crate) fn at(&self, place: usize) -> &RolloutGroup {
        self.groups.get(place).unwrap_or(&self.rest)
    }

    /// The place of the group with a name.
    pub(crate) fn place(&self, name: &str) -> usize {
        let place = self.groups.iter().position(|group| group.name == name);
        place.unwrap_or(self.groups.len())
    }

    /// The name of the group at a place, if there are groups at all.
    pub(crate) fn name(&self, place: usize) -> Option<String> {
        (!self.is_empty()).then(|| self.at(place).name.clone())
    }

    /// Whether anything has to hold before the next group follows.
    pub(crate) fn has_checks(&self) -> bool {
        self.groups.iter().any(RolloutGroup::has_checks)
    }

    /// The place of the group of the row `t` of `tenantry.tenant`.
    pub(crate) fn place_sql(&self, params: &mut Params) -> String {
        if self.is_empty() {
            return "0".to_owned();
        }
        let groups = (0..).zip(&self.groups);
        let cases: Vec<String> = groups
            .map(|(place, group)| format!("WHEN {} THEN {place}", group.matching.sql(params)))
            .collect();
        format!("CASE {} ELSE {} END", cases.join(" "), self.groups.len())
    }

    /// SQL that orders the rows `t` of `tenantry.tenant`: by their place, and in each group as it says.
    pub(crate) fn order_sql(&self, place: &str, selection: &Selection) -> String {
        let usual = selection.in_order().sql();
        if self.is_empty() {
            return format!("{usual}, t.id");
        }
        let mut parts = vec![place.to_owned()];
        for (number, group) in self.groups.iter().enumerate() {
            let order = group.order.map_or(usual, Order::sql);
            parts.push(format!("CASE WHEN ({place}) = {number} THEN {order} END"));
        }
        parts.push(usual.to_owned());
        parts.push("t.id".to_owned());
        parts.join(", ")
    }

    /// Whether its SQL needs the size of tenants.
    pub(crate) fn needs_size(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.order == Some(Order::Size) || group.matching.needs_size())
    }
}

impl RolloutGroup {
    /// Makes a group of all tenants that belong to no group before it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Takes only those that match.
    pub fn matching(mut self, matching: Match) -> Self {
        self.matching = matching;
        self
    }

    /// Takes the tenants in this order.
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Migrates this many tenants at a time; as many as the run does by default.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// Stops the run when more tenants of the group have failed. If neither the group nor the run says how many may, the
    /// first is one too many.
    pub fn max_failures(mut self, failures: impl Into<Budget>) -> Self {
        self.max_failures = Some(failures.into());
        self
    }

    /// Waits for this long after the group, before its health query is run and the next group follows.
    pub fn bake(mut self, time: Duration) -> Self {
        self.bake = time;
        self
    }

    /// Runs this query after the group. Unless it gives one row whose first column is true, the run stops.
    pub fn health(mut self, query: impl Into<String>) -> Self {
        self.health = Some(query.into());
        self
    }

    /// Begins at most this many tenants a second, in each migrator.
    pub fn rate(mut self, tenants_per_second: f64) -> Self {
        self.rate = Some(tenants_per_second).filter(|rate| *rate > 0.0);
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn workers_of(&self, usual: usize) -> usize {
        self.workers.unwrap_or(usual)
    }

    pub(crate) fn budget(&self) -> Option<Budget> {
        self.max_failures
    }

    pub(crate) fn bake_time(&self) -> Duration {
        self.bake
    }

    pub(crate) fn health_query(&self) -> Option<&str> {
        self.health.as_deref()
    }

    pub(crate) fn tenants_per_second(&self) -> Option<f64> {
        self.rate
    }

    /// Whether anything has to hold after it.
    pub(crate) fn has_checks(&self) -> bool {
        !self.bake.is_zero() || self.health.is_some()
    }
}
