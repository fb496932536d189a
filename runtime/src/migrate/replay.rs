//! Parts of migrations done one after the other in a transaction that is rolled back, as if each had its own.

use postgres::Transaction;

use super::chain::manifest::Limits;
use super::chain::{Migration, Part};
use super::fleet::segmented::call_for_all;
use super::functions::CallPlace;
use super::plan::PlannedPart;
use super::session::Session;
use super::session::limits::{limits, session_limits};
use super::session::settings::Settings;
use crate::bookkeeping::segment::{
    cut_at_calls, in_transaction, is_other_in_transaction, transactions,
};
use crate::bookkeeping::{FileSql, Message};
use crate::error::{Error, Result};
use crate::exec::{Given, Locks, end_within};
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::place::TenantPlace;

/// A part of a migration.
#[derive(Debug)]
pub(super) struct ReplayPart {
    placement: PlacementKind,
    id: String,
    sql: String,
    limits: Limits,
}

impl ReplayPart {
    pub(super) fn new(placement: PlacementKind, id: &str, sql: &str, limits: Limits) -> Self {
        Self {
            placement,
            id: id.to_owned(),
            sql: sql.to_owned(),
            limits,
        }
    }

    /// A part of a migration of the chain, if it has it.
    pub(super) fn of(migration: &Migration, placement: PlacementKind) -> Option<Self> {
        let sql = migration.part(placement).map(Part::up)?;
        Some(Self::new(
            placement,
            migration.id(),
            sql,
            migration.limits(),
        ))
    }

    /// The migration's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// Whether its statements belong together.
    pub(super) fn is_transaction(&self) -> bool {
        self.limits.is_transaction
    }

    /// The statements that limit how long it waits and takes, within a transaction and outside of one.
    pub(super) fn limits_of_time(&self, settings: &Settings) -> [String; 2] {
        [
            limits(settings, self.limits),
            session_limits(settings, self.limits),
        ]
    }

    pub(super) fn is_for_tenants(&self) -> bool {
        self.placement == PlacementKind::Tenant
    }

    /// Its SQL, ready for schemas.
    pub(super) fn file(&self, shared: &SchemaName) -> FileSql {
        let name = match self.placement {
            PlacementKind::Shared => "shared.up.sql",
            PlacementKind::Tenant => "tenant.up.sql",
        };
        FileSql::new(&self.id, name, &in_transaction(&self.sql), shared)
    }

    /// Returns the part as a plan shows it, for a number of schemas, of which this is the first.
    pub(super) fn planned(
        &self,
        shared: &SchemaName,
        schema: &SchemaName,
        schemas: usize,
    ) -> PlannedPart {
        let name = match self.placement {
            PlacementKind::Shared => "shared.up.sql",
            PlacementKind::Tenant => "tenant.up.sql",
        };
        let file = FileSql::as_written(&self.id, name, &self.sql, shared);
        let mut message = Message::new(String::new());
        message.add(&file, Some(schema));
        PlannedPart {
            file: file.path(),
            schemas,
            schema: schema.clone(),
            sql: message.text().trim_end_matches(';').trim().to_owned(),
        }
    }

    /// Does it, and what comes at the end of a transaction. The session is as it was `given` afterwards.
    ///
    /// # Errors
    ///
    /// The server's refusal, at the statement that it refuses.
    pub(super) fn replay(
        &self,
        tx: &mut Transaction<'_>,
        (shared, tenant): (&SchemaName, &TenantPlace),
        settings: &Settings,
        given: &Given,
    ) -> Result<()> {
        let (name, tenant) = match self.placement {
            PlacementKind::Shared => ("shared.up.sql", None),
            PlacementKind::Tenant => ("tenant.up.sql", Some(tenant)),
        };
        let place = CallPlace { shared, tenant };
        let schema = place.schema();
        let mut message = Message::new(String::new());
        let file = self.file(shared);
        for stretch in cut_at_calls(&in_transaction(&self.sql)) {
            tx.batch_execute(&limits(settings, self.limits))?;
            let file =
                FileSql::new(&self.id, name, &stretch.sql, shared).beginning_at(stretch.begin);
            if stretch.calls.is_some() {
                call_for_all(tx, &settings.functions, place, (&stretch, &file), given)?;
                continue;
            }
            let mut message = Message::new(String::new());
            message.add(&file, Some(schema));
            message.run_each(tx)?;
        }
        message.add(&file, Some(schema));
        end_within(tx, given).map_err(|error| {
            let error = Error::of_sql(error, message.text());
            let text = format!("at the end of `{}`: {}", file.path(), error.message());
            let kind = error.kind();
            error.retold(kind, text)
        })
    }

    /// Does it in transactions of its own, which are committed, each on a session that is as it was. Something may be done first in each.
    ///
    /// # Errors
    ///
    /// As [`replay`](Self::replay).
    pub(super) fn commit(
        &self,
        session: &mut Session<'_>,
        (shared, tenant): (&SchemaName, &TenantPlace),
        settings: &Settings,
        first: &dyn Fn(&mut Transaction<'_>) -> Result<()>,
    ) -> Result<()> {
        let (name, tenant) = match self.placement {
            PlacementKind::Shared => ("shared.up.sql", None),
            PlacementKind::Tenant => ("tenant.up.sql", Some(tenant)),
        };
        let place = CallPlace { shared, tenant };
        for stretch in transactions(&self.sql, self.limits.is_transaction) {
            let file =
                FileSql::new(&self.id, name, &stretch.sql, shared).beginning_at(stretch.begin);
            let mut message = Message::new(String::new());
            message.add(&file, Some(place.schema()));
            if is_other_in_transaction(&stretch.sql) {
                session.batch_execute(&session_limits(settings, self.limits))?;
                let sent = message.send(session);
                sent.map_err(|error| message.explain_statement(error))?;
            } else {
                let given = session.remember()?.clone();
                let mut tx = session.transaction()?;
                first(&mut tx)?;
                tx.batch_execute(&limits(settings, self.limits))?;
                if stretch.calls.is_some() {
                    let called = (&stretch, &file);
                    call_for_all(&mut tx, &settings.functions, place, called, &given)?;
                } else {
                    message.run_each(&mut tx)?;
                }
                tx.commit()?;
            }
            session.reset(Locks::Released)?;
        }
        Ok(())
    }
}
