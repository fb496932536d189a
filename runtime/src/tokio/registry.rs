//! The registry of tenants, for tasks.

use super::creation::{self, created};
use super::{Database, TenantScope};
use crate::error::{Error, Result};
use crate::scope::{self, Announcement, Release, StandbyKeeper};
use crate::tenant::{self, Standbys, Tenant, TenantFilter, ToCreate, ToTenant};

/// The registry of a database's tenants. Made by [`Database::tenants`].
///
/// Each method does what the method of that name of the blocking [registry](scope::Tenants) does, with the same errors. What reads, and a change
/// of a tenant's row (suspend, resume, rename, tag), runs over a connection of the scopes'; when its future is dropped, it is cancelled, and the change made as a whole or not
/// at all. Creations, drops and standbys go on to their end, once they have a thread.
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

impl Database {
    /// Announces that this process is a version of the application, from a thread of its own, until the result is dropped: see
    /// [`scope::Database::announce`].
    ///
    /// # Errors
    ///
    /// As [`scope::Database::announce`].
    pub async fn announce(&self, release: &Release) -> Result<Announcement> {
        let release = release.clone();
        self.blocking(move |db| db.announce(&release)).await
    }
}

impl Tenants<'_> {
    /// Creates a tenant: its registry row, its schema, and what the chain has led to in the other tenants.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::create`].
    pub async fn create(self, new: impl ToCreate) -> Result<Tenant> {
        creation::create(self.database, new.into()).await
    }

    /// Creates a tenant and fills it, in one transaction: if the closure fails or its future is dropped, there is no tenant.
    ///
    /// The closure should not wait for anything else: see [`scope::Tenants::create_with`].
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::Database;
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub email: String }
    /// # async fn sign_up(db: &Database, email: &str) -> tenantry::Result<()> {
    /// let acme = TenantKey::new("acme")?;
    /// let (tenant, owner) = db
    ///     .tenants()
    ///     .create_with(&acme, async |tx| Member::insert(NewMember::new(email)).returning(tx).await)
    ///     .await?;
    /// # drop((tenant, owner));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and the closure's own.
    pub async fn create_with<T>(
        self,
        new: impl ToCreate,
        work: impl AsyncFnOnce(&mut TenantScope) -> Result<T>,
    ) -> Result<(Tenant, T)> {
        self.create_with_error(new, work).await
    }

    /// Creates a tenant and fills it like [`create_with`](Self::create_with), with an error of the application's.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub async fn create_with_error<T, E: From<Error>>(
        self,
        new: impl ToCreate,
        work: impl AsyncFnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, T), E> {
        let make = |blocking: &scope::Database, new, fill: creation::Fill| {
            blocking.tenants().create_with(new, |scope| fill.run(scope))
        };
        let ((tenant, ()), value) = created(self.database, new.into(), make, work).await?;
        let Some(value) = value else {
            unreachable!("a tenant that is made is filled")
        };
        Ok((tenant, value))
    }

    /// Creates a tenant, or gives the one that is there.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::create_or_get`].
    pub async fn create_or_get(self, new: impl ToCreate) -> Result<Tenant> {
        let new = new.into();
        if self.database.hooks().is_empty() {
            return creation::create_or_get(self.database, new).await;
        }
        let (tenant, _) = self.create_or_get_with(new, async |_| Ok(())).await?;
        Ok(tenant)
    }

    /// Creates a tenant and fills it, as [`create_with`](Self::create_with), or gives the one that is there, as
    /// [`create_or_get`](Self::create_or_get). Then the closure is not run, and there is no value of it.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub async fn create_or_get_with<T>(
        self,
        new: impl ToCreate,
        work: impl AsyncFnOnce(&mut TenantScope) -> Result<T>,
    ) -> Result<(Tenant, Option<T>)> {
        self.create_or_get_with_error(new, work).await
    }

    /// Creates a tenant or gives the one that is there like [`create_or_get_with`](Self::create_or_get_with), with an error of the
    /// application's.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub async fn create_or_get_with_error<T, E: From<Error>>(
        self,
        new: impl ToCreate,
        work: impl AsyncFnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, Option<T>), E> {
        let make = |blocking: &scope::Database, new, fill: creation::Fill| {
            let made = blocking
                .tenants()
                .create_or_get_with(new, |scope| fill.run(scope));
            Ok(made?.0)
        };
        created(self.database, new.into(), make, work).await
    }

    /// Counts the standbys.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::standbys`].
    pub async fn standbys(self) -> Result<Standbys> {
        self.database.over_registry(tenant::counted()).await
    }

    /// Makes standbys until there are `count`, and returns how many it made. Any number of processes can do it at once.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::refill_standbys`].
    pub async fn refill_standbys(self, count: usize) -> Result<usize> {
        self.database
            .blocking(move |db| db.tenants().refill_standbys(count))
            .await
    }

    /// Drops standbys until there are at most `count`, and returns how many it dropped.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::trim_standbys`].
    pub async fn trim_standbys(self, count: usize) -> Result<usize> {
        self.database
            .blocking(move |db| db.tenants().trim_standbys(count))
            .await
    }

    /// Keeps `count` standbys ready, from a thread of its own, until the result is dropped. To drop it waits for the statement that
    /// it is at.
    ///
    /// # Errors
    ///
    /// When no thread can be had.
    pub async fn keep_standbys(self, count: usize) -> Result<StandbyKeeper> {
        self.database
            .blocking(move |db| Ok(db.tenants().keep_standbys(count)))
            .await
    }

    /// Finds a tenant in whatever state.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::get`].
    pub async fn get(self, key: impl ToTenant) -> Result<Tenant> {
        self.database
            .over_registry(tenant::got(key.to_tenant()))
            .await
    }

    /// Lists tenants in the order of their keys, byte by byte.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::list`].
    pub async fn list(self, filter: &TenantFilter) -> Result<Vec<Tenant>> {
        self.database.over_registry(tenant::listed(filter)).await
    }

    /// Locks a tenant out. Its data stays, and it is migrated like the others. Suspending twice is no error.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::suspend`].
    pub async fn suspend(self, key: impl ToTenant) -> Result<Tenant> {
        let key = key.to_tenant();
        let change = |waits: &_| tenant::suspended(key, waits);
        self.database.change(&[key], change).await
    }

    /// Lets a suspended tenant in again. Resuming an active one is no error.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::resume`].
    pub async fn resume(self, key: impl ToTenant) -> Result<Tenant> {
        let key = key.to_tenant();
        let change = |waits: &_| tenant::resumed(key, waits);
        self.database.change(&[key], change).await
    }

    /// Gives a tenant another key. Its schema keeps its name.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::rename`].
    pub async fn rename(self, key: impl ToTenant, to: impl ToTenant) -> Result<Tenant> {
        let (key, to) = (key.to_tenant(), to.to_tenant());
        let change = |waits: &_| tenant::renamed(key, to, waits);
        self.database.change(&[key, to], change).await
    }

    /// Gives a tenant tags and takes others away; what it has, or lacks, already is no error.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::tag`].
    pub async fn tag<S: AsRef<str>>(
        self,
        key: impl ToTenant,
        add: &[S],
        remove: &[S],
    ) -> Result<Tenant> {
        let key = key.to_tenant();
        let change = |waits: &_| tenant::tagged(key, (add, remove), waits);
        self.database.change(&[key], change).await
    }

    /// Drops a tenant with everything in its schema. Dropping a tenant that is being dropped finishes it.
    ///
    /// # Errors
    ///
    /// As [`scope::Tenants::drop`].
    pub async fn drop(self, key: impl ToTenant) -> Result<()> {
        let key = key.to_tenant().clone();
        self.database
            .blocking(move |db| db.tenants().drop(&key))
            .await
    }
}
