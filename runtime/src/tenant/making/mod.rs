//! The messages that make a tenant's schema and its entry in the registry.

mod steps;

use postgres::SimpleQueryRow;

pub(super) use self::steps::Place;
use super::new::NewTenant;
use super::plan::{Part, Plan};
use super::ready::Ready;
use super::within::Within;
use super::{Tenant, TenantState, mark};
use crate::bookkeeping::facts::STANDBYS;
use crate::bookkeeping::{Attempt, CHAIN_REVISION, Guard, Message, Meta, NO_TIMEOUT};
use crate::exec::{FORGET, RESET};
use crate::name::{SchemaName, TenantKey, quote_literal};

/// The class of the locks that keep creations from taking all of the server for themselves.
pub(super) const SLOTS: i32 = 0x7465_6e01;

/// How long nobody takes a tenant over that is being made step by step, after a step, if nobody sees whether its maker lives.
pub(super) const LEASE: &str = "10 seconds";

/// A schema that is being made: for a tenant, or as one of so many standbys.
pub(super) struct Making<'a> {
    plan: &'a Plan,
    key: &'a TenantKey,
    standbys: Option<i64>,
    at_once: usize,
    tags: String,
    token: String,
}

impl<'a> Making<'a> {
    /// A schema for a new tenant.
    pub(super) fn of(plan: &'a Plan, new: &'a NewTenant) -> Self {
        Self {
            plan,
            key: &new.key,
            standbys: None,
            at_once: new.slots(),
            tags: new.tags_sql(),
            token: new.token_sql(),
        }
    }

    /// One of so many standbys.
    pub(super) fn standby(plan: &'a Plan, key: &'a TenantKey, standbys: i64) -> Self {
        Self {
            plan,
            key,
            standbys: Some(standbys),
            at_once: 1,
            tags: "'{}'".to_owned(),
            token: "NULL".to_owned(),
        }
    }

    /// All of it at once.
    pub(super) fn whole(&self, within: Within, attempt: Attempt) -> Message<'a> {
        let control = format!(
            "{}{}{}{}",
            self.beginning(within, attempt),
            self.enter(&self.meta_as_read("tenant_version")),
            self.ledger(self.plan.meta.tenant_version),
            self.make_schema()
        );
        let mut message = self.message(control);
        let is_reset = self.plan.has_run_code();
        if is_reset && !(self.plan.parts.is_empty() && self.plan.after.is_empty()) {
            let again = format!("{}{}", attempt.lock_timeout(), self.role());
            message.control(&format!("{RESET}{FORGET}{again}"));
        }
        for part in &self.plan.parts {
            message.add(&part.file, Some(&self.plan.schema));
        }
        let is_known = !is_reset && self.plan.is_one_transaction(true);
        self.end(message, within, is_known)
    }

    /// The last step: rights, rows, and the entry in the registry, with which the tenant is there.
    pub(super) fn finish(&self, within: Within, attempt: Attempt) -> Message<'a> {
        let id = self.plan.id;
        let as_made = format!(
            "{} AND EXISTS (SELECT FROM tenantry.provisioning WHERE id = {id} AND version = {} AND step = 0)",
            self.meta_as_read("tenant_version"),
            self.plan.last_version()
        );
        let control = format!(
            "{}SELECT FROM tenantry.provisioning WHERE id = {id} FOR UPDATE;\n{}{}\
             DELETE FROM tenantry.provisioning WHERE id = {id};",
            self.beginning(within, attempt),
            self.enter(&as_made),
            self.ledger(self.plan.meta.tenant_version),
        );
        self.end(Message::new(control), within, true)
    }

    /// The entry for a schema that is there already, and is what the migrations up to a version make.
    pub(super) fn adopt(&self, version: i32, attempt: Attempt) -> Message<'a> {
        Message::new(format!(
            "{}{}{}{}",
            self.beginning(Within::Itself, attempt),
            self.enter(&self.meta_as_read(version)),
            self.ledger(version),
            self.mark_schema()
        ))
    }

    /// The tenant, once the message with its entry in the registry was answered.
    pub(super) fn tenant(
        &self,
        rows: &[SimpleQueryRow],
        new: &NewTenant,
        ready: &Ready,
    ) -> Option<Tenant> {
        // Only the lock that is the creation's turn, and a look at what was made so far, come before.
        let mut rows = rows.iter();
        let row = rows.find(|row| row.len() == Tenant::RETURNED)?;
        ready.note_triggers(row);
        Tenant::made(row, new, &self.plan.schema)
    }

    fn message(&self, control: String) -> Message<'a> {
        let mut message = Message::new(control);
        if let Some(baseline) = &self.plan.baseline {
            message.add(&baseline.file, Some(&self.plan.schema));
        }
        message
    }

    fn end(&self, mut message: Message<'a>, within: Within, is_known: bool) -> Message<'a> {
        for file in &self.plan.after {
            message.add(file, Some(&self.plan.schema));
        }
        if within == Within::Transaction && !self.plan.after.is_empty() {
            message.control(&self.constraints_as_declared());
        }
        // Rows may be made by functions that change the session, and so do roles.
        if !is_known || !self.plan.after.is_empty() || self.plan.owner.is_some() {
            message.control(&format!("{RESET}{FORGET}"));
        } else if within == Within::Transaction {
            message.control(NO_TIMEOUT);
        }
        message
    }

    /// Ends what seeds have set for constraints, which would last to the end of the transaction. Unless they, or
    /// routines that they may call, name constraints, what the application has set in its transaction before stays.
    fn constraints_as_declared(&self) -> String {
        let schemas = [&self.plan.schema, &self.plan.meta.shared_schema];
        let [own, shared] = schemas.map(|schema| quote_literal(&schema.quoted()));
        let set_them = self
            .plan
            .after
            .iter()
            .any(|file| file.has_word("constraints"));
        // By indexes: there are many constraints where there are many tenants. One word is for all constraints of a name.
        format!(
            "DO $tenantry$ DECLARE declared record; BEGIN \
             IF {set_them} OR EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
             JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid AND p.prosrc ~* 'constraints' \
             WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND d.refobjid IN ({own}::pg_catalog.regnamespace, {shared}::pg_catalog.regnamespace) \
             AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass) THEN \
             FOR declared IN \
             SELECT k.connamespace::pg_catalog.regnamespace AS schema, pg_catalog.quote_ident(k.conname) AS name, \
             pg_catalog.bool_and(k.condeferred) AS is_deferred FROM pg_catalog.pg_depend AS d \
             JOIN pg_catalog.pg_constraint AS k ON k.conrelid = d.objid AND k.condeferrable \
             WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND d.refobjid IN ({own}::pg_catalog.regnamespace, {shared}::pg_catalog.regnamespace) \
             AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass GROUP BY 1, 2 LOOP \
             EXECUTE pg_catalog.format('SET CONSTRAINTS %s.%s %s', declared.schema, declared.name, \
             CASE WHEN declared.is_deferred THEN 'DEFERRED' ELSE 'IMMEDIATE' END); END LOOP; END IF; END $tenantry$;"
        )
    }

    /// The turn, the role and the limits. A creation waits for its turn for as long as it has time, and shortly for all else.
    fn beginning(&self, within: Within, attempt: Attempt) -> String {
        let turn = match self.standbys {
            None => {
                // Numbers follow each other, so the slots are used evenly.
                let slots = i64::try_from(self.at_once.max(1)).unwrap_or(i64::MAX);
                self.plan.id % slots
            }
            // Whoever makes standbys waits for the lock before it counts.
            Some(_) => -1,
        };
        format!(
            "{}{}SELECT pg_catalog.pg_advisory_xact_lock({SLOTS}, {turn});\n{}{}",
            within.beginning(),
            attempt.turn_timeout(),
            attempt.lock_timeout(),
            self.role()
        )
    }

    /// The schema belongs to whoever owns the registry, so that they can migrate it.
    fn role(&self) -> String {
        let owner = self.plan.owner.as_ref();
        owner.map_or_else(String::new, |owner| format!("SET LOCAL ROLE {owner};\n"))
    }

    /// A query of one row, which has the version, if the database is as it was read. It keeps migrators from recording or releasing
    /// anything until the transaction is over.
    fn meta_as_read(&self, version: impl std::fmt::Display) -> String {
        let Meta {
            chain_revision,
            tenant_version,
            ..
        } = self.plan.meta;
        let enough = match self.standbys {
            None => String::new(),
            Some(number) => format!(" AND {number} > {STANDBYS}"),
        };
        format!(
            "SELECT {version} FROM tenantry.meta \
             WHERE one = 1 AND {CHAIN_REVISION} = {chain_revision} AND tenant_version = {tenant_version}{enough}"
        )
    }

    /// Enters the tenant into the registry. It fails unless the database is as it was read.
    ///
    /// Whoever changes the recorded chain locks the ledger before the row of `meta`, so it is done in that order here. Since
    /// the name was looked up, another tenant may have been given it and have been dropped again: therefore the second look.
    fn enter(&self, as_read: &str) -> String {
        let id = self.plan.id;
        let name = quote_literal(self.plan.schema.as_str());
        let state = match self.standbys {
            None => TenantState::Active,
            Some(_) => TenantState::Standby,
        };
        let after = self.plan.after_checksum.as_deref();
        format!(
            "LOCK TABLE tenantry.ledger IN ROW EXCLUSIVE MODE;\n\
             INSERT INTO tenantry.tenant (id, key, schema_name, state, tags, token, provision, version) \
             VALUES ({id}, {key}, {name}, '{state}', {tags}, {token}, {after}, {version}) RETURNING {};\n\
             SELECT {} FROM tenantry.retired_schema WHERE name = {name};\n",
            Tenant::RETURNING,
            Guard::NameTaken.refuse(),
            version = Guard::Overtaken.or_refuse(&format!("({as_read} FOR SHARE)")),
            key = quote_literal(self.key.as_str()),
            tags = self.tags,
            token = self.token,
            after = after.map_or_else(|| "NULL".to_owned(), quote_literal),
        )
    }

    fn ledger(&self, version: i32) -> String {
        format!(
            "INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT {}, id, tenant_checksum FROM tenantry.migration \
             WHERE tenant_up IS NOT NULL AND position <= {};\n",
            self.plan.id, version
        )
    }

    fn make_schema(&self) -> String {
        format!(
            "CREATE SCHEMA {};\n{}",
            self.plan.schema.quoted(),
            self.mark_schema()
        )
    }

    fn mark_schema(&self) -> String {
        let (schema, mark) = (self.plan.schema.quoted(), mark(self.plan.id));
        format!("COMMENT ON SCHEMA {schema} IS {};", quote_literal(&mark))
    }
}

impl Plan {
    /// The version that the migrations lead to. What comes after the last part for tenants has none.
    fn last_version(&self) -> i32 {
        let last = self.parts.last().map(|part: &Part| part.position);
        let baseline = self.baseline.as_ref().map(|baseline| baseline.version);
        last.or(baseline).unwrap_or(0)
    }

    /// Whether functions of the chain may have run when the baseline made rows, and have left something for what comes after.
    fn has_run_code(&self) -> bool {
        let baseline = self.baseline.as_ref();
        baseline.is_some_and(|baseline| !baseline.is_known)
    }

    /// The tenant's number and schema.
    pub(super) fn place(&self) -> (i64, &SchemaName) {
        (self.id, &self.schema)
    }
}

/// The columns of a lease.
pub(super) const LEASED: &str = "lease, pid, session_start";

/// SQL expressions: the values of these for a lease of this session that begins now.
pub(super) fn lease(span: &str) -> String {
    format!(
        "pg_catalog.clock_timestamp() + '{span}'::interval, pg_catalog.pg_backend_pid(), \
         (SELECT a.backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a)"
    )
}
