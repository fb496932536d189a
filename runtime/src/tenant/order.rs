//! The order in which tenants are taken.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// The order in which tenants are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// The oldest first.
    #[default]
    Age,
    /// By key, byte by byte.
    Key,
    /// The smallest first, as far as PostgreSQL's statistics know.
    Size,
    /// A different one each time.
    Random,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Age, Self::Key, Self::Size, Self::Random];

    /// The order as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Key => "key",
            Self::Size => "size",
            Self::Random => "random",
        }
    }

    /// SQL expression that orders the rows `t` of `tenantry.tenant`, with the size of its schema as `z.bytes` if needed.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Age => "t.id",
            Self::Key => "t.key COLLATE pg_catalog.\"C\"",
            Self::Size => "COALESCE(z.bytes, 0)",
            Self::Random => "pg_catalog.random()",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|order| order.as_str() == text);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join("`, `");
            Error::new(
                ErrorKind::Configuration,
                format!("there is no order `{text}`\nhelp: the orders are `{all}`"),
            )
        })
    }
}
