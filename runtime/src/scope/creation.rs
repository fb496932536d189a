//! Creating tenants with what the application adds, in one transaction.

use super::begun::Transaction;
use super::database::told;
use super::hooks::UnderWay;
use super::transaction::undo;
use super::{Database, Session, TenantScope};
use crate::bookkeeping::{Attempt, Waits};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Begin, Command, Flow, Pooled, Served, run};
use crate::tenant::{self, Entered, Needs, NewTenant, Prepared, Route, Tenant, TenantsRow};

/// Creates a tenant.
pub(super) fn create(database: &Database, new: NewTenant) -> Result<Tenant> {
    if !database.creation.hooks().is_empty() || new.row().is_some() {
        return create_by(database, &new, |_| Ok(()));
    }
    let new = new.at_most(database.creation.at_once());
    let waits = database.creation.waits();
    let ready = database.creation.ready();
    let mut connection = database.lend()?;
    let created = connection.control(told(|client| {
        tenant::create_from(client, &new, ready, &waits)
    }));
    if created.is_err() || ready.has_event_triggers() {
        connection.reset_when_settled();
    }
    drop(connection);
    let tenant = created?;
    database.creation.tell();
    Ok(tenant)
}

/// Creates a tenant and does the work for it, unless it was made by the same sign-up.
pub(crate) fn create_by(
    database: &Database,
    new: &NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<()>,
) -> Result<Tenant> {
    match create_with(database, new.clone(), work) {
        Err(error) if error.is_tenant_exists() => made_before(database, new)?.ok_or(error),
        created => Ok(created?.0),
    }
}

/// Creates a tenant, unless it is there.
pub(super) fn create_or_get(database: &Database, new: &NewTenant) -> Result<Tenant> {
    match create(database, new.clone()) {
        Err(error) if error.is_tenant_exists() => found(database, new)?.ok_or(error),
        created => created,
    }
}

/// Creates a tenant and does the work for it, unless it is there.
pub(super) fn create_or_get_with<T, E: From<Error>>(
    database: &Database,
    new: &NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(Tenant, Option<T>), E> {
    let mut work = Some(work);
    match created(database, new.clone(), &mut work) {
        Ok((tenant, value)) => Ok((tenant, Some(value))),
        Err(AttemptEnd::Refused(error)) if error.is_tenant_exists() => {
            match found(database, new)? {
                Some(tenant) => Ok((tenant, None)),
                None => Err(error.into()),
            }
        }
        Err(ended) => Err(ended.into_error()),
    }
}

/// Finds the tenant that a creation has met: that of the same sign-up if it has a token, and otherwise that of the key.
fn found(database: &Database, new: &NewTenant) -> Result<Option<Tenant>> {
    if new.has_token() {
        return made_before(database, new);
    }
    database.control(|client| tenant::find(client, new.key()))
}

fn made_before(database: &Database, new: &NewTenant) -> Result<Option<Tenant>> {
    database.control(|client| tenant::made_before(client, new))
}

/// Creates a tenant, and does what the hooks and the closure do in the same transaction.
pub(super) fn create_with<T, E: From<Error>>(
    database: &Database,
    new: NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(Tenant, T), E> {
    created(database, new, &mut Some(work)).map_err(AttemptEnd::into_error)
}

/// How an attempt to create a tenant ended, if not well.
enum AttemptEnd<E> {
    /// Before the application had anything to do with it.
    Refused(Error),
    /// In the application's part of it, or by its end.
    Failed(E),
}

/// Outcome of one plan, with the value of the closure.
type Attempted<T, E> = Result<Entered<(Tenant, T)>, AttemptEnd<E>>;

impl<E: From<Error>> From<Error> for AttemptEnd<E> {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: From<Error>> AttemptEnd<E> {
    fn into_error(self) -> E {
        match self {
            Self::Refused(error) => error.into(),
            Self::Failed(error) => error,
        }
    }
}

fn created<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    database: &Database,
    new: NewTenant,
    work: &mut Option<W>,
) -> Result<(Tenant, T), AttemptEnd<E>> {
    let new = &new.at_most(database.creation.at_once());
    let waits = database.creation.waits();
    let outcome =
        waits.attempt(
            |attempt| match attempt_with(database, new, work, (&waits, attempt)) {
                Err(AttemptEnd::Refused(error)) => Err(error),
                ended => Ok(ended),
            },
        );
    let done = outcome.unwrap_or_else(|error| {
        let error = error.in_tenant(new.key());
        Err(AttemptEnd::Refused(name_holder(database, error)))
    })?;
    database.creation.tell();
    Ok(done)
}

fn name_holder(database: &Database, error: Error) -> Error {
    if error.kind() != ErrorKind::LockTimeout {
        return error;
    }
    let holder = database.over_registry(tenant::holder(Needs::Creation));
    tenant::held_by(error, holder)
}

fn attempt_with<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    database: &Database,
    new: &NewTenant,
    work: &mut Option<W>,
    (waits, attempt): (&Waits, Attempt),
) -> Result<(Tenant, T), AttemptEnd<E>> {
    let made = tenant::until_made(Route::with_work(), |route| {
        let connection = database.connection(None).map_err(AttemptEnd::Refused)?;
        let (mut connection, entered) =
            attempt_over(connection, database, (new, route), work, (waits, attempt));
        // Event triggers have run with what made the schema, or with what was rolled back.
        let is_made = matches!(entered, Ok(Entered::Made(_)));
        if !is_made || database.creation.ready().has_event_triggers() {
            connection.reset_when_settled();
        }
        entered
    })?;
    made.ok_or_else(|| AttemptEnd::Refused(tenant::given_up(new)))
}

/// Tries it over a connection, and returns that too.
fn attempt_over<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    mut connection: Pooled,
    database: &Database,
    (new, route): (&NewTenant, &Route),
    work: &mut Option<W>,
    (waits, attempt): (&Waits, Attempt),
) -> (Pooled, Attempted<T, E>) {
    let prepared = connection.control(told(|client| tenant::prepare(client, new, route, waits)));
    let prepared = match prepared {
        Ok(Some(prepared)) => prepared,
        Ok(None) => return (connection, Ok(Entered::Overtaken)),
        Err(error) => return (connection, Err(AttemptEnd::Refused(error))),
    };
    let entered = enter(&mut connection, database, &prepared, new, attempt);
    if !matches!(entered, Ok(Entered::Made(_))) {
        undo(&mut connection, 1, &database.context);
    }
    let (mut connection, outcome) = match entered {
        Ok(Entered::Made(tenant)) => fill(connection, database, new, tenant, work),
        Ok(Entered::Overtaken) => (connection, Ok(Entered::Overtaken)),
        Ok(Entered::Otherwise(route)) => (connection, Ok(Entered::Otherwise(route))),
        Err(ended) => (connection, Err(ended)),
    };
    if !matches!(outcome, Ok(Entered::Made(_))) {
        let gave_up = connection.control(|client| {
            prepared.give_up(client, waits);
            Ok(())
        });
        debug_assert!(gave_up.is_ok(), "it tells of no errors");
    }
    (connection, outcome)
}

/// Begins a transaction, and enters the tenant into the registry in it.
fn enter<E: From<Error>>(
    connection: &mut Pooled,
    database: &Database,
    prepared: &Prepared,
    new: &NewTenant,
    attempt: Attempt,
) -> Result<Entered<Tenant>, AttemptEnd<E>> {
    let ready = database.creation.ready();
    let begin = Flow::transaction(Command::Begin(Begin::default()));
    run(connection, begin, &database.context)?;
    let entered =
        connection.control(|client| tenant::enter_in(client, prepared, new, ready, attempt));
    entered.map_err(AttemptEnd::Refused)
}

/// Has hooks and closure do their work in the transaction that the tenant was entered in, and ends it. There is no scope of
/// the tenant before, because it has neither number nor schema.
fn fill<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    mut connection: Pooled,
    database: &Database,
    new: &NewTenant,
    tenant: Tenant,
    work: &mut Option<W>,
) -> (Pooled, Attempted<T, E>) {
    let place = tenant.place();
    connection.serves(Served::new(&place));
    let mut scope = TenantScope::new(connection, &database.context, place);
    let outcome = Transaction::begun(&mut scope).run(|tx| {
        let _under_way = UnderWay::begin(&database.creation, new.key());
        if let Some(row) = new.row() {
            insert_row(tx, row)?;
        }
        for hook in database.creation.hooks() {
            hook(tx)?;
        }
        let work = work.take().expect("it is taken once the tenant is made");
        let value = work(tx).map_err(AttemptEnd::Failed)?;
        Ok((tenant, value))
    });
    (scope.connection, outcome.map(Entered::Made))
}

/// Inserts the row that is the tenant.
fn insert_row(tx: &mut TenantScope, row: &TenantsRow) -> Result<()> {
    let mut shared = tx.shared_mut();
    let statement = row.insert(shared.context());
    shared.drive(Flow::run(statement, |_| Ok(())))
}
