//! Places: where rows are, and what became of the transactions that they were seen in.

mod context;
mod kind;
mod log;
mod origin;
mod standing;

pub use self::context::Context;
pub(crate) use self::context::TenantPlace;
pub use self::kind::PlacementKind;
pub(crate) use self::log::{End, Fate, Moment, TransactionLog};
pub(crate) use self::origin::Origin;
pub use self::origin::Origins;
pub(crate) use self::standing::{PlaceStanding, TenantVersion, begun};
