//! Cursors: positions in the order of a query, as text.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postgres::types::Type;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::place::Context;
use crate::value::{Param, nul};

/// A position between two rows of a query's answer, as text for a URL. Made by [`Keyset::all`](super::Keyset::all).
///
/// It holds what the order of the query is made of, as it is in the row beside the position, and checksums that have no secret: it can be read and
/// made by whoever has it. So a query for pages is not ordered by what its reader may not know; or the application encrypts the text, by a key of
/// its own, which has to be the same in all processes and after each restart. Whatever a cursor says, a query with it gives rows of its own
/// scope that meet its conditions, and no others.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor(Box<[u8]>);

impl Cursor {
    /// Reads the text of a cursor, or none from an empty text: a parameter that a form leaves empty, `?after=`.
    ///
    /// ```
    /// # use tenantry::query::Cursor;
    /// assert_eq!(Cursor::parse_optional("")?, None);
    /// assert!(Cursor::parse_optional("x").is_err());
    /// # Ok::<(), tenantry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Page`], when the text is no cursor, or was changed.
    pub fn parse_optional(text: &str) -> Result<Option<Self>> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some)
    }

    /// Deserializes a parameter that is a cursor, is empty or is not there: for serde's `deserialize_with`.
    ///
    /// ```
    /// # use tenantry::query::Cursor;
    /// #[derive(serde::Deserialize)]
    /// struct Params {
    ///     #[serde(default, deserialize_with = "Cursor::deserialize_optional")]
    ///     after: Option<Cursor>,
    /// }
    /// let params: Params = serde_json::from_str(r#"{"after": ""}"#).unwrap();
    /// assert_eq!(params.after, None);
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is no cursor, or was changed.
    pub fn deserialize_optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Self>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let text = text.unwrap_or_default();
        Self::parse_optional(&text).map_err(D::Error::custom)
    }
}

/// A [`Cursor`], or none: what a page is asked for by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no cursor",
    label = "no cursor, and no reference to one",
    note = "a text is read by `text.parse::<Cursor>()?`, and serde does so too; both refuse what is no cursor",
    note = "a cursor, or an `Option` of one, is lent: `.after(&cursor)`"
)]
pub trait MaybeCursor<'c> {
    /// The cursor, if it is one.
    fn into_cursor(self) -> Option<&'c Cursor>;
}

impl<'c> MaybeCursor<'c> for &'c Cursor {
    fn into_cursor(self) -> Option<&'c Cursor> {
        Some(self)
    }
}

impl<'c> MaybeCursor<'c> for Option<&'c Cursor> {
    fn into_cursor(self) -> Option<&'c Cursor> {
        self
    }
}

impl<'c> MaybeCursor<'c> for &'c Option<Cursor> {
    fn into_cursor(self) -> Option<&'c Cursor> {
        self.as_ref()
    }
}

/// The layout's number, the place of [`Side`], and three checksums: of all that follows them, of the order, and of the tenant.
const LAYOUT: u8 = 1;
const SUM: usize = 8;
const HEAD: usize = 2 + 3 * SUM;

const NO_CURSOR: &str = "this is no cursor, or not all of one, or it was changed\n\
    help: pass `next` or `previous` of a page as they were; without a cursor a query begins with its first page";

const OTHER_TENANT: &str = "the cursor is of a page of another tenant\n\
    help: pass it in a scope of the tenant whose page it came from; without a cursor a query begins with its first page";

const OTHER_QUERY: &str = "the cursor is of a query that has another order\n\
    help: pass it to a query of the same model with the same orders; without a cursor a query begins with its first page";

const NO_TEXT: &str = "rows in pages are ordered by a value that has a type of an extension, or a type of the database's own\n\
    help: order by a `cast` of it";

/// On which side of the row that its values are of a position is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// The identity of a query's order in a place, by which its cursors are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    order: [u8; SUM],
    tenant: [u8; SUM],
}

impl Identity {
    /// The identity of an order, of which the digest tells it from others, in a context; and of a query that reaches so far. Rows that all
    /// tenants have in common have the same cursors in all scopes.
    pub(super) fn new(order: &[u8; 32], context: &Context, reach: PlacementKind) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"tenant");
        let tenant = context.tenant();
        if let Some(tenant) = tenant.filter(|_| reach == PlacementKind::Tenant) {
            hash.update(tenant.id.to_be_bytes());
            hash.update(tenant.since.to_be_bytes());
        }
        Self {
            order: sum(order),
            tenant: sum(&hash.finalize()),
        }
    }

    /// Makes the cursor of the position at a side of a row.
    pub(super) fn cursor(&self, side: Side, values: &[Param]) -> Result<Cursor> {
        let mut bytes = vec![LAYOUT, u8::from(side == Side::After)];
        bytes.extend([0; SUM]);
        bytes.extend(self.order);
        bytes.extend(self.tenant);
        for value in values {
            if Type::from_oid(value.ty().oid()).is_none() {
                return Err(Error::new(ErrorKind::Configuration, NO_TEXT));
            }
            bytes.extend(value.ty().oid().to_be_bytes());
            let length = (!value.is_null()).then_some(value.bytes().len());
            let length = length.map_or(-1, |length| {
                i32::try_from(length).expect("a value of PostgreSQL has fewer than 2^30 bytes")
            });
            bytes.extend(length.to_be_bytes());
            bytes.extend(value.bytes());
        }
        let whole = checksum(&bytes);
        bytes[2..2 + SUM].copy_from_slice(&whole);
        Ok(Cursor(bytes.into()))
    }

    /// Reads a cursor of so many values.
    pub(super) fn read(&self, cursor: &Cursor, count: usize) -> Result<(Side, Vec<Param>)> {
        let (head, mut rest) = cursor.0.split_at(HEAD);
        let (order, tenant) = head[2 + SUM..].split_at(SUM);
        if order != self.order {
            return Err(refused(OTHER_QUERY));
        }
        if tenant != self.tenant {
            return Err(refused(OTHER_TENANT));
        }
        let side = if head[1] == 0 {
            Side::Before
        } else {
            Side::After
        };
        let mut values = Vec::with_capacity(count);
        while !rest.is_empty() {
            let value = value(&mut rest).filter(|value| nul(value).is_none());
            let value = value.ok_or_else(|| refused(NO_CURSOR))?;
            values.push(value);
        }
        if values.len() != count {
            return Err(refused(NO_CURSOR));
        }
        Ok((side, values))
    }
}

/// Returns the error for what can't be a page.
pub(super) fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Page, why).help("begin with the first page, without a cursor")
}

/// Says of an error that the server has not taken the values of a cursor, which somebody has made by hand.
pub(super) fn untaken(error: Error) -> Error {
    match error.sqlstate() {
        // The first are of values that the functions which read them refuse, for their length, bytes, range or nesting; the others of
        // values of another type, which are of no operator, or none that is known.
        Some(
            "22000" | "22003" | "22007" | "22008" | "22021" | "22023" | "22026" | "2202E" | "22P02"
            | "22P03" | "22P05" | "08P01" | "54000" | "54001" | "XX000" | "0A000" | "42704"
            | "42725" | "42804" | "42846" | "42883" | "42P18" | "42P22",
        ) => error.retold(ErrorKind::Page, NO_CURSOR.to_owned()),
        _ => error,
    }
}

fn value(rest: &mut &[u8]) -> Option<Param> {
    let (oid, behind) = rest.split_first_chunk()?;
    let (length, behind) = behind.split_first_chunk()?;
    let ty = Type::from_oid(u32::from_be_bytes(*oid))?;
    let length = i32::from_be_bytes(*length);
    if length == -1 {
        *rest = behind;
        return Some(Param::null(ty));
    }
    let (bytes, behind) = behind.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = behind;
    Some(Param::raw(ty, bytes))
}

/// The checksum of a cursor, in which its own place counts as zeros.
fn checksum(bytes: &[u8]) -> [u8; SUM] {
    let mut hash = Sha256::new();
    hash.update(&bytes[..2]);
    hash.update(&bytes[2 + SUM..]);
    sum(&hash.finalize())
}

fn sum(hash: &[u8]) -> [u8; SUM] {
    *hash.first_chunk().expect("a hash has 32 bytes")
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// Leaves the values out.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let whole = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| {
            bytes.len() >= HEAD
                && bytes[0] == LAYOUT
                && bytes[1] <= 1
                && bytes[2..2 + SUM] == checksum(bytes)
        });
        let bytes = whole.ok_or_else(|| refused(NO_CURSOR))?;
        Ok(Self(bytes.into()))
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new(&[7; 32], &Context::nowhere(), PlacementKind::Tenant)
    }

    #[test]
    fn a_cursor_is_text_and_back() {
        let values = [
            Param::bigint(5),
            Param::null(Type::TEXT),
            Param::text(""),
            Param::text("Zoë"),
        ];
        for side in [Side::Before, Side::After] {
            let cursor = identity().cursor(side, &values).expect("types are known");
            let read: Cursor = cursor.to_string().parse().expect("a cursor");
            assert_eq!(read, cursor);
            let known = identity().read(&read, 4).expect("its own");
            assert_eq!(known, (side, values.to_vec()));
        }
    }

    #[test]
    fn no_text_that_was_changed_or_cut_is_a_cursor() {
        let values = [Param::bigint(5), Param::text("Ann")];
        let cursor = identity().cursor(Side::After, &values).expect("types");
        let text = cursor.to_string();
        for at in 0..text.len() {
            for digit in ["A", "B", "_", "=", "/"] {
                let changed = format!("{}{digit}{}", &text[..at], &text[at + 1..]);
                let error = (changed != text).then(|| changed.parse::<Cursor>().err());
                assert!(!matches!(error, Some(None)), "{changed}");
            }
            let cut = text[..at].parse::<Cursor>();
            assert_eq!(cut.map_err(|error| error.kind()), Err(ErrorKind::Page));
        }
    }

    /// Whoever knows the layout can make checksums.
    #[test]
    fn values_that_somebody_made_are_refused_and_never_a_panic() {
        let cursor = identity().cursor(Side::After, &[Param::bigint(5)]);
        let whole = cursor.expect("a type that is known").0;
        for cut in HEAD..whole.len() {
            let mut bytes = whole[..cut].to_vec();
            let sum = checksum(&bytes);
            bytes[2..2 + SUM].copy_from_slice(&sum);
            let read: Cursor = URL_SAFE_NO_PAD
                .encode(&bytes)
                .parse()
                .expect("checksums are right");
            let error = identity().read(&read, 1).map(drop);
            assert_eq!(error.map_err(|error| error.kind()), Err(ErrorKind::Page));
        }
        for (at, byte) in [(HEAD, 0xFF), (HEAD + 4, 0x7F), (HEAD + 4, 0x80)] {
            let mut bytes = whole.to_vec();
            bytes[at] = byte;
            let sum = checksum(&bytes);
            bytes[2..2 + SUM].copy_from_slice(&sum);
            let error = identity().read(&Cursor(bytes.into()), 1).map(drop);
            assert_eq!(error.map_err(|error| error.kind()), Err(ErrorKind::Page));
        }
    }
}
