//! The traits that say which statements run in which scope.

use super::Flow;
use crate::model::{Model, Placement};
use crate::place::Context;

/// Keeps others from making sessions of their own.
pub trait Sealed {}

/// Something that statements run in.
pub trait Session: Sealed {
    /// Outcome of an operation: `Result<T>` over a blocking connection.
    type Outcome<'a, T: 'a>
    where
        Self: 'a;

    #[doc(hidden)]
    fn context(&self) -> &Context;

    #[doc(hidden)]
    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T>;
}

/// A scope that reads models placed in `P`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not reach a model placed in `{P}`",
    label = "this scope has no tenant selected",
    note = "open a tenant's scope with `db.tenant(&key)?` and pass that",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait Scope<P: Placement>: Session {}

/// A scope that writes models placed in `P`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not write to a model placed in `{P}`",
    label = "not writable through this scope",
    note = "a tenant scope only reads shared rows, which all tenants see: write them through `db.shared()`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's rows through `db.tenant(..)`",
    note = "a scope that only reads, of `scope.read()`, writes nothing: write through the scope that it was made of"
)]
pub trait Writes<P: Placement>: Scope<P> {}

/// A scope that runs a query of `M`, whose models are placed in `P` at the strictest. Every [`Scope`] of `P` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't run a query of `{M}`",
    label = "no scope that reaches all that the query asks about",
    note = "rows of tenants are reached through `db.tenant(&key)?`, and shared rows alone through `db.shared()?` too: open a scope and pass that",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait Reaches<M: Model, P: Placement>: Session {}

#[diagnostic::do_not_recommend]
impl<M: Model, P: Placement, S: Scope<P>> Reaches<M, P> for S {}

/// A scope that writes rows of `M`, and reaches models placed in `P`. Every scope that [`Writes`] there is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't write rows of `{M}`",
    label = "`{M}` is not writable through this",
    note = "a tenant scope only reads shared rows, which all tenants see: write a shared `{M}` through `db.shared()?`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's `{M}` through `db.tenant(&key)?`",
    note = "a scope that only reads, of `scope.read()`, writes nothing: write through the scope that it was made of",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait WritesTo<M: Model, P: Placement = <M as Model>::Placement>: Session {}

#[diagnostic::do_not_recommend]
impl<M: Model, P: Placement, S: Scope<P> + Writes<M::Placement>> WritesTo<M, P> for S {}

/// A scope in which a statement written as SQL may write what it writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not write to a model placed in `{W}`",
    label = "not writable through this scope",
    note = "a tenant scope only reads shared rows, which all tenants see: write them through `db.shared()`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's rows through `db.tenant(..)`",
    note = "a scope that only reads, of `scope.read()`, writes nothing: write through the scope that it was made of"
)]
pub trait Permits<W>: Session {}

// A reference to a scope is one too: whoever has a `&mut TenantScope` may borrow it once more than needed.

impl<S: Session> Sealed for &mut S {}

#[diagnostic::do_not_recommend]
impl<S: Session> Session for &mut S {
    type Outcome<'a, T: 'a>
        = S::Outcome<'a, T>
    where
        Self: 'a;

    fn context(&self) -> &Context {
        (**self).context()
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T> {
        (**self).drive(flow)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Placement, S: Scope<P>> Scope<P> for &mut S {}

#[diagnostic::do_not_recommend]
impl<P: Placement, S: Writes<P>> Writes<P> for &mut S {}
