//! Creation step by step, for chains that are not the same in one transaction: each migration has one of its own, as in the
//! fleet.
//!
//! Until the last step the tenant is in `tenantry.provisioning` and not in the registry, so nobody sees it. Once the session is
//! gone that took the last step, whoever comes across it drops what was made so far. There is no lock on a session, so each
//! step can go to another one, as through a transaction pooler; whose sessions stay, so a lease says besides until when the
//! process has to be heard of.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::drop::{aside, drop_within, go_on};
use super::making::{Making, Place};
use super::new::NewTenant;
use super::plan::{Part, Plan};
use super::refusal::{being_made, committing, is_name_taken, is_passing};
use super::standby_key::standby_key;
use super::{Tenant, mark};
use crate::bookkeeping::facts::{ABANDONED, PUT_ASIDE};
use crate::bookkeeping::segment::{
    Alone, Segment, Stretch, in_transaction, is_other_in_transaction, needs_segments, segments,
};
use crate::bookkeeping::{Attempt, FileSql, Message, Position, Waits, explain, is_overtaken};
use crate::error::Result;
use crate::exec::reset_whole;
use crate::name::SchemaName;

/// How far the steps went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stepped {
    /// To the last, which puts the tenant into the registry.
    ToLast,
    /// Nowhere: a migration, or another tenant, came in between.
    Overtaken,
    /// Nowhere: the baseline has failed. The chain makes the schema, or its error has the place in the chain.
    Unfit,
}

/// Takes all steps but the last. If that fails, nothing is left.
pub(super) fn provision(
    client: &mut Client,
    plan: &Plan,
    making: &Making<'_>,
    waits: &Waits,
) -> Result<Stepped> {
    let begun = waits.attempt(|attempt| begin(client, plan, making, attempt))?;
    if begun != Stepped::ToLast {
        return Ok(begun);
    }
    let course = Course {
        plan,
        making,
        waits: waits.together(),
    };
    let stepped = course.go(client);
    if !matches!(stepped, Ok(Stepped::ToLast)) {
        abandon(client, plan.place().0, waits);
    }
    stepped
}

fn begin(
    client: &mut Client,
    plan: &Plan,
    making: &Making<'_>,
    attempt: Attempt,
) -> Result<Stepped> {
    let message = making.begin(attempt);
    match message.send(client) {
        Ok(()) => Ok(Stepped::ToLast),
        Err(error) if is_overtaken(&error) || is_name_taken(&error) => Ok(Stepped::Overtaken),
        Err(error) if plan.baseline.is_some() && !client.is_closed() && !is_passing(&error) => {
            Ok(Stepped::Unfit)
        }
        Err(error) if is_passing(&error) => Err(message.explain_passing(error)),
        Err(error) => Err(message.explain(error)),
    }
}

struct Course<'a> {
    plan: &'a Plan,
    making: &'a Making<'a>,
    /// The limits of all steps together.
    waits: Waits,
}

impl Course<'_> {
    fn go(&self, client: &mut Client) -> Result<Stepped> {
        let version = self
            .plan
            .baseline
            .as_ref()
            .map_or(0, |baseline| baseline.version);
        let mut at = Place { version, step: 0 };
        for part in &self.plan.parts {
            let home = Place {
                version: part.position,
                step: 0,
            };
            if !part.is_cut() {
                if !self.together(client, &part.file, (at, home))? {
                    return Ok(Stepped::Overtaken);
                }
            } else if !self.in_segments(client, part, (at, home))? {
                return Ok(Stepped::Overtaken);
            }
            at = home;
        }
        Ok(Stepped::ToLast)
    }

    /// One transaction, on a session that is reset afterwards.
    fn together(
        &self,
        client: &mut Client,
        file: &FileSql,
        places: (Place, Place),
    ) -> Result<bool> {
        let done = self.waits.attempt(|attempt| {
            let message = self.making.step(file, places, attempt);
            let sent = message.send(client);
            self.answered(client, &message, (sent, attempt))
        });
        reset(client);
        done
    }

    fn in_segments(
        &self,
        client: &mut Client,
        part: &Part,
        (mut at, home): (Place, Place),
    ) -> Result<bool> {
        let segments = segments(&part.sql, part.is_transaction);
        let count = segments.len();
        for (place, segment) in segments.into_iter().enumerate() {
            let next = if place + 1 == count {
                home
            } else {
                Place {
                    step: at.step + 1,
                    ..at
                }
            };
            let is_done = match segment {
                // A tenant that is not made to the end is dropped, so nothing is done twice.
                Segment::Together(Stretch { sql, begin, .. }) if !part.is_transaction => {
                    self.alone(client, &self.file(part, &sql, begin), (at, next))?
                }
                Segment::Together(Stretch { sql, begin, .. }) => {
                    self.together(client, &self.file(part, &sql, begin), (at, next))?
                }
                Segment::Batched(batched) => {
                    let Stretch { sql, begin, .. } = batched.at_once();
                    self.together(client, &self.file(part, &sql, begin), (at, next))?
                }
                Segment::Alone(Alone {
                    stretch: Stretch { sql, begin, .. },
                    is_by_choice,
                    ..
                }) => {
                    // Nobody uses the schema, so that nothing has to be done while others go on.
                    if is_by_choice || needs_segments(&sql) && !is_other_in_transaction(&sql) {
                        let file = self.file(part, &in_transaction(&sql), begin);
                        self.together(client, &file, (at, next))?
                    } else {
                        self.alone(client, &self.file(part, &sql, begin), (at, next))?
                    }
                }
            };
            if !is_done {
                return Ok(false);
            }
            at = next;
        }
        Ok(true)
    }

    /// One statement outside of a transaction.
    fn alone(
        &self,
        client: &mut Client,
        file: &FileSql,
        (at, next): (Place, Place),
    ) -> Result<bool> {
        let note = |client: &mut Client, places| {
            self.waits.attempt(|attempt| {
                let message = Message::new(self.making.note(places, attempt));
                let sent = message.send(client);
                self.answered(client, &message, (sent, attempt))
            })
        };
        if !note(client, (at, at))? {
            return Ok(false);
        }
        let mut message = Message::new(String::new());
        message.add(file, Some(self.plan.place().1));
        let sent = message.send(client);
        let sent = sent.map_err(|error| message.explain_statement(error));
        reset(client);
        sent?;
        note(client, (at, next))
    }

    fn file(&self, part: &Part, sql: &str, begin: Position) -> FileSql {
        let shared = &self.plan.meta.shared_schema;
        FileSql::new(&part.id, "tenant.up.sql", sql, shared).beginning_at(begin)
    }

    /// Whether a step was taken, or was overtaken. One that can be tried again leaves the tenant to this process.
    fn answered(
        &self,
        client: &mut Client,
        message: &Message<'_>,
        (sent, attempt): (Result<(), postgres::Error>, Attempt),
    ) -> Result<bool> {
        match sent {
            Ok(()) => Ok(true),
            Err(error) if is_overtaken(&error) => Ok(false),
            Err(error) if is_passing(&error) => {
                if let Err(error) = client.batch_execute(&self.making.renew(attempt)) {
                    tracing::debug!(%error, "a lease could not be renewed");
                }
                Err(message.explain_passing(error))
            }
            Err(error) => Err(message.diagnose(client, error)),
        }
    }
}

/// Makes the session as it was, for whoever has it next.
fn reset(client: &mut Client) {
    if !client.is_closed()
        && let Err(error) = reset_whole(client)
    {
        tracing::warn!(%error, "a session could not be reset");
    }
}

/// Takes a tenant out of the way that somebody else has begun to make and has left.
///
/// # Errors
///
/// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout), when it was not left.
pub(super) fn make_way(client: &mut Client, id: i64, new: &NewTenant, waits: &Waits) -> Result<()> {
    match take(client, id, Whose::Nobodys, waits)? {
        Some(tenant) => {
            clear(client, &tenant, waits);
            Ok(())
        }
        None => Err(being_made(new)),
    }
}

/// Drops what was made of a tenant that this process makes, as far as that is possible now.
pub(super) fn abandon(client: &mut Client, id: i64, waits: &Waits) {
    if client.is_closed() {
        return;
    }
    match take(client, id, Whose::Ours, waits) {
        Ok(Some(tenant)) => clear(client, &tenant, waits),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(id, %error, "a tenant that could not be made is left for later");
        }
    }
}

/// Drops what is left of tenants that nobody goes on making.
///
/// # Errors
///
/// When the registry can't be read. What can't be dropped now is left for the next time.
pub(crate) fn clean_up(client: &mut Client, whose: Whose, waits: &Waits) -> Result<()> {
    let unfinished = format!(
        "SELECT id FROM tenantry.provisioning WHERE $1 OR {ABANDONED} \
         UNION ALL SELECT -id FROM tenantry.tenant WHERE {PUT_ASIDE}"
    );
    let rows = waits.read(client, |tx| {
        let is_ours = whose == Whose::Ours;
        tx.query_typed(&unfinished, &[(&is_ours, Type::BOOL)])
            .map_err(explain)
    })?;
    for row in &rows {
        match row.try_get::<_, i64>(0)? {
            id if id < 0 => {
                let key = standby_key(-id)?;
                if let Err(error) = drop_within(client, &key, waits) {
                    tracing::info!(%key, %error, "a tenant that was not finished is left for later");
                }
            }
            id => match take(client, id, whose, waits) {
                Ok(Some(tenant)) => clear(client, &tenant, waits),
                Ok(None) => {}
                Err(error) if client.is_closed() => return Err(error),
                Err(error) => {
                    tracing::info!(id, %error, "a tenant that was not finished is left for later");
                }
            },
        }
    }
    Ok(())
}

/// Whose a tenant is that is just being made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of whoever calls this, or of somebody who then has to begin anew.
    Ours,
    /// Nobody's any more: its lease is over.
    Nobodys,
}

fn clear(client: &mut Client, tenant: &Tenant, waits: &Waits) {
    if let Err(error) = go_on(client, tenant, waits) {
        tracing::info!(tenant = %tenant.key, %error, "a tenant that was not finished is left for later");
    }
}

/// Makes a tenant that is being made one that is being dropped, under a key and a name that nobody asks for.
fn take(client: &mut Client, id: i64, whose: Whose, waits: &Waits) -> Result<Option<Tenant>> {
    waits.attempt(|attempt| {
        let mut tx = client.transaction()?;
        tx.batch_execute(&attempt.lock_timeout())?;
        let unfinished = format!(
            "SELECT schema_name FROM tenantry.provisioning \
             WHERE id = $1 AND ($2 OR {ABANDONED}) FOR UPDATE SKIP LOCKED"
        );
        let row = tx
            .query_typed_opt(
                &unfinished,
                &[(&id, Type::INT8), (&(whose == Whose::Ours), Type::BOOL)],
            )
            .map_err(explain)?;
        let Some(row) = row else { return Ok(None) };
        let schema = SchemaName::new(row.try_get::<_, &str>(0)?)?;
        let aside = aside(id)?;
        if is_marked(&mut tx, &schema, id)? {
            tx.batch_execute(&format!(
                "ALTER SCHEMA {} RENAME TO {}",
                schema.quoted(),
                aside.quoted()
            ))?;
        }
        tx.execute_typed("DELETE FROM tenantry.provisioning WHERE id = $1", &[(&id, Type::INT8)])?;
        let sql = format!(
            "INSERT INTO tenantry.tenant (id, key, schema_name, state) VALUES ($1, $2, $3, 'dropping') RETURNING {}",
            Tenant::COLUMNS
        );
        let key = standby_key(id)?;
        let params = [
            (&id as _, Type::INT8),
            (&key.as_str() as _, Type::TEXT),
            (&aside.as_str() as _, Type::TEXT),
        ];
        let tenant = Tenant::read(&tx.query_typed_one(&sql, &params)?)?;
        tx.commit().map_err(committing)?;
        Ok(Some(tenant))
    })
}

/// Whether there is the schema, and it is the one that creation made.
pub(super) fn is_marked(tx: &mut Transaction<'_>, schema: &SchemaName, id: i64) -> Result<bool> {
    let row = tx.query_typed_opt(
        "SELECT FROM pg_catalog.pg_namespace \
         WHERE nspname = $1::name AND pg_catalog.obj_description(oid, 'pg_namespace') = $2",
        &[(&schema.as_str(), Type::TEXT), (&mark(id), Type::TEXT)],
    )?;
    Ok(row.is_some())
}
