//! A database's door to the registry of tenants.

use postgres::Client;

use super::{Database, StandbyKeeper, TenantScope, creation};
use crate::error::{Error, Result};
use crate::exec::Flow;
use crate::name::TenantKey;
use crate::tenant::{self, Standbys, Tenant, TenantFilter, ToCreate, ToTenant};

/// The registry of a database's tenants. Made by [`Database::tenants`].
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'d> {
    database: &'d Database,
}

impl Database {
    /// The registry: create tenants, list them, suspend, resume, rename and drop them.
    pub fn tenants(&self) -> Tenants<'_> {
        Tenants { database: self }
    }
}

impl Tenants<'_> {
    /// Runs a flow that changes a tenant's row.
    fn change(self, keys: &[&TenantKey], flow: Flow<'static, Tenant>) -> Result<Tenant> {
        self.database
            .change(keys, || self.database.over_registry(flow))
    }

    /// Creates a tenant: its registry row, its schema, and what the chain has led to in the other tenants.
    ///
    /// If there is a [standby], the tenant gets its schema. Otherwise all is made in one transaction of the server, sent
    /// as one message. If the chain has what can't be in one transaction with the rest, or what could be seen by the
    /// rest, each migration has its own, as in the fleet. Either way a tenant is there as a whole or not at all.
    ///
    /// The session is reset if the chain, the seeds or the grants may have left something in it: settings, temporary
    /// tables, prepared statements. If the role that creates is a member of the one that owns the registry, what is made
    /// belongs to that.
    ///
    /// [standby]: Self::refill_standbys
    ///
    /// Takes a key, or a [`NewTenant`](crate::tenant::NewTenant) that says more, such as the name of the schema; where the rows of a
    /// model are the tenants ([`TenantRow`](crate::model::TenantRow)), a new row of it, which is inserted in the same transaction.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TenantExists`](crate::ErrorKind::TenantExists);
    /// [`ErrorKind::SchemaExists`](crate::ErrorKind::SchemaExists), for creation never takes over a schema that is there;
    /// [`ErrorKind::Name`](crate::ErrorKind::Name), when the key is that of a standby, when a tag can't be one, or when
    /// the schema would be named like the shared schema, like a role, or like that of a tenant that was dropped;
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); [`ErrorKind::Migration`](crate::ErrorKind::Migration),
    /// when a migration fails in the new schema; [`ErrorKind::TenantRow`](crate::ErrorKind::TenantRow), when each tenant is a row of a
    /// model and no row is given; [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout), when others
    /// hold the locks that this needs for too long; [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), when
    /// the connection broke before the answer: ask again with the same [token](crate::tenant::NewTenant::token).
    pub fn create(self, new: impl ToCreate) -> Result<Tenant> {
        let new = new.into();
        let key = new.key().clone();
        // A key that was another tenant's until it was renamed.
        self.database
            .change(&[&key], || creation::create(self.database, new))
    }

    /// Creates a tenant and fills it, in one transaction: if the closure fails, there is no tenant.
    ///
    /// The closure should not wait for anything else: until it is done, one of the few creations that go on at a time is
    /// taken, migrators wait, and unless a standby was claimed nobody writes to a shared table that the tenant's tables
    /// reference.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Member {
    /// #     #[field(key)]
    /// #     pub id: i64,
    /// #     pub email: String,
    /// # }
    /// # fn sign_up(db: &Database) -> tenantry::Result<()> {
    /// let acme = TenantKey::new("acme")?;
    /// let (tenant, owner) = db.tenants().create_with(&acme, |tx| {
    ///     Member::insert(NewMember::new("ann@acme.example")).returning(tx)
    /// })?;
    /// # drop((tenant, owner));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and the closure's own.
    pub fn create_with<T>(
        self,
        new: impl ToCreate,
        work: impl FnOnce(&mut TenantScope) -> Result<T>,
    ) -> Result<(Tenant, T)> {
        self.create_with_error(new, work)
    }

    /// Creates a tenant and fills it like [`create_with`](Self::create_with), with an error of the application's.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub fn create_with_error<T, E: From<Error>>(
        self,
        new: impl ToCreate,
        work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, T), E> {
        let new = new.into();
        let key = new.key().clone();
        self.database
            .change(&[&key], || creation::create_with(self.database, new, work))
    }

    /// Creates a tenant, or gives the one that is there.
    ///
    /// With a [token](crate::tenant::NewTenant::token) that is the tenant of the same sign-up, and otherwise whoever has the key, in
    /// whatever state.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create). A key that differs only in case is another tenant's.
    pub fn create_or_get(self, new: impl ToCreate) -> Result<Tenant> {
        let new = new.into();
        self.database.change(&[new.key()], || {
            creation::create_or_get(self.database, &new)
        })
    }

    /// Creates a tenant and fills it, as [`create_with`](Self::create_with), or gives the one that is there, as
    /// [`create_or_get`](Self::create_or_get). Then the closure is not run, and there is no value of it.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub fn create_or_get_with<T>(
        self,
        new: impl ToCreate,
        work: impl FnOnce(&mut TenantScope) -> Result<T>,
    ) -> Result<(Tenant, Option<T>)> {
        self.create_or_get_with_error(new, work)
    }

    /// Creates a tenant or gives the one that is there like [`create_or_get_with`](Self::create_or_get_with), with an error of the
    /// application's.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub fn create_or_get_with_error<T, E: From<Error>>(
        self,
        new: impl ToCreate,
        work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, Option<T>), E> {
        let new = new.into();
        let create = || creation::create_or_get_with(self.database, &new, work);
        self.database.change(&[new.key()], create)
    }

    /// Counts the standbys.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn standbys(self) -> Result<Standbys> {
        self.database.over_registry(tenant::counted())
    }

    /// Makes standbys until there are `count`, and returns how many it made. Any number of processes can do it at once.
    ///
    /// Standbys from before the seeds or grants were changed are dropped first. When they can't be claimed for another
    /// reason, none are made.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn refill_standbys(self, count: usize) -> Result<usize> {
        self.database
            .control_fleet(|client| tenant::refill_within(client, count, &self.database.waits()))
    }

    /// Drops standbys until there are at most `count`, those without a schema and the youngest first, and returns how many it dropped.
    ///
    /// # Errors
    ///
    /// As [`drop`](Self::drop).
    pub fn trim_standbys(self, count: usize) -> Result<usize> {
        self.database
            .control_fleet(|client| tenant::trim(client, count, &self.database.waits()))
    }

    /// Keeps `count` standbys ready, from a thread of its own, until the result is dropped.
    pub fn keep_standbys(self, count: usize) -> StandbyKeeper {
        StandbyKeeper::start(self.database.clone(), count)
    }

    /// Finds a tenant in whatever state.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated), when the database has no registry.
    pub fn get(self, key: impl ToTenant) -> Result<Tenant> {
        self.database.over_registry(tenant::got(key.to_tenant()))
    }

    /// Lists tenants in the order of their keys, byte by byte.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant), when a key is asked for that the registry does not
    /// have; [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated), when the database has no registry.
    pub fn list(self, filter: &TenantFilter) -> Result<Vec<Tenant>> {
        self.database.over_registry(tenant::listed(filter))
    }

    /// Locks a tenant out. Its data stays, and it is migrated like the others. Suspending twice is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::TenantState`](crate::ErrorKind::TenantState), when it is neither active nor suspended;
    /// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), as any change of the registry.
    pub fn suspend(self, key: impl ToTenant) -> Result<Tenant> {
        let key = key.to_tenant();
        let flow = tenant::suspended(key, &self.database.waits());
        self.change(&[key], flow)
    }

    /// Lets a suspended tenant in again. Resuming an active one is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::TenantState`](crate::ErrorKind::TenantState), when it is neither active nor suspended;
    /// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), as any change of the registry.
    pub fn resume(self, key: impl ToTenant) -> Result<Tenant> {
        let key = key.to_tenant();
        let flow = tenant::resumed(key, &self.database.waits());
        self.change(&[key], flow)
    }

    /// Gives a tenant another key. Its schema keeps its name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::TenantExists`](crate::ErrorKind::TenantExists), when another tenant has the key, or one that differs
    /// only in case; [`ErrorKind::Name`](crate::ErrorKind::Name), when it is that of a standby;
    /// [`ErrorKind::TenantState`](crate::ErrorKind::TenantState), when the tenant is being dropped or is a standby;
    /// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), as any change of the registry.
    pub fn rename(self, key: impl ToTenant, to: impl ToTenant) -> Result<Tenant> {
        let (key, to) = (key.to_tenant(), to.to_tenant());
        let flow = tenant::renamed(key, to, &self.database.waits());
        self.change(&[key, to], flow)
    }

    /// Gives a tenant tags and takes others away; what it has, or lacks, already is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant); [`ErrorKind::Name`](crate::ErrorKind::Name), when a
    /// tag is empty, has more than 63 bytes, begins with something else than a letter or digit, or has a character that
    /// keys can't have; [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), as any change of the registry.
    pub fn tag<S: AsRef<str>>(self, key: impl ToTenant, add: &[S], remove: &[S]) -> Result<Tenant> {
        let key = key.to_tenant();
        let flow = tenant::tagged(key, (add, remove), &self.database.waits());
        self.change(&[key], flow)
    }

    /// Drops a tenant with everything in its schema. Dropping a tenant that is being dropped finishes it.
    ///
    /// Its key can be used again, but no other tenant ever gets a schema of the same name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::NotOwned`](crate::ErrorKind::NotOwned), when the schema was not made by tenantry for this tenant;
    /// [`ErrorKind::Dependents`](crate::ErrorKind::Dependents), when something outside of the schema depends on what is
    /// in it, or rows reference the row that the tenant is, and keep it. Nothing is changed then. [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout), when others use the
    /// tables of the tenant, or shared ones that these reference, for too long, and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown): then the same call goes on with it.
    pub fn drop(self, key: impl ToTenant) -> Result<()> {
        let key = key.to_tenant();
        let waits = self.database.waits();
        let work = |client: &mut Client| tenant::drop_within(client, key, &waits);
        self.database
            .change(&[key], || self.database.control_schema(work))
    }
}
