//! The messages of a tenant that is made step by step, but for the last, which enters it in the registry.

use super::{LEASE, LEASED, Making, lease};
use crate::bookkeeping::{Attempt, CHAIN_REVISION, FileSql, Guard, Message};
use crate::exec::{END, FORGET, RESET};
use crate::name::quote_literal;
use crate::tenant::within::Within;

/// The same after a statement has begun that can't be in a transaction.
const LONG_LEASE: &str = "15 minutes";

/// How far a tenant is that is made step by step: its version, and how many segments of the next migration are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tenant) struct Place {
    pub(in crate::tenant) version: i32,
    pub(in crate::tenant) step: i32,
}

impl<'a> Making<'a> {
    /// The first step: the schema, and the baseline if there is one.
    pub(in crate::tenant) fn begin(&self, attempt: Attempt) -> Message<'a> {
        let version = self
            .plan
            .baseline
            .as_ref()
            .map_or(0, |baseline| baseline.version);
        let key = quote_literal(self.key.as_str());
        let version = Guard::Overtaken.or_refuse(&format!(
            "(SELECT {version} FROM ({} FOR SHARE) AS m WHERE NOT EXISTS (\
             SELECT FROM tenantry.tenant WHERE pg_catalog.lower(key) = pg_catalog.lower({key})))",
            self.meta_as_read("tenant_version")
        ));
        let control = format!(
            "{}INSERT INTO tenantry.provisioning (id, key, schema_name, version, {LEASED}) \
             SELECT {}, {key}, {}, {version}, {};\n{}",
            self.beginning(Within::Itself, attempt),
            self.plan.id,
            quote_literal(self.plan.schema.as_str()),
            lease(LEASE),
            self.make_schema(),
        );
        let mut message = self.message(control);
        if self.plan.has_run_code() {
            message.control(&format!("{RESET}{FORGET}"));
        }
        message
    }

    /// A further step, which is a migration or a segment of it.
    pub(in crate::tenant) fn step<'m>(
        &self,
        file: &'m FileSql,
        (from, to): (Place, Place),
        attempt: Attempt,
    ) -> Message<'m> {
        let control = format!(
            "{}{}",
            self.beginning(Within::Itself, attempt),
            self.go_on((from, to), LEASE)
        );
        let mut message = Message::new(control);
        message.add(file, Some(&self.plan.schema));
        // What is pending is done as it was at the end of the migration's transaction, before its settings are gone.
        message.control(&format!("{END}{RESET}{FORGET}{}", self.renew(attempt)));
        message
    }

    /// The message that renews the lease by itself: what renews it with a step is seen by nobody before that is taken, and gone
    /// if it is not.
    pub(in crate::tenant) fn renew(&self, attempt: Attempt) -> String {
        format!(
            "{}{}UPDATE tenantry.provisioning SET ({LEASED}) = ({}) WHERE id = {};\n",
            attempt.lock_timeout(),
            self.role(),
            lease(LEASE),
            self.plan.id
        )
    }

    /// The message before a statement that can't be in a transaction, and after it: the note how far the tenant is.
    pub(in crate::tenant) fn note(&self, places: (Place, Place), attempt: Attempt) -> String {
        let is_before = places.0 == places.1;
        format!(
            "{}{}{}",
            Within::Itself.beginning(),
            attempt.lock_timeout(),
            self.go_on(places, if is_before { LONG_LEASE } else { LEASE })
        )
    }

    /// Notes how far the tenant is. It fails if that is not as it was, or if somebody has taken it over.
    fn go_on(&self, (from, to): (Place, Place), span: &str) -> String {
        let as_read = format!(
            "version = {} AND step = {} AND (SELECT {CHAIN_REVISION} FROM tenantry.meta WHERE one = 1) = {}",
            from.version, from.step, self.plan.meta.chain_revision
        );
        format!(
            "UPDATE tenantry.provisioning SET step = {}, ({LEASED}) = ({}), version = {} WHERE id = {id};\n\
             SELECT {} WHERE NOT EXISTS (SELECT FROM tenantry.provisioning WHERE id = {id});\n",
            to.step,
            lease(span),
            Guard::Overtaken.unless(&as_read, to.version),
            Guard::Overtaken.refuse(),
            id = self.plan.id
        )
    }
}
