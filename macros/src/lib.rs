//! The macros of `tenantry`, re-exported by it.
