//! The fleet as data for the script: columns, not rows, since keys of ten thousand objects would be most of the page.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use super::Content;
use crate::migrate::{Status, TenantStatus};
use crate::tenant::TenantState;

#[derive(Serialize)]
struct Data<'a> {
    versions: Vec<VersionRow<'a>>,
    states: Vec<&'static str>,
    keys: Vec<&'a str>,
    /// The schemas that are not called like their tenant, by the tenant's place.
    schemas: BTreeMap<usize, &'a str>,
    /// The place of each tenant's version.
    version: Vec<usize>,
    /// The place of each tenant's state.
    state: Vec<usize>,
    failed: BTreeMap<usize, FailedTenant<'a>>,
    half_way: Vec<usize>,
    missing: Vec<usize>,
}

#[derive(Serialize)]
struct VersionRow<'a> {
    position: i32,
    id: Option<&'a str>,
    pending: &'a [String],
}

#[derive(Serialize)]
struct FailedTenant<'a> {
    error: &'a str,
    at: Option<u64>,
}

/// Returns the data as JSON that can stand within a `script`.
pub(super) fn data(content: &Content<'_>) -> String {
    let Content {
        status, tenants, ..
    } = content;
    let versions = versions(status, tenants);
    let states = TenantState::ALL;
    let places = |is_meant: fn(&TenantStatus) -> bool| {
        let all = tenants.iter().enumerate();
        let meant = all.filter(|(_, tenant)| is_meant(tenant));
        meant.map(|(place, _)| place).collect()
    };
    let version_of = |tenant: &TenantStatus| {
        let place = |version: &VersionRow<'_>| version.position == tenant.position;
        versions.iter().position(place).unwrap_or_default()
    };
    let state_of = |tenant: &TenantStatus| {
        let place = |state: &TenantState| *state == tenant.state;
        states.iter().position(place).unwrap_or_default()
    };
    let all = || tenants.iter().enumerate();
    let data = Data {
        keys: tenants.iter().map(|it| it.key.as_str()).collect(),
        schemas: all()
            .filter(|(_, it)| it.schema.as_str() != it.key.as_str())
            .map(|(place, it)| (place, it.schema.as_str()))
            .collect(),
        version: tenants.iter().map(version_of).collect(),
        state: tenants.iter().map(state_of).collect(),
        failed: all()
            .filter_map(|(place, it)| Some((place, failed(it)?)))
            .collect(),
        half_way: places(|it| it.step > 0),
        missing: places(|it| it.is_missing),
        states: states.map(TenantState::as_str).to_vec(),
        versions,
    };
    let json = serde_json::to_string(&data).expect("what is written has text keys only");
    // Nothing in it can end the `script` then, and JSON reads it the same.
    json.replace('<', "\\u003c")
}

fn failed(tenant: &TenantStatus) -> Option<FailedTenant<'_>> {
    let since = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).ok();
    Some(FailedTenant {
        error: tenant.error.as_deref()?,
        at: tenant.failed_at.and_then(since).map(|it| it.as_secs()),
    })
}

/// The versions, the newest first, those of tenants that migrations leave out included.
fn versions<'a>(status: &'a Status, tenants: &[TenantStatus]) -> Vec<VersionRow<'a>> {
    let known = status.versions.iter().map(|at| VersionRow {
        position: at.position,
        id: at.migration.as_deref(),
        pending: &at.pending,
    });
    let mut versions: Vec<VersionRow<'a>> = known.collect();
    for tenant in tenants {
        if !versions.iter().any(|it| it.position == tenant.position) {
            let mut migrations = status.migrations.iter();
            versions.push(VersionRow {
                position: tenant.position,
                id: migrations
                    .find(|it| it.position == tenant.position)
                    .map(|it| it.id.as_str()),
                pending: &[],
            });
        }
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.position));
    versions
}
