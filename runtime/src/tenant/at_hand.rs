//! The doors of the registry for commands, which have a connection at hand: each does what the method of
//! [`Tenants`](crate::scope::Tenants) does, with the usual limits of waiting.

use postgres::Client;

use super::{
    Tenant, TenantFilter, got, listed, refill_within, renamed, resumed, suspended, tagged,
};
use crate::bookkeeping::{Waits, explaining, told};
use crate::error::Result;
use crate::exec::over;
use crate::name::TenantKey;

pub(crate) fn get(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    over(client, told(got(key)))
}

pub(crate) fn list(client: &mut Client, filter: &TenantFilter) -> Result<Vec<Tenant>> {
    over(client, told(listed(filter)))
}

pub(crate) fn suspend(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    over(client, told(suspended(key, &Waits::default())))
}

pub(crate) fn resume(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    over(client, told(resumed(key, &Waits::default())))
}

pub(crate) fn rename_key(client: &mut Client, key: &TenantKey, to: &TenantKey) -> Result<Tenant> {
    over(client, told(renamed(key, to, &Waits::default())))
}

pub(crate) fn tag<S: AsRef<str>>(
    client: &mut Client,
    key: &TenantKey,
    add: &[S],
    remove: &[S],
) -> Result<Tenant> {
    over(client, told(tagged(key, (add, remove), &Waits::default())))
}

pub(crate) fn refill(client: &mut Client, count: usize) -> Result<usize> {
    explaining(client, |client| {
        refill_within(client, count, &Waits::default())
    })
}
