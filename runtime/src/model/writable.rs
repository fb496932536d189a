//! Models whose rows are written.

use super::Model;

/// A model whose rows are written: every one that is a table, and no view or overlay. Implemented by `#[tenant_model]` and `#[shared_model]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a view or an overlay, which is read and never written",
    label = "no rows of its own to write",
    note = "write the rows of the tables that it reads: it has what they have, with the next query",
    note = "in generic code, ask for `M: Writable` beside `M: Model`"
)]
pub trait Writable: Model {}
