//! A migration that can't be done in one transaction: segment by segment, each remembered when it is done.
//!
//! The ledger has the migration from the beginning; the version follows in the end. In between the books keep the number
//! of the segment, so that whoever comes after a crash goes on from there. A statement outside of a transaction and the
//! note that it is done are two transactions: after a crash between them it is run again, and therefore indexes are
//! looked up first.

use std::time::Duration;

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::Type;

use super::batch::{BatchStep, limits, session_limits};
use super::manifest::Limits;
use super::settings::Settings;
use super::survey::Pending;
use super::worker::is_lock_failure;
use crate::bookkeeping::segment::{
    Alone, Index, Segment, in_transaction, needs_segments, segments,
};
use crate::bookkeeping::{FileSql, LEFT_OUT, Message, Meta, explain, is_busy, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, quote_identifier, quote_literal};

/// The lock that whoever works on a tenant in this way holds on its session; the tenant's number is added.
pub(super) const LOCK: i64 = 0x7465_6e00_0000_0000;

/// The schema that is migrated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    Shared,
    Tenant(&'a Pending),
}

/// How far it went.
#[derive(Debug)]
pub(super) enum Stepped {
    Done,
    /// Somebody else is working on the schema, or it is gone.
    Busy,
    /// The books are not as they were read.
    Overtaken,
    /// A lock was not to be had; the number of the segment to go on with.
    Locked(Error, i32),
    Failed(Error),
}

/// Applies a migration to a schema, beginning with a segment: 0 if nothing is done yet.
pub(super) fn stepwise(
    client: &mut Client,
    target: Target<'_>,
    meta: &Meta,
    step: &BatchStep,
    settings: &Settings,
    begun: i32,
) -> Result<Stepped> {
    let course = Course {
        target,
        meta,
        step,
        settings,
    };
    if !course.lock(client)? {
        return Ok(Stepped::Busy);
    }
    let stepped = course.go(client, begun);
    // A connection that is lost has lost its lock too.
    if !client.is_closed() {
        course.unlock(client)?;
    }
    stepped
}

struct Course<'a> {
    target: Target<'a>,
    meta: &'a Meta,
    step: &'a BatchStep,
    settings: &'a Settings,
}

/// Where a segment leads.
#[derive(Clone, Copy)]
enum Leads {
    /// To the next segment.
    On,
    /// To the end of the migration.
    Home,
}

impl Course<'_> {
    fn id(&self) -> i64 {
        match self.target {
            Target::Shared => 0,
            Target::Tenant(tenant) => tenant.id,
        }
    }

    fn schema(&self) -> &SchemaName {
        match self.target {
            Target::Shared => &self.meta.shared_schema,
            Target::Tenant(tenant) => &tenant.schema,
        }
    }

    fn lock(&self, client: &mut Client) -> Result<bool> {
        let row = client.query_typed_one(
            "SELECT pg_catalog.pg_try_advisory_lock($1)",
            &[(&(LOCK + self.id()), Type::INT8)],
        )?;
        Ok(row.try_get(0)?)
    }

    fn unlock(&self, client: &mut Client) -> Result<()> {
        client.query_typed(
            "SELECT pg_catalog.pg_advisory_unlock($1)",
            &[(&(LOCK + self.id()), Type::INT8)],
        )?;
        Ok(())
    }

    fn go(&self, client: &mut Client, begun: i32) -> Result<Stepped> {
        let segments = segments(&self.step.sql, self.step.limits.is_transaction);
        let mut at = begun;
        if at == 0 {
            if let Err(error) = client.batch_execute(&self.begin()) {
                return refused(error, at, explain);
            }
            at = 1;
        }
        let first = usize::try_from(at - 1).unwrap_or_default();
        if first >= segments.len() {
            return Ok(Stepped::Failed(Error::new(
                ErrorKind::Migration,
                format!(
                    "the books say that step {begun} of `{}` comes next, which has only {}\n\
                     help: look at what the schema has, and correct the step in the registry",
                    self.step.file.migration(),
                    segments.len()
                ),
            )));
        }
        for (place, segment) in segments.iter().enumerate().skip(first) {
            let leads = if place + 1 == segments.len() {
                Leads::Home
            } else {
                Leads::On
            };
            let is_resumed = begun > 0 && place == first;
            let stepped = match segment {
                Segment::Together(sql) => self.together(client, sql, at, leads)?,
                Segment::Alone(alone) => self.alone(client, alone, at, leads, is_resumed)?,
            };
            match stepped {
                Stepped::Done => at += 1,
                Stepped::Failed(_) | Stepped::Locked(..) if at == 1 => {
                    // Nothing of it is done: then it is as if it had not begun, and can be edited.
                    client.batch_execute(&self.never_began()).map_err(explain)?;
                    return Ok(match stepped {
                        Stepped::Locked(error, _) => Stepped::Locked(error, 0),
                        other => other,
                    });
                }
                other => return Ok(other),
            }
        }
        Ok(Stepped::Done)
    }

    fn together(&self, client: &mut Client, sql: &str, at: i32, leads: Leads) -> Result<Stepped> {
        let file = self.file(sql);
        let mut message =
            Message::new(self.progress(at, leads) + &limits(self.settings, self.step.limits));
        message.add(&file, Some(self.schema()));
        match message.send(client) {
            Ok(()) => Ok(Stepped::Done),
            Err(error) => refused(error, at, |error| message.diagnose(client, error)),
        }
    }

    fn alone(
        &self,
        client: &mut Client,
        alone: &Alone,
        at: i32,
        leads: Leads,
        is_resumed: bool,
    ) -> Result<Stepped> {
        let (sql, index) = (&alone.sql, alone.index.as_ref());
        if !self.is_done(client, index, is_resumed)? {
            let file = self.file(sql);
            let mut message = Message::new(String::new());
            message.add(&file, Some(self.schema()));
            client.batch_execute(&session_limits(self.settings, self.lone_limits(sql)))?;
            let sent = message.send(client);
            if !client.is_closed() {
                client.batch_execute("RESET lock_timeout; RESET statement_timeout")?;
            }
            if let Err(error) = sent {
                // A partitioned table has no index that is built concurrently, and none of its own to build for long.
                if alone.is_by_choice && error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
                    return self.together(client, &in_transaction(sql), at, leads);
                }
                if let Some(index) = index.filter(|index| index.is_made) {
                    self.drop_invalid(client, &index.name)?;
                }
                return refused(error, at, |error| message.explain_statement(error));
            }
        }
        match client.batch_execute(&self.progress(at, leads)) {
            Ok(()) => Ok(Stepped::Done),
            Err(error) => refused(error, at, explain),
        }
    }

    /// The limits of a statement outside of a transaction.
    ///
    /// What is done while others go on waits for all of them, and holds up nobody: so it waits for as long as it takes,
    /// unless the migration itself says otherwise.
    fn lone_limits(&self, sql: &str) -> Limits {
        let mut limits = self.step.limits;
        if needs_segments(sql) {
            limits.lock_timeout.get_or_insert(Duration::ZERO);
        }
        limits
    }

    /// Whether the statement about an index was run before a crash. What is left of one that was not finished is dropped.
    fn is_done(
        &self,
        client: &mut Client,
        index: Option<&Index>,
        is_resumed: bool,
    ) -> Result<bool> {
        let Some(index) = index else { return Ok(false) };
        let found = self.index_is_valid(client, &index.name)?;
        if index.is_made && found == Some(false) {
            self.drop_invalid(client, &index.name)?;
            return Ok(false);
        }
        Ok(is_resumed && index.is_made == found.is_some())
    }

    fn index_is_valid(&self, client: &mut Client, name: &str) -> Result<Option<bool>> {
        let row = client.query_typed_opt(
            "SELECT i.indisvalid FROM pg_catalog.pg_index AS i \
             JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2",
            &[(&self.schema().as_str(), Type::NAME), (&name, Type::NAME)],
        )?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    /// Drops an index whose building was not finished: it costs, and serves nobody.
    fn drop_invalid(&self, client: &mut Client, name: &str) -> Result<()> {
        if client.is_closed() || self.index_is_valid(client, name)? != Some(false) {
            return Ok(());
        }
        tracing::info!(schema = %self.schema(), index = name, "dropping an index that is not valid");
        client.batch_execute(&format!(
            "DROP INDEX CONCURRENTLY IF EXISTS {}.{}",
            self.schema().quoted(),
            quote_identifier(name)
        ))?;
        Ok(())
    }

    fn file(&self, sql: &str) -> FileSql {
        let name = match self.target {
            Target::Shared => "shared.up.sql",
            Target::Tenant(_) => "tenant.up.sql",
        };
        FileSql::new(
            self.step.file.migration(),
            name,
            sql,
            &self.meta.shared_schema,
        )
    }

    /// The condition that the books are as they were read, at a segment.
    fn as_read(&self, at: i32) -> String {
        let edition = self.meta.edition;
        match self.target {
            Target::Shared => format!(
                "edition = {edition} AND shared_version = {} AND shared_step = {at}",
                self.meta.shared_version
            ),
            Target::Tenant(tenant) => format!(
                "version = {} AND step = {at} AND schema_name = {} AND state NOT IN {LEFT_OUT} \
                 AND (SELECT edition FROM tenantry.meta WHERE one = 1) = {edition}",
                tenant.version,
                quote_literal(tenant.schema.as_str())
            ),
        }
    }

    /// Sets a column if the books are as they were read; otherwise to null, where none can be.
    fn set(&self, at: i32, column: &str, value: i32, also: &str) -> String {
        let (table, id) = match self.target {
            Target::Shared => ("meta", 1),
            Target::Tenant(tenant) => ("tenant", tenant.id),
        };
        let key = if table == "meta" { "one" } else { "id" };
        format!(
            "UPDATE tenantry.{table} SET {column} = CASE WHEN {} THEN {value} END{also} WHERE {key} = {id};\n",
            self.as_read(at)
        )
    }

    fn step_column(&self) -> &'static str {
        match self.target {
            Target::Shared => "shared_step",
            Target::Tenant(_) => "step",
        }
    }

    /// Fails for want of a number when the tenant is gone.
    fn is_there(&self) -> String {
        match self.target {
            Target::Shared => String::new(),
            Target::Tenant(tenant) => format!(
                "INSERT INTO tenantry.ledger (tenant_id, migration, checksum) SELECT NULL, '', '' \
                 WHERE NOT EXISTS (SELECT FROM tenantry.tenant WHERE id = {});\n",
                tenant.id
            ),
        }
    }

    fn begin(&self) -> String {
        format!(
            "LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n{}{}\
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) VALUES ({}, {}, {});\n",
            self.set(0, self.step_column(), 1, ""),
            self.is_there(),
            self.id(),
            quote_literal(self.step.file.migration()),
            quote_literal(&self.step.checksum)
        )
    }

    fn never_began(&self) -> String {
        format!(
            "{}DELETE FROM tenantry.ledger WHERE tenant_id = {} AND migration = {};\n",
            self.set(1, self.step_column(), 0, ""),
            self.id(),
            quote_literal(self.step.file.migration())
        )
    }

    fn progress(&self, at: i32, leads: Leads) -> String {
        let set = match (leads, self.target) {
            (Leads::On, _) => self.set(at, self.step_column(), at + 1, ""),
            (Leads::Home, Target::Shared) => {
                self.set(at, "shared_version", self.step.to, ", shared_step = 0")
            }
            (Leads::Home, Target::Tenant(_)) => {
                self.set(at, "version", self.step.to, ", step = 0, last_error = NULL")
            }
        };
        set + &self.is_there()
    }
}

/// Tells what it means that the server refused something.
fn refused(
    error: postgres::Error,
    at: i32,
    explain: impl FnOnce(postgres::Error) -> Error,
) -> Result<Stepped> {
    if is_busy(&error) {
        return Ok(Stepped::Busy);
    }
    if is_overtaken(&error) {
        return Ok(Stepped::Overtaken);
    }
    let code = error.code().cloned();
    let error = explain(error);
    if error.kind() == ErrorKind::Connection {
        return Err(error);
    }
    if code.as_ref().is_some_and(is_lock_failure) {
        return Ok(Stepped::Locked(error, at));
    }
    Ok(Stepped::Failed(error))
}
