//! Facts of a tenant that may change while its scopes are open.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Facts of a tenant that may be others by now. All copies of its place share them.
#[derive(Debug, Default)]
pub(crate) struct PlaceStanding {
    /// Whether something was missing there, so that the tenant may be another by now.
    is_doubted: AtomicBool,
    /// Whether a column was missing there, so that the tenant may have another version by now.
    is_outdated: AtomicBool,
    /// The version: that which is reached, from 1, and that which is begun; 0 where it does not matter or is not known.
    version: AtomicI64,
}

/// SQL expression over `tenantry.tenant`: [`TenantVersion::begun`].
macro_rules! begun {
    () => {
        "GREATEST(tenant.version, CASE WHEN tenant.step <> 0 THEN (SELECT pg_catalog.min(g.position) FROM tenantry.migration AS g \
         WHERE g.tenant_up IS NOT NULL AND g.position > tenant.version) END)"
    };
}
pub(crate) use begun;

/// The migrations that a tenant has, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TenantVersion {
    /// The last of which it has everything.
    pub(crate) reached: i32,
    /// The last of which it has anything.
    pub(crate) begun: i32,
}

impl PlaceStanding {
    /// The standing of a tenant with a version.
    pub(crate) fn at(version: TenantVersion) -> Self {
        let standing = Self::default();
        standing.learn(version);
        standing
    }

    /// The same to be changed apart.
    pub(crate) fn apart(&self) -> Self {
        self.version().map_or_else(Self::default, Self::at)
    }

    /// The version, if it matters and is known.
    pub(crate) fn version(&self) -> Option<TenantVersion> {
        let packed = self.version.load(Ordering::Relaxed);
        (packed != 0).then(|| {
            let [.., a, b, c, d] = packed.to_be_bytes();
            TenantVersion {
                reached: i32::try_from(packed >> 32).unwrap_or(i32::MAX) - 1,
                begun: i32::from_be_bytes([a, b, c, d]),
            }
        })
    }

    /// Takes what the registry says.
    pub(crate) fn learn(&self, version: TenantVersion) {
        let reached = i64::from(version.reached.clamp(0, i32::MAX - 1)) + 1;
        let packed = (reached << 32) | i64::from(version.begun.max(0));
        self.version.store(packed, Ordering::Relaxed);
        self.is_outdated.store(false, Ordering::Relaxed);
    }

    /// Notes that something was missing, so that the registry has to be asked before a scope is opened again.
    pub(crate) fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_doubted(&self) -> bool {
        self.is_doubted.load(Ordering::Relaxed)
    }

    /// Notes that a column was missing, or there, against what the version says.
    pub(crate) fn is_now_outdated(&self) {
        self.is_outdated.store(true, Ordering::Relaxed);
    }

    /// Notes that the registry is about to be asked.
    pub(crate) fn is_now_asked(&self) {
        self.is_outdated.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_outdated(&self) -> bool {
        self.is_outdated.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_kept_as_it_is() {
        let standing = PlaceStanding::default();
        assert_eq!(standing.version(), None);
        for (reached, begun) in [(0, 0), (0, 1), (6, 7), (i32::MAX - 1, i32::MAX)] {
            let version = TenantVersion { reached, begun };
            standing.learn(version);
            assert_eq!(standing.version(), Some(version));
            assert_eq!(standing.apart().version(), Some(version));
        }
    }
}
