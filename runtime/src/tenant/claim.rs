//! Claiming a standby: a tenant gets a schema that is there already.
//!
//! A process [keeps in mind](super::ready) which standbys there are, so that a claim is one message: fifty of them at once
//! take no longer than some renames. What it has in mind may be out of date; then the message fails, and it looks again.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{GenericClient, SimpleQueryMessage};

use super::new::{NewTenant, slug};
use super::ready::{Ready, Standby};
use super::refusal::{committing, is_name_taken};
use super::within::Within;
use super::{Tenant, TenantState, mark};
use crate::bookkeeping::facts::STANDBY_PREFIX;
use crate::bookkeeping::{
    Attempt, CHAIN_REVISION, Guard, IS_RESTORED, NO_TIMEOUT, WHICH, explain, latest_format,
};
use crate::error::{Error, Result};
use crate::name::{MAX_IDENTIFIER_BYTES, SchemaName, quote_literal};

/// How many standbys that others are at are tried before none is to be had.
const MAX_CONTENDED: usize = 8;

/// How often a claim is tried. More often than that, something else is wrong.
const ATTEMPTS: usize = 100;

/// Where a transaction goes back to when a standby was not to be had.
const SAVEPOINT: &str = "tenantry_claim";

/// Why a message was refused.
enum Refused {
    /// Somebody else is at the standby.
    Held,
    /// Its schema is gone, because somebody else has it, or it belongs to a role that this one has no rights of.
    Gone,
    /// It, or the chain, is not as it was when it was looked up, or the metadata tables no longer have it.
    Stale,
    /// Key or name can't be had.
    Name,
}

/// Gives a standby to a tenant, whose schema gets this name, or one with the standby's number in it. Returns nothing if no
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
        let number = number(client, &standby)?;
        let name = name.cloned().map_or_else(|| numbered(number, new), Ok)?;
        let place = (&standby, number, &name);
        let sent = send(client, new, ready, place, (within, attempt));
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
            Refused::Held if held >= MAX_CONTENDED => break,
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

/// Returns the number of the tenant that gets a standby: another one, if a tenant may have had the standby's own before.
fn number(client: &mut impl GenericClient, standby: &Standby) -> Result<i64> {
    if !standby.needs_number() {
        return Ok(standby.id);
    }
    let drawn = client
        .query_typed_one("SELECT pg_catalog.nextval('tenantry.tenant_id_seq')", &[])
        .map_err(explain)?;
    Ok(drawn.try_get(0)?)
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
    (standby, number, name): (&Standby, i64, &SchemaName),
    (within, attempt): (Within, Attempt),
) -> Result<Result<Tenant, Refused>, postgres::Error> {
    let mut message = attempt.lock_timeout() + &statements(new, standby, name, number);
    if number != standby.id {
        message += &renumbered(standby.id, number, name);
    }
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
/// The first fails where somebody else is at the standby, and is overtaken if the metadata tables no longer have it, or if it or
/// the chain has changed. The second is refused if there is a role of that name; the third, if it was that of a tenant that
/// was dropped while the second waited for it. The fourth fails if the schema is gone.
fn statements(new: &NewTenant, standby: &Standby, name: &SchemaName, number: i64) -> String {
    let Standby {
        id,
        schema,
        database,
        version,
        chain_revision,
        tenant_version,
        numbers_after,
        ..
    } = standby;
    // What was made with the standby is looked for where it was noted last: emptied metadata tables have no rows.
    let has_entry = match version {
        0 => String::new(),
        _ => format!(
            " * (SELECT 1 FROM tenantry.ledger WHERE tenant_id = {id} AND migration = (SELECT id FROM tenantry.migration \
             WHERE tenant_up IS NOT NULL AND position <= {version} ORDER BY position DESC LIMIT 1))"
        ),
    };
    let as_looked_up = format!(
        "(SELECT 1 FROM tenantry.tenant WHERE id = {id} AND state = 'standby' AND key = '{STANDBY_PREFIX}{id}' AND version = {version} \
          AND step = 0 FOR UPDATE NOWAIT) \
         * (SELECT 1 FROM tenantry.meta AS m WHERE one = 1 AND format = {format} AND tenant_version = {tenant_version} \
          AND standby_reason IS NULL AND {CHAIN_REVISION} = {chain_revision} AND numbers_after = {numbers_after} AND NOT {IS_RESTORED} \
          AND {WHICH} = {database}){has_entry}",
        database = quote_literal(database),
        format = latest_format(),
    );
    let role = quote_literal(&name.quoted());
    let quoted = quote_literal(name.as_str());
    format!(
        "SELECT {};\n\
         UPDATE tenantry.tenant SET id = {number}, key = {key}, state = '{state}', tags = {tags}, token = {token}, epoch = epoch + 1, \
         created_at = pg_catalog.now(), changed_at = pg_catalog.now(), last_error = NULL, \
         schema_name = CASE WHEN pg_catalog.to_regrole({role}) IS NULL THEN {quoted} ELSE {taken}::text END \
         WHERE id = {id} RETURNING {returning};\n\
         SELECT {taken} FROM tenantry.retired_schema WHERE name = {quoted};\n\
         ALTER SCHEMA {from} RENAME TO {to};\n",
        Guard::Overtaken.or_refuse(&as_looked_up),
        key = quote_literal(new.key.as_str()),
        state = TenantState::Active,
        tags = new.tags_sql(),
        token = new.token_sql(),
        returning = Tenant::RETURNING,
        taken = Guard::NameTaken.refuse(),
        from = schema.quoted(),
        to = name.quoted(),
    )
}

/// The statements that give what was a standby's to another number.
///
/// The ledger has an index for a migration and a tenant, and none for a tenant.
fn renumbered(old: i64, number: i64, name: &SchemaName) -> String {
    format!(
        "UPDATE tenantry.ledger SET tenant_id = {number} \
         WHERE migration = ANY (ARRAY(SELECT id FROM tenantry.migration)) AND tenant_id = {old};\n\
         COMMENT ON SCHEMA {} IS '{}';\n",
        name.quoted(),
        mark(number)
    )
}

/// Why the server refused a message, if it is nothing worse.
fn refused(error: &postgres::Error) -> Option<Refused> {
    let refused = error.as_db_error()?;
    let code = refused.code();
    let guard = Guard::of(error);
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
    } else if guard == Some(Guard::Overtaken) {
        Some(Refused::Stale)
    } else if is_name_taken(error) {
        Some(Refused::Name)
    } else {
        None
    }
}

/// The statements that make routines and triggers anew whose text has the name of their schema in it.
///
/// PostgreSQL keeps the bodies of most routines, and the arguments of triggers, as text, which no renaming reaches. Bodies are
/// not checked: what they name may be gone since they were made, and that is no matter of the claim.
pub(crate) fn routines(
    client: &mut impl GenericClient,
    old: &SchemaName,
    new: &SchemaName,
) -> Result<String, postgres::Error> {
    let rows = client.query_typed(
        include_str!("renamed.sql"),
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
    if statements.is_empty() {
        return Ok(statements);
    }
    Ok(format!(
        "SET LOCAL check_function_bodies = off;\n{statements}SET LOCAL check_function_bodies TO DEFAULT;\n"
    ))
}
