//! Leftovers on a connection that somebody has given up.

/// Leftovers of somebody on a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// Something whose answer has not come.
    pub(super) in_flight: bool,
    /// A transaction, perhaps.
    pub(super) open: bool,
    /// Something in the session, perhaps.
    pub(super) altered: bool,
}

impl Left {
    pub(super) fn is_nothing(self) -> bool {
        !self.in_flight && !self.open && !self.altered
    }
}
