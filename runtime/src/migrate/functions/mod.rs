//! Functions of the application that migrations call for batches of rows.

pub(super) mod key_batch;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use postgres::Transaction;

use self::key_batch::KeyBatch;
use crate::alike::most_alike;
use crate::bookkeeping::batches::functions_of;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::words_of;
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::place::TenantPlace;

/// The functions of an application that its migrations call, by their names.
///
/// A migration says for which rows, in batches by a key, at its place between other statements:
///
/// ```sql
/// -- tenantry: batch notes by id, size 500
/// CALL "{rust}".fill_slugs("{tenant}".notes);
/// ```
///
/// The function is given to the chain, or to [`Manage::functions`](crate::Manage::functions):
///
/// ```no_run
/// use tenantry::migrate::{Chain, Functions, KeyBatch};
/// use tenantry::prelude::*;
/// use tenantry::scope::InMigration;
/// # #[tenant_model]
/// # pub struct Note { #[field(key)] pub id: i64, pub title: String, pub slug: Option<String> }
///
/// fn fill_slugs(acme: &mut TenantScope<InMigration<'_>>, batch: &KeyBatch) -> tenantry::Result<()> {
///     for id in batch.keys::<i64>()? {
///         let title: String = acme.sql(sql!("SELECT {Note.title} FROM {Note} WHERE {Note.id} = $1")).bind(id).row()?;
///         let slug = title.to_lowercase().replace(' ', "-");
///         acme.sql(sql!("UPDATE {Note} SET {Note.slug} = $1 WHERE {Note.id} = $2")).bind(slug).bind(id).execute()?;
///     }
///     Ok(())
/// }
///
/// # fn migrate(db: &Database) -> tenantry::Result<()> {
/// let chain = Chain::open("migrations")?.functions(Functions::new().tenant("fill_slugs", fill_slugs));
/// db.migrator(chain).run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Functions {
    all: BTreeMap<String, Function>,
    /// A name that was given to two.
    twice: Option<String>,
}

/// A function of the application.
#[derive(Clone)]
struct Function {
    placement: PlacementKind,
    /// A panic of it is an error of its batch, and nothing of the batch is kept.
    run: Arc<AssertUnwindSafe<Box<CalledFunction>>>,
}

type CalledFunction =
    dyn Fn(&mut Transaction<'_>, CallPlace<'_>, &KeyBatch) -> Result<()> + Send + Sync;

/// The place where a function is called: a tenant's schema, or the shared one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallPlace<'a> {
    pub(crate) shared: &'a SchemaName,
    pub(crate) tenant: Option<&'a TenantPlace>,
}

impl CallPlace<'_> {
    /// The schema that the rows are in.
    pub(crate) fn schema(&self) -> &SchemaName {
        self.tenant.map_or(self.shared, |tenant| &tenant.schema)
    }
}

impl Functions {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function for one kind of schema.
    pub(crate) fn add(
        mut self,
        name: String,
        placement: PlacementKind,
        run: impl Fn(&mut Transaction<'_>, CallPlace<'_>, &KeyBatch) -> Result<()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let function = Function {
            placement,
            run: Arc::new(AssertUnwindSafe(Box::new(run))),
        };
        if self.all.insert(name.clone(), function).is_some() {
            self.twice.get_or_insert(name);
        }
        self
    }

    /// Calls a function for a batch. A panic of it is an error.
    pub(crate) fn call(
        &self,
        name: &str,
        tx: &mut Transaction<'_>,
        place: CallPlace<'_>,
        batch: &KeyBatch,
    ) -> Result<()> {
        let Some(function) = self.all.get(name) else {
            let message = format!(
                "no function `{name}` is given to the chain\nhelp: {}",
                self.help(name)
            );
            return Err(Error::new(ErrorKind::Chain, message));
        };
        let called = catch_unwind(AssertUnwindSafe(|| (function.run.0)(tx, place, batch)));
        called.unwrap_or_else(|panic| {
            let message = format!(
                "the function `{name}` has panicked, and nothing of its batch is done\n\
                 help: look at what the panic has printed"
            );
            let error = Error::new(ErrorKind::Migration, message);
            Err(match words_of(&*panic) {
                Some(words) => error.because(words),
                None => error,
            })
        })
    }

    /// Refuses two functions of one name.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(name) = &self.twice else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::Chain,
            format!(
                "two functions are given to the chain as `{name}`\nhelp: give each a name of its own"
            ),
        ))
    }

    /// Refuses SQL that calls a function which is not there.
    pub(crate) fn check_sql(&self, sql: &str, placement: PlacementKind, path: &str) -> Result<()> {
        for (start, name) in functions_of(sql) {
            let (why, help) = match self.all.get(&name) {
                Some(function) if function.placement == placement => continue,
                Some(function) => {
                    let (has, wants) = (function.placement.as_str(), placement.as_str());
                    (
                        format!(
                            "the function `{name}` is for the {has} schema, and is called for a {wants} one"
                        ),
                        format!("add it with `Functions::{wants}`, or call it in `{has}.up.sql`"),
                    )
                }
                None => (
                    format!("no function `{name}` is given to the chain"),
                    self.help(&name),
                ),
            };
            let line = sql[..start].matches('\n').count() + 1;
            let message = format!("`{path}:{line}`: {why}\nhelp: {help}");
            return Err(Error::new(ErrorKind::Chain, message));
        }
        Ok(())
    }

    fn help(&self, name: &str) -> String {
        match most_alike(name, self.all.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "give it: `Chain::functions(Functions::new().tenant(\"{name}\", {name}))`, or with `Manage::functions` to \
                 the commands"
            ),
        }
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.all.keys()).finish()
    }
}
