//! Placement as a type: where a model's table lives, and what the compiler makes of it.

use crate::place::PlacementKind;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::SharedSchema {}
    impl Sealed for super::TenantSchema {}
    impl Sealed for super::ReadOnly {}
}

/// The schema in which a model's table lives. There are two: [`SharedSchema`] and [`TenantSchema`].
pub trait Placement: sealed::Sealed + Send + Sync + 'static {
    /// The placement as a value.
    const KIND: PlacementKind;

    /// Reach of a statement that touches this placement and another: the tenant's, if either is.
    type With<P: Placement>: Placement;
}

/// The placement of models that all tenants have in common.
#[derive(Debug, Clone, Copy)]
pub enum SharedSchema {}

/// The placement of models that each tenant has for itself.
#[derive(Debug, Clone, Copy)]
pub enum TenantSchema {}

impl Placement for SharedSchema {
    const KIND: PlacementKind = PlacementKind::Shared;
    type With<P: Placement> = P;
}

impl Placement for TenantSchema {
    const KIND: PlacementKind = PlacementKind::Tenant;
    type With<P: Placement> = Self;
}

/// Writes of a statement written as SQL that writes nothing.
#[derive(Debug, Clone, Copy)]
pub enum ReadOnly {}

/// Writes of a statement written as SQL: [`ReadOnly`], or a placement. Shared rows, if any of the written ones are.
pub trait AlsoWrites<P: Placement>: sealed::Sealed {
    /// Writes of the same statement if it also writes rows placed in `P`.
    type Writes;
}

impl<P: Placement> AlsoWrites<P> for ReadOnly {
    type Writes = P;
}

impl<P: Placement> AlsoWrites<P> for TenantSchema {
    type Writes = P;
}

impl<P: Placement> AlsoWrites<P> for SharedSchema {
    type Writes = SharedSchema;
}
