//! Functions that migrations call, with the scopes that they get.

use std::error::Error as StdError;

use postgres::Transaction as DriverTransaction;

use super::transaction::undo;
use super::{SharedScope, TenantScope};
use crate::error::{Error, ErrorKind, Result, Withheld};
use crate::exec::InMigration;
use crate::migrate::{CallPlace, Functions, KeyBatch};
use crate::model::PlacementKind;
use crate::place::Context;

/// The name of the server in the origins of rows, which don't outlive the function.
const SERVER: &str = "a migration";

/// An error of an application's.
type OwnCause = Box<dyn StdError + Send + Sync>;

impl Functions {
    /// Adds a function that is called in each tenant's schema, by the name that migrations call it by.
    ///
    /// It gets a scope of the tenant in the transaction of the batch, which is committed with the note that the batch is done: so it is called once for each row,
    /// whatever happens in between, and what it does anywhere else is its own affair. When it fails, or panics, nothing of the batch is done, and the tenant
    /// has failed. Conflicts over locks, which it returns as they are, are tried again.
    pub fn tenant<E: Into<OwnCause>>(
        self,
        name: impl Into<String>,
        run: impl Fn(&mut TenantScope<InMigration<'_>>, &KeyBatch) -> Result<(), E>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let name = name.into();
        let told = name.clone();
        self.add(name, PlacementKind::Tenant, move |tx, place, batch| {
            let Some(tenant) = place.tenant else {
                unreachable!("the chain was checked");
            };
            let (database, connection) = lent(tx, place);
            let mut scope = TenantScope::new(connection, &database, tenant.clone());
            let outcome = run(&mut scope, batch).map_err(|error| failed(&told, error.into()));
            ended(&mut scope.connection, &database, outcome)
        })
    }

    /// Adds a function that is called in the shared schema, by the name that migrations call it by; otherwise as [`tenant`](Self::tenant).
    pub fn shared<E: Into<OwnCause>>(
        self,
        name: impl Into<String>,
        run: impl Fn(&mut SharedScope<InMigration<'_>>, &KeyBatch) -> Result<(), E>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let name = name.into();
        let told = name.clone();
        self.add(name, PlacementKind::Shared, move |tx, place, batch| {
            let (database, connection) = lent(tx, place);
            let mut scope = SharedScope::new(connection, &database);
            let outcome = run(&mut scope, batch).map_err(|error| failed(&told, error.into()));
            ended(&mut scope.connection, &database, outcome)
        })
    }
}

fn lent<'a>(tx: &'a mut DriverTransaction<'_>, place: CallPlace<'_>) -> (Context, InMigration<'a>) {
    let database = Context::new(SERVER.into(), place.shared.clone(), None);
    (database, InMigration::new(tx))
}

/// Takes back what the function has left open, and looks whether anything has failed that it did not tell.
fn ended(connection: &mut InMigration<'_>, database: &Context, outcome: Result<()>) -> Result<()> {
    outcome?;
    undo(connection, 2, database);
    connection.whole()
}

/// The error of a function: that of tenantry as it is. The words of any other may quote values, and are kept for its details.
fn failed(name: &str, cause: OwnCause) -> Error {
    match cause.downcast::<Error>() {
        Ok(error) => *error,
        Err(cause) => {
            let message = format!(
                "the function `{name}` has failed\nhelp: mend what its error says, and migrate again: it goes on with the same batch"
            );
            let told = format!("an error of the function `{name}`");
            Error::new(ErrorKind::Migration, message)
                .because(Withheld::new(told, cause.to_string()))
        }
    }
}
