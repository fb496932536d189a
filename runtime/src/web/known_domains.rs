//! Domains that the application has told the tenant of a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::domain::Domain;
use crate::name::TenantKey;

/// The most domains that are known at a time.
const MOST: usize = 10_000;

/// The domains whose tenant is known, each for as long as the registry's word counts.
#[derive(Debug)]
pub(super) struct KnownDomains {
    bound: Duration,
    told: Mutex<HashMap<Domain, ToldDomain>>,
}

#[derive(Debug)]
struct ToldDomain {
    key: TenantKey,
    /// When the application was asked.
    at: Instant,
}

impl KnownDomains {
    pub(super) fn new(bound: Duration) -> Self {
        Self {
            bound,
            told: Mutex::default(),
        }
    }

    fn told(&self) -> MutexGuard<'_, HashMap<Domain, ToldDomain>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, domain: &Domain) -> Option<TenantKey> {
        let told = self.told();
        let told = told.get(domain)?;
        (told.at.elapsed() < self.bound).then(|| told.key.clone())
    }

    /// Keeps a domain that has a tenant. Those that have none are as many as visitors make up, and are not kept.
    pub(super) fn put(&self, domain: Domain, key: TenantKey, at: Instant) {
        if self.bound.is_zero() {
            return;
        }
        let mut told = self.told();
        if told.len() >= MOST {
            told.retain(|_, told| told.at.elapsed() < self.bound);
        }
        if told.len() < MOST {
            told.insert(domain, ToldDomain { key, at });
        }
    }
}
