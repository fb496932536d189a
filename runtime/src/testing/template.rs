//! Databases that are prepared once and then copied.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::host::Host;
use super::session::with_session;
use super::{ServerError, TestDb};
use crate::bookkeeping::AS_TEMPLATE;

/// The templates of one server, by the name that the caller gave.
#[derive(Debug, Default)]
pub(super) struct DatabaseTemplates {
    slots: Mutex<HashMap<String, TemplateSlot>>,
}

/// The database of a template, once it is there. Its lock is held while it is being made, so that one thread prepares
/// and those that want the same template wait, while other templates are made at the same time.
type TemplateSlot = Arc<Mutex<Option<String>>>;

impl DatabaseTemplates {
    /// Returns the database of the template `name`, made with `prepare` if it is not there yet.
    pub(super) fn get(
        &self,
        host: &Host,
        name: &str,
        prepare: impl FnOnce(&str),
    ) -> Result<String, ServerError> {
        // A panic in `prepare` poisons the slot but leaves it empty, and the next caller prepares anew.
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(name.to_owned()).or_default())
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = &*slot {
            return Ok(database.clone());
        }
        let database = make(host, prepare)?;
        *slot = Some(database.clone());
        Ok(database)
    }
}

fn make(host: &Host, prepare: impl FnOnce(&str)) -> Result<String, ServerError> {
    let database = TestDb::create(host, None)?;
    // If this panics, the half-prepared database is dropped.
    prepare(database.url());
    let mark = |client: &mut postgres::Client| client.batch_execute(AS_TEMPLATE);
    with_session(&database.config(), mark).map_err(|source| ServerError::CreateDatabase {
        name: database.name().to_owned(),
        source,
    })?;
    let name = database.keep();
    close(host, &name).map_err(|source| ServerError::CreateDatabase {
        name: name.clone(),
        source,
    })?;
    Ok(name)
}

/// Nobody may be connected to a database while it is copied, and `prepare` may have left a pool behind.
fn close(host: &Host, name: &str) -> Result<(), postgres::Error> {
    with_session(&host.config(), |client| {
        client.batch_execute(&format!(
            "ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false"
        ))?;
        client.execute(
            "SELECT pg_catalog.pg_terminate_backend(a.pid, 5000) \
             FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = $1::pg_catalog.text",
            &[&name],
        )?;
        Ok(())
    })
}
