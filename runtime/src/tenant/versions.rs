//! Ranges of versions, by which tenants can be selected.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Param, Params};

/// A range of versions, both ends included: `0003_notes`, `3`, `..3`, `2..`, `2..4`.
///
/// A migration is named by its id or its number; 0 is before the first. A tenant's version is the last migration that is
/// applied to its schema, so `..3` is everybody who is at the third or before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    from: Option<Bound>,
    to: Option<Bound>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Bound {
    Position(i32),
    Id(String),
}

impl Bound {
    fn new(text: &str) -> Self {
        // A number has no sign.
        match text.parse() {
            Ok(position) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Self::Position(position)
            }
            _ => Self::Id(text.to_owned()),
        }
    }

    fn sql(&self, params: &mut Params) -> String {
        match self {
            Self::Position(position) => params.add(Param::integer(*position)),
            // What the database has not recorded is applied nowhere.
            Self::Id(id) => format!(
                "(SELECT position FROM tenantry.migration WHERE id = {})",
                params.add(Param::text(id))
            ),
        }
    }
}

impl Versions {
    /// Tenants at this migration, by its id or number.
    pub fn at(migration: impl AsRef<str>) -> Self {
        let bound = Some(Bound::new(migration.as_ref()));
        Self {
            from: bound.clone(),
            to: bound,
        }
    }

    /// Tenants at this migration or before it, by its id or number.
    pub fn up_to(migration: impl AsRef<str>) -> Self {
        let to = Some(Bound::new(migration.as_ref()));
        Self { from: None, to }
    }

    /// The ids of migrations that are named.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let bounds = [&self.from, &self.to].into_iter().flatten();
        bounds.filter_map(|bound| match bound {
            Bound::Id(id) => Some(id.as_str()),
            Bound::Position(_) => None,
        })
    }

    /// The number of a migration that tenants have to have got to.
    pub(super) fn from(&self) -> Option<i32> {
        match self.from {
            Some(Bound::Position(position)) => Some(position),
            _ => None,
        }
    }

    pub(super) fn sql(&self, params: &mut Params) -> String {
        let mut parts = Vec::new();
        if let Some(from) = &self.from {
            parts.push(format!("t.version >= {}", from.sql(params)));
        }
        if let Some(to) = &self.to {
            parts.push(format!("t.version <= {}", to.sql(params)));
        }
        parts.join(" AND ")
    }
}

impl FromStr for Versions {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            Error::new(
                ErrorKind::Name,
                format!(
                    "`{text}` is not a version or a range of versions\n\
                     help: write a migration's id or number, as in `3`, or a range, as in `..3`, `2..` or `2..4`"
                ),
            )
        };
        let bound = |text: &str| (!text.is_empty()).then(|| Bound::new(text));
        let versions = match text.split_once("..") {
            None => {
                let one = bound(text);
                Self {
                    from: one.clone(),
                    to: one,
                }
            }
            Some((from, to)) => Self {
                from: bound(from),
                to: bound(to),
            },
        };
        let is_id = |id: &str| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let is_empty = versions.from.is_none() && versions.to.is_none();
        if is_empty || !versions.ids().all(is_id) {
            return Err(refused());
        }
        Ok(versions)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bound: &Option<Bound>| match bound {
            None => String::new(),
            Some(Bound::Position(position)) => position.to_string(),
            Some(Bound::Id(id)) => id.clone(),
        };
        if self.from == self.to {
            return f.write_str(&text(&self.from));
        }
        write!(f, "{}..{}", text(&self.from), text(&self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_reads_back_as_it_is_written() {
        for text in [
            "3",
            "0",
            "0003_notes",
            "..3",
            "2..",
            "2..4",
            "..0003_notes",
            "0002_a..0004_b",
        ] {
            let versions: Versions = text.parse().unwrap();
            assert_eq!(versions.to_string(), text);
        }
        assert_eq!(Versions::at("3"), "3".parse().unwrap());
        assert_eq!(Versions::up_to("0003_x"), "..0003_x".parse().unwrap());
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "..", "2...4", "a b", "<3", "..-1"] {
            let error = text.parse::<Versions>().unwrap_err();
            assert!(error.to_string().contains("`..3`"), "{text}: {error}");
        }
    }
}
