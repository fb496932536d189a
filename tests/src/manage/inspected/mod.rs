//! The release whose models `inspect` has written.

#[allow(
    unused_qualifications,
    reason = "an application need not have the crate itself"
)]
pub mod models;

use self::models::{Booking, Order, OrderLine, OrderTag, Passport, Person, Plan, Price, Seat};

tenantry::schema! {
    /// All models.
    pub static SCHEMA = [Booking, Order, OrderLine, OrderTag, Passport, Person, Plan, Price, Seat];
}
