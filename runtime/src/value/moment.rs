//! Moments: what is earlier or later wherever it is read.

use super::Field;

/// A type of moments that are the same everywhere: jiff's and chrono's and time's of `timestamptz`, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no moment",
    label = "no moment",
    note = "a moment is a `Timestamp` of jiff, a `DateTime<Utc>` of chrono or an `OffsetDateTime` of time: what PostgreSQL has as `timestamptz`"
)]
pub trait Moment: Field {}

impl<T: Moment> Moment for Option<T> where Option<T>: Field {}

#[cfg(feature = "jiff")]
impl Moment for jiff::Timestamp {}

#[cfg(feature = "chrono")]
impl Moment for chrono::DateTime<chrono::Utc> {}

#[cfg(feature = "time")]
impl Moment for time::OffsetDateTime {}
