//! Places as numbers, which values carry.

/// Where a row is: a number that stands for a tenant, or for a shared schema, of a database; 0 if it is not known.
pub(crate) type Origin = u64;

/// The places of the rows that a row can refer to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origins {
    pub(crate) shared: Origin,
    pub(crate) tenant: Origin,
}
