//! Messages that lead a tenant from one version to another, made ready once and sent to each tenant at that version.

use crate::migrate::report::direction::Direction;
use crate::migrate::session::limits::limits;

use super::pending::Pending;
use super::table_size::BIG;
use super::table_size::sized_tables;
use crate::bookkeeping::batches::has_calls;
use crate::bookkeeping::effects::{Rows, leaves_nothing};
use crate::bookkeeping::segment::{Stretch, is_cut_by_choice, needs_segments};
use crate::bookkeeping::{CHAIN_REVISION, FileSql, Guard, LEFT_OUT, Message};
use crate::migrate::chain::manifest::Limits;
use crate::migrate::chain::{Chain, Migration};
use crate::migrate::plan::stage::tenant_parts;
use crate::migrate::session::settings::Settings;
use crate::name::{SchemaName, quote_literal};

/// How many tenants of a transaction have their waits limited at once: to tell the time for each would take a third of what many
/// migrations take.
const LIMITED_AT_ONCE: usize = 25;

/// The parts of migrations that lead from one version to another, in order. There is at least one.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    direction: Direction,
    steps: Vec<BatchStep>,
}

/// A part of a migration.
#[derive(Debug, Clone)]
pub(crate) struct BatchStep {
    /// The version that it leads to.
    pub(crate) to: i32,
    /// Its SQL, ready for a transaction.
    pub(crate) file: FileSql,
    /// Its SQL as it was written.
    pub(crate) sql: String,
    /// Whether it is known to leave nothing behind in its session and transaction, so that others can share these.
    pub(crate) leaves_nothing: bool,
    /// How it is run.
    pub(crate) limits: Limits,
    /// Its checksum, for the ledger.
    pub(crate) checksum: String,
    /// Its SQL, cut where functions are called in its transaction; empty where it is one message, or segments.
    pub(crate) with_calls: Vec<Stretch>,
}

impl Batch {
    /// Puts a batch together.
    pub(crate) fn new(direction: Direction, steps: Vec<BatchStep>) -> Self {
        Self { direction, steps }
    }

    /// Makes the migrations of the chain between two versions ready.
    pub(crate) fn up(chain: &Chain, from: i32, to: i32, shared: &SchemaName) -> Self {
        let step = |migration: &Migration| {
            let part = migration.tenant()?;
            Some(BatchStep {
                to: migration.position(),
                file: FileSql::in_use(migration.id(), "tenant.up.sql", part.up(), shared),
                leaves_nothing: leaves_nothing(part.up(), Rows::Possible),
                checksum: part.checksum(),
                sql: part.up().to_owned(),
                limits: migration.limits(),
                with_calls: Vec::new(),
            })
        };
        Self::new(
            Direction::Up,
            tenant_parts(chain, from, to).filter_map(step).collect(),
        )
    }

    /// The same, taking the SQL of no step as known if the database can't be known, nor what comes after SQL that is not
    /// known: that may have changed what was looked up in the database.
    pub(crate) fn in_database(mut self, is_unknowable: bool) -> Self {
        let mut is_known = !is_unknowable;
        for step in &mut self.steps {
            is_known &= step.leaves_nothing;
            step.leaves_nothing = is_known;
        }
        self
    }

    /// One step of it as a batch of its own.
    pub(crate) fn only(&self, step: &BatchStep) -> Self {
        Self::new(self.direction, vec![step.clone()])
    }

    /// Whether the batch is one step.
    pub(crate) fn is_single(&self) -> bool {
        self.steps.len() == 1
    }

    /// The version that the batch leads to.
    pub(crate) fn to(&self) -> i32 {
        self.steps.last().map_or(0, |step| step.to)
    }

    /// The ids of the migrations.
    pub(crate) fn ids(&self) -> Vec<String> {
        let ids = self
            .steps
            .iter()
            .map(|step| step.file.migration().to_owned());
        ids.collect()
    }

    /// The message for some tenants, which all are at one version: first the metadata tables, then the migrations.
    ///
    /// After attempts that did not get their locks, it begins with another table. The first statements fail unless tenants and chain are as they were read; see [`is_overtaken`] and [`is_busy`].
    ///
    /// [`is_overtaken`]: crate::bookkeeping::is_overtaken
    /// [`is_busy`]: crate::bookkeeping::is_busy
    pub(crate) fn message(
        &self,
        tenants: &[Pending],
        chain_revision: i64,
        (settings, attempts): (&Settings, usize),
    ) -> Message<'_> {
        let mut message = Message::new(self.control(tenants, chain_revision, settings));
        let mut limited = None;
        let locks: usize = self.steps.iter().map(|step| step.file.locks()).sum();
        for (at, tenant) in tenants.iter().enumerate() {
            let mut is_next = at % LIMITED_AT_ONCE == 0;
            let files = self.steps.iter().map(|step| &step.file);
            message.begin_anew(files, &tenant.schema, attempts);
            for step in &self.steps {
                if limited != Some(step.limits) {
                    message.control(&limits(settings, step.limits));
                    limited = Some(step.limits);
                    is_next = true;
                }
                if tenants.len() > 1 {
                    if std::mem::take(&mut is_next) {
                        message.limit_waits(locks * LIMITED_AT_ONCE.min(tenants.len() - at));
                    }
                    message.add_among(&step.file, &tenant.schema);
                } else {
                    message.add(&step.file, Some(&tenant.schema));
                }
            }
        }
        message
    }

    /// The statements over the metadata tables. The limits of the migrations are not meant for these.
    pub(crate) fn control(
        &self,
        tenants: &[Pending],
        chain_revision: i64,
        settings: &Settings,
    ) -> String {
        settings.waits().limit() + &self.guarded(tenants, chain_revision)
    }

    /// The steps.
    pub(crate) fn steps(&self) -> &[BatchStep] {
        &self.steps
    }

    /// The tables whose size decides how long the batch takes.
    pub(crate) fn sized_tables(&self) -> Vec<String> {
        sized_tables(self.steps.iter().map(|step| step.sql.as_str()), "{tenant}")
    }

    /// Whether several tenants, and all of the steps, can share a transaction.
    ///
    /// Otherwise each step of each tenant has a transaction of its own, so that nothing of one reaches another.
    pub(crate) fn is_shareable(&self) -> bool {
        let shares = |step: &BatchStep| step.leaves_nothing && !step.needs_segments();
        self.steps.iter().all(shares)
    }

    /// Whoever changes the recorded chain locks the ledger, so the lock comes before the look at its revision.
    ///
    /// A tenant that somebody else is working on is not waited for.
    fn guarded(&self, tenants: &[Pending], chain_revision: i64) -> String {
        let from = tenants.first().map_or(0, |tenant| tenant.version);
        let asked = list(tenants, |tenant| {
            format!("({}, {})", tenant.id, quote_literal(tenant.schema.as_str()))
        });
        let ids = list(tenants, |tenant| tenant.id.to_string());
        let steps = list(&self.steps, |step| {
            let migration = quote_literal(step.file.migration());
            format!("({migration}, {})", quote_literal(&step.checksum))
        });
        let (only, and) = match self.direction {
            Direction::Up => ("", String::new()),
            Direction::Down => (
                " WHERE t.fits IS NOT TRUE",
                format!(
                    "DELETE FROM tenantry.ledger WHERE tenant_id = ANY ('{{{ids}}}') \
                     AND migration IN (SELECT migration FROM (VALUES {steps}) AS v (migration, checksum));\n"
                ),
            ),
        };
        // Each tenant is looked up by itself: a join would read the whole registry for some of them.
        format!(
            "LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n\
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT {there}, v.migration, CASE WHEN t.fits THEN v.checksum ELSE {overtaken}::text END FROM (VALUES {asked}) AS a (id, schema_name) \
             LEFT JOIN LATERAL (SELECT id, version = {from} AND step = 0 AND schema_name = a.schema_name \
             AND state NOT IN {LEFT_OUT} AND (SELECT {CHAIN_REVISION} FROM tenantry.meta WHERE one = 1) = {chain_revision} AS fits \
             FROM tenantry.tenant WHERE id = a.id FOR UPDATE SKIP LOCKED) AS t ON true \
             CROSS JOIN (VALUES {steps}) AS v (migration, checksum){only};\n\
             UPDATE tenantry.tenant SET version = {to}, last_error = NULL WHERE id = ANY ('{{{ids}}}');\n{and}",
            there = Guard::Busy.or_refuse("t.id"),
            overtaken = Guard::Overtaken.refuse(),
            to = self.to(),
        )
    }
}

impl BatchStep {
    /// Whether it can't be done in one transaction.
    pub(crate) fn needs_segments(&self) -> bool {
        !self.limits.is_transaction || needs_segments(&self.sql) || has_calls(&self.sql)
    }

    /// Whether it is done in segments for a tenant: there is no other way, it has begun so, or it looks at all rows of
    /// tables that are big.
    pub(crate) fn goes_in_segments(&self, tenant: &Pending) -> bool {
        self.needs_segments()
            || tenant.step.is_begun()
            || (tenant.bytes > BIG && is_cut_by_choice(&self.sql))
    }
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}
