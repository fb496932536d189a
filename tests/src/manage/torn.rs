//! A release whose models don't fit together: both of the others at once.

tenantry::schema! {
    /// Every model of this crate.
    pub static SCHEMA = [crate::*];
}
