//! Claiming a standby: a tenant gets a schema that is there already.
//!
//! A process keeps in mind which standbys there are, so that a claim is one message: fifty of them at once take no longer
//! than some renames. What it has in mind may be out of date; then the message fails, and it looks again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{GenericClient, SimpleQueryMessage, SimpleQueryRow};

use super::making::Within;
use super::new::{NewTenant, slug};
use super::refusal::{committing, is_name_taken};
use super::standby::CLAIMABLE;
use super::{Tenant, TenantState};
use crate::bookkeeping::{Attempt, NO_TIMEOUT, explain, latest_format};
use crate::error::{Error, Result};
use crate::name::{BOOKKEEPING_SCHEMA, MAX_IDENTIFIER_BYTES, SchemaName, quote_literal};

/// How many standbys are looked up at a time.
const LOOK: i64 = 200;

/// If fewer are known and there are more, somebody looks for them while the others go on with these.
const FEW: usize = 50;

/// How long a standby that was taken from the list is not put back there: others still see it until the claim is committed.
const RECENTLY: Duration = Duration::from_secs(1);

/// How long a thread waits for what another one finds. It may have to wait for what this one holds, so not for ever.
const PATIENCE: Duration = Duration::from_millis(50);

/// How many standbys that others are at are tried before none is to be had.
const HELD: usize = 8;

/// How often a claim is tried. More often than that, something else is wrong.
const ATTEMPTS: usize = 100;

/// Where a transaction goes back to when a standby was not to be had.
const SAVEPOINT: &str = "tenantry_claim";

/// The standbys that a process knows of.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    known: Mutex<Known>,
    looked: Condvar,
    /// Whether the database was found to have event triggers, which may leave something in the session.
    has_event_triggers: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    standbys: Vec<Standby>,
    /// The standbys that were given, and when.
    taken: Vec<(i64, Instant)>,
    looks: usize,
    is_looking: bool,
    is_likely: bool,
    /// Whether the last look did not find all.
    is_more: bool,
}

/// A standby, and what must still be so when it is claimed.
#[derive(Debug)]
struct Standby {
    id: i64,
    schema: SchemaName,
    version: i32,
    edition: i64,
    tenant_version: i32,
    /// Whether renaming its schema is not enough.
    is_beyond_tables: bool,
    /// The number of the look that found it.
    look: usize,
}

impl Ready {
    /// Whether there was a standby the last time. Whoever keeps none should not pay for a look at each creation.
    pub(super) fn is_likely(&self) -> bool {
        self.known().is_likely
    }

    /// Notes of the row that a tenant was entered with whether the database has event triggers.
    pub(super) fn note_triggers(&self, row: &SimpleQueryRow) {
        if row.get(Tenant::HAS_EVENT_TRIGGERS) == Some("t") {
            self.has_event_triggers.store(true, Ordering::Relaxed);
        }
    }

    /// Whether event triggers may have run with what made a tenant.
    pub(crate) fn has_event_triggers(&self) -> bool {
        self.has_event_triggers.load(Ordering::Relaxed)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A list of standbys is good at any time.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a standby that nobody else in this process gets, and that is not one of these.
    fn take(&self, client: &mut impl GenericClient, except: &[i64]) -> Result<Option<Standby>> {
        let mut known = self.known();
        let standby = known.take(except);
        if standby.is_some() && !known.is_running_out() {
            return Ok(standby);
        }
        if known.is_looking {
            let looks = known.looks;
            let is_looking = |known: &mut Known| known.is_looking;
            let waited = self.looked.wait_timeout_while(known, PATIENCE, is_looking);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
            let found = known.take(except);
            // A look that has failed tells nothing.
            if found.is_some() || known.looks > looks && !known.is_likely {
                return Ok(found);
            }
        }
        known.is_looking = true;
        drop(known);
        let found = look(client, except);
        let mut known = self.known();
        known.is_looking = false;
        self.looked.notify_all();
        match (found, standby) {
            (Ok(found), standby) => {
                known.learn(found);
                Ok(standby.or_else(|| known.take(except)))
            }
            (Err(error), None) => Err(error),
            (Err(error), Some(standby)) => {
                // The others go on with what is left.
                known.is_more = false;
                known.put_back(standby);
                Err(error)
            }
        }
    }

    fn put_back(&self, standby: Standby) {
        self.known().put_back(standby);
    }

    /// Forgets what the look found that has found this one.
    fn forget(&self, stale: &Standby) {
        let mut known = self.known();
        known.standbys.retain(|standby| standby.look != stale.look);
    }
}

impl Known {
    fn take(&mut self, except: &[i64]) -> Option<Standby> {
        let mut places = self.standbys.iter();
        let place = places.rposition(|standby| !except.contains(&standby.id))?;
        let standby = self.standbys.swap_remove(place);
        self.taken.push((standby.id, Instant::now()));
        Some(standby)
    }

    fn put_back(&mut self, standby: Standby) {
        self.taken.retain(|(id, _)| *id != standby.id);
        self.standbys.push(standby);
    }

    fn is_running_out(&self) -> bool {
        self.is_more && !self.is_looking && self.standbys.len() < FEW
    }

    /// Takes over what a look has found.
    fn learn(&mut self, found: Vec<Standby>) {
        self.looks += 1;
        self.is_likely = !found.is_empty();
        self.is_more = i64::try_from(found.len()).is_ok_and(|number| number >= LOOK);
        self.taken.retain(|(_, at)| at.elapsed() < RECENTLY);
        let is_free = |standby: &Standby| self.taken.iter().all(|(id, _)| *id != standby.id);
        let (free, taken): (Vec<_>, Vec<_>) = found.into_iter().partition(is_free);
        // What was taken may be free again, if there is nothing else.
        let news = if free.is_empty() { taken } else { free };
        let look = self.looks;
        self.standbys = news
            .into_iter()
            .map(|standby| Standby { look, ..standby })
            .collect();
    }
}

/// Whether the schema of a row of `tenantry.tenant` can be renamed by this role.
const OURS: &str = "(SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace \
    WHERE nspname = tenant.schema_name::pg_catalog.name)";

/// Looks for standbys, in an order that is another one in each process.
fn look(client: &mut impl GenericClient, except: &[i64]) -> Result<Vec<Standby>> {
    let sql = format!(
        "SELECT tenant.id, tenant.schema_name, tenant.version, m.edition, m.tenant_version, \
         EXISTS (SELECT FROM tenantry.migration WHERE beyond_tables) \
         FROM tenantry.tenant CROSS JOIN tenantry.meta AS m \
         WHERE m.one = 1 AND m.format = {} AND {CLAIMABLE} AND tenant.id <> ALL ($1) AND {OURS} \
         ORDER BY pg_catalog.random() LIMIT {LOOK}",
        latest_format()
    );
    let rows = client
        .query_typed(&sql, &[(&except, Type::INT8_ARRAY)])
        .map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(Standby {
                id: row.try_get(0)?,
                schema: SchemaName::new(row.try_get::<_, &str>(1)?)?,
                version: row.try_get(2)?,
                edition: row.try_get(3)?,
                tenant_version: row.try_get(4)?,
                is_beyond_tables: row.try_get(5)?,
                look: 0,
            })
        })
        .collect()
}

/// Why a message was refused.
enum Refused {
    /// Somebody else is at the standby.
    Held,
    /// Its schema is gone, because somebody else has it, or it belongs to a role that this one has no rights of.
    Gone,
    /// It, or the chain, is not as it was when it was looked up, or the books no longer have it.
    Stale,
    /// Key or name can't be had.
    Name,
}

/// Gives a standby to a tenant, whose schema gets this name, or one with the standby's number in it. Gives nothing if no
/// standby is to be had, or none under this key and name: then it is as if nothing had been tried.
///
/// # Errors
///
/// Among others [`ErrorKind::Serialization`](crate::ErrorKind::Serialization), when the transaction has begun before
/// somebody else changed the standby and is strict about it.
pub(super) fn claim(
    client: &mut impl GenericClient,
    new: &NewTenant,
    name: Option<&SchemaName>,
    ready: &Ready,
    (within, attempt): (Within, Attempt),
) -> Result<Option<Tenant>> {
    let (mut tried, mut held) = (Vec::new(), 0);
    for _ in 0..ATTEMPTS {
        let Some(standby) = ready.take(client, &tried)? else {
            break;
        };
        let name = name
            .cloned()
            .map_or_else(|| numbered(standby.id, new), Ok)?;
        let sent = send(client, new, ready, (&standby, &name), (within, attempt));
        let broken = |error| match within {
            Within::Itself => committing(error),
            Within::Transaction => Error::from(error),
        };
        let refused = match sent.map_err(|error| broken(error).in_tenant(&new.key))? {
            Ok(tenant) => return Ok(Some(tenant)),
            Err(refused) => refused,
        };
        if within == Within::Transaction {
            client.batch_execute(&format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"))?;
        }
        match refused {
            Refused::Name => {
                ready.put_back(standby);
                break;
            }
            Refused::Held if held >= HELD => break,
            Refused::Held => {
                held += 1;
                tried.push(standby.id);
            }
            Refused::Gone => {
                ready.forget(&standby);
                tried.push(standby.id);
            }
            Refused::Stale => ready.forget(&standby),
        }
    }
    Ok(None)
}

fn numbered(id: i64, new: &NewTenant) -> Result<SchemaName> {
    let mut name = format!("t{id}_{}", slug(&new.key));
    name.truncate(MAX_IDENTIFIER_BYTES);
    Ok(SchemaName::new(name)?)
}

fn send(
    client: &mut impl GenericClient,
    new: &NewTenant,
    ready: &Ready,
    (standby, name): (&Standby, &SchemaName),
    (within, attempt): (Within, Attempt),
) -> Result<Result<Tenant, Refused>, postgres::Error> {
    let mut message = attempt.lock_timeout() + &statements(new, standby, name);
    if standby.is_beyond_tables {
        message += &routines(client, &standby.schema, name)?;
    }
    message = match within {
        Within::Itself => format!("{}{message}", within.beginning()),
        Within::Transaction => {
            format!("SAVEPOINT {SAVEPOINT};\n{message}{NO_TIMEOUT}RELEASE SAVEPOINT {SAVEPOINT}")
        }
    };
    let answer = match client.simple_query(&message) {
        Ok(answer) => answer,
        Err(error) => return refused(&error).map(Err).ok_or(error),
    };
    let mut rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    // The first statement has a row, too.
    let made = rows.nth(1).and_then(|row| {
        ready.note_triggers(row);
        Tenant::made(row, new, name)
    });
    Ok(made.ok_or(Refused::Stale))
}

/// The statements of a claim, of which one fails unless all is as it was. Simple ones, because PostgreSQL plans them anew
/// after each renaming.
///
/// The first fails where somebody else is at the standby, and divides by zero if the books no longer have it, or if it or
/// the chain has changed. The second puts a null where none can be if there is a role of that name. The third fails, since
/// a name is no number, if it was that of a tenant that was dropped while the second waited for it. The fourth fails if the
/// schema is gone.
fn statements(new: &NewTenant, standby: &Standby, name: &SchemaName) -> String {
    let Standby {
        id,
        schema,
        version,
        edition,
        tenant_version,
        ..
    } = standby;
    format!(
        "SELECT 1 / COALESCE(\
             (SELECT 1 FROM tenantry.tenant WHERE id = {id} AND state = 'standby' AND version = {version} AND step = 0 \
              FOR UPDATE NOWAIT) \
             * (SELECT 1 FROM tenantry.meta WHERE one = 1 AND format = {format} AND tenant_version = {tenant_version} \
              AND standby_reason IS NULL AND edition = {edition}), 0);\n\
         UPDATE tenantry.tenant SET key = {key}, state = '{state}', tags = {tags}, token = {token}, epoch = epoch + 1, \
         created_at = pg_catalog.now(), changed_at = pg_catalog.now(), last_error = NULL, \
         schema_name = CASE WHEN pg_catalog.to_regrole({role}) IS NULL THEN {name} END \
         WHERE id = {id} RETURNING {returning};\n\
         SELECT name::pg_catalog.int4 FROM tenantry.retired_schema WHERE name = {name};\n\
         ALTER SCHEMA {from} RENAME TO {to};\n",
        key = quote_literal(new.key.as_str()),
        state = TenantState::Active,
        tags = new.tags_sql(),
        token = new.token_sql(),
        returning = Tenant::RETURNING,
        format = latest_format(),
        role = quote_literal(&name.quoted()),
        from = schema.quoted(),
        to = name.quoted(),
        name = quote_literal(name.as_str()),
    )
}

/// Why the server refused a message, if it is nothing worse.
fn refused(error: &postgres::Error) -> Option<Refused> {
    let refused = error.as_db_error()?;
    let code = refused.code();
    let is_null =
        *code == SqlState::NOT_NULL_VIOLATION && refused.schema() == Some(BOOKKEEPING_SCHEMA);
    let is_retired = *code == SqlState::INVALID_TEXT_REPRESENTATION;
    let is_changed = *code == SqlState::DIVISION_BY_ZERO;
    // A lock timeout has the same code as a lock that is not waited for, and would come again and again.
    let is_timeout = refused.routine() == Some("ProcessInterrupts");
    if *code == SqlState::LOCK_NOT_AVAILABLE && !is_timeout {
        Some(Refused::Held)
    } else if [
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ]
    .contains(code)
    {
        Some(Refused::Gone)
    } else if is_changed {
        Some(Refused::Stale)
    } else if is_null || is_retired || is_name_taken(error) {
        Some(Refused::Name)
    } else {
        None
    }
}

/// The statements that make routines and triggers anew whose text has the name of their schema in it.
///
/// PostgreSQL keeps the bodies of most routines, and the arguments of triggers, as text, which no renaming reaches.
pub(crate) fn routines(
    client: &mut impl GenericClient,
    old: &SchemaName,
    new: &SchemaName,
) -> Result<String, postgres::Error> {
    let rows = client.query_typed(
        "SELECT pg_catalog.pg_get_functiondef(p.oid) \
         FROM pg_catalog.pg_namespace AS n \
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
         JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid \
         WHERE n.nspname = $1 AND p.prokind <> 'a' AND p.prosqlbody IS NULL \
             AND pg_catalog.strpos(p.prosrc || pg_catalog.array_to_string(COALESCE(p.proconfig, '{}'), ' '), $2) > 0 \
         UNION ALL \
         SELECT pg_catalog.regexp_replace(pg_catalog.pg_get_triggerdef(t.oid), '^CREATE ', 'CREATE OR REPLACE ') \
         FROM pg_catalog.pg_namespace AS n \
         JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = d.objid \
         WHERE n.nspname = $1 AND NOT t.tgisinternal \
             AND pg_catalog.strpos(pg_catalog.encode(t.tgargs, 'escape'), $2) > 0",
        &[(&old.as_str(), Type::NAME), (&old.as_str(), Type::TEXT)],
    )?;
    let mut statements = String::new();
    for row in &rows {
        let definition: String = row.try_get(0)?;
        // The name is that of a standby, and so unlike any other word. PostgreSQL writes it without quotes before a dot,
        // but the new name may be a word that needs them.
        let qualified = definition.replace(&format!("{old}."), &format!("{}.", new.quoted()));
        statements += &qualified.replace(old.as_str(), new.as_str());
        statements += ";\n";
    }
    Ok(statements)
}
