//! Reports of runs.

pub(super) mod direction;
pub(super) mod event;
pub(super) mod phase;

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use self::phase::Phase;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, TenantKey};
use crate::tenant::TenantState;

/// Report of a run: the shared schema and each tenant.
///
/// ```no_run
/// use tenantry::Database;
/// use tenantry::migrate::Chain;
///
/// # fn deploy(db: &Database) -> tenantry::Result<()> {
/// let report = db.migrator(Chain::open("migrations")?).workers(4).attempt()?;
/// println!("{} tenants in {:?}", report.migrated, report.duration);
/// for (tenant, failure) in report.failures() {
///     let whose = tenant.map_or("the shared schema", |key| key.as_str());
///     eprintln!("{whose}: {}", failure.message);
/// }
/// report.into_result()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The steps in the shared schema, in order.
    pub shared: Vec<SharedReport>,
    /// How many tenants something was done to.
    pub migrated: usize,
    /// The tenants that a migration failed for. What became of the others is told by [events](crate::migrate::Event).
    pub failed: Vec<TenantReport>,
    /// Why nothing more was begun, if the run was stopped before its end.
    pub stopped: Option<String>,
    /// Tenants that were left out because of their state.
    pub left_out: Vec<LeftOut>,
    /// Why no new tenant can be made by the migrations, if that was found out: where there is no tenant that they could
    /// fail for, it is tried, in a transaction that is rolled back.
    pub new_tenants: Option<Failure>,
    /// The migration that was not reached, and why.
    pub blocked: Option<Blocked>,
    /// Migrations that the database has and the chain has not: a newer version of the application was here.
    pub ahead: Vec<String>,
    /// Migrations that take the place of others, and that whoever has all of these has from now on without anything being done.
    pub booked: Vec<String>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// Report of one migration of the shared schema.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SharedReport {
    /// The migration's id.
    pub migration: String,
    /// Why it failed, if it did.
    pub error: Option<Failure>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// Report of one tenant.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TenantReport {
    /// The tenant's key.
    pub key: TenantKey,
    /// The tenant's schema.
    pub schema: SchemaName,
    /// The ids of the migrations that were applied, or rolled back.
    pub migrations: Vec<String>,
    /// Why the next one failed, if it did.
    pub error: Option<Failure>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// The reason why a migration failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The message, with migration, file and line.
    pub message: String,
    /// PostgreSQL's code of five characters.
    pub sqlstate: Option<String>,
    /// All that the server said, if the message leaves some of it out. It can quote the values of rows, so it is no part
    /// of what is serialized.
    #[serde(skip)]
    pub details: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            message: error.to_string(),
            sqlstate: error.sqlstate().map(str::to_owned),
            details: error.details(),
        }
    }
}

/// A tenant that migrations leave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The tenant's key.
    pub key: TenantKey,
    /// Its state, which is why.
    pub state: TenantState,
}

/// A migration that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Blocked {
    /// The migration's id.
    pub migration: String,
    /// The thing that it waits for.
    pub waits_for: WaitsFor,
}

/// Version of the application that is running, as it has [announced](crate::Database::announce) itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RunningRelease {
    /// The name that it gives itself.
    pub name: String,
    /// The last migration that it knows.
    pub migration: String,
    /// How many processes there are.
    pub processes: usize,
}

impl Blocked {
    pub(crate) fn new(migration: &str, waits_for: WaitsFor) -> Self {
        Self {
            migration: migration.to_owned(),
            waits_for,
        }
    }
}

/// Names the thing that a migration waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaitsFor {
    /// Its shared part waits until every tenant has what comes before it.
    Tenants,
    /// It takes something away, and waits until every active tenant has what comes before it.
    ActiveTenants,
    /// It takes something away, and waits until these processes of the application, which do not know it, are gone.
    Applications(Vec<RunningRelease>),
    /// It waits for a run that is not limited to an earlier [phase](crate::migrate::Migrator::phase).
    Phase(Phase),
}

impl Report {
    /// Tells whether nothing failed, and the run was not stopped before its end.
    pub fn is_success(&self) -> bool {
        self.stopped.is_none() && self.failures().next().is_none()
    }

    /// Returns the failures: the tenant, or none for the shared schema, and why.
    pub fn failures(&self) -> impl Iterator<Item = (Option<&TenantKey>, &Failure)> {
        let shared = self
            .shared
            .iter()
            .map(|shared| (None, shared.error.as_ref()));
        let tenants = self
            .failed
            .iter()
            .map(|tenant| (Some(&tenant.key), tenant.error.as_ref()));
        let new = (None, self.new_tenants.as_ref());
        shared
            .chain(tenants)
            .chain([new])
            .filter_map(|(key, error)| Some((key, error?)))
    }

    /// Returns the report, or an error if anything failed or the run was stopped; the report is the error's cause then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when anything failed, or the run was stopped.
    pub fn into_result(self) -> Result<Self> {
        let Some((_, first)) = self.failures().next() else {
            let Some(why) = &self.stopped else {
                return Ok(self);
            };
            let message = format!(
                "the run was stopped: {why}\n\
                 help: what is done stays done; run it again when all is well, and it goes on from there"
            );
            return Err(Error::new(ErrorKind::Migration, message).because(self));
        };
        let failed = self.failed.len();
        let message = match failed {
            0 if self.new_tenants.is_some() => {
                format!("no tenant can be made by the migrations: {}", first.message)
            }
            0 => format!("the shared schema could not be migrated: {}", first.message),
            1 => format!("1 tenant could not be migrated: {}", first.message),
            _ => format!(
                "{failed} tenants could not be migrated; the first: {}",
                first.message
            ),
        };
        let help = "help: what is done stays done; run it again when the cause is fixed, and it goes on from there";
        Err(Error::new(ErrorKind::Migration, format!("{message}\n{help}")).because(self))
    }
}

/// A summary in a line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self
            .shared
            .iter()
            .filter(|shared| shared.error.is_none())
            .count();
        let tenants = self.migrated;
        let failed = self.failures().count();
        let steps = if shared == 1 { "step" } else { "steps" };
        let fleet = if tenants == 1 { "tenant" } else { "tenants" };
        write!(
            f,
            "{shared} {steps} in the shared schema, {tenants} {fleet} migrated, {failed} failed"
        )
    }
}

impl std::error::Error for Report {}

pub(crate) fn milliseconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
pub(crate) fn some_milliseconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => milliseconds(duration, serializer),
        None => serializer.serialize_none(),
    }
}
