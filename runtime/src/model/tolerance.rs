//! Columns that only tenants of some versions have: `#[field(since = "...")]` and `#[field(until = "...")]`.

use std::sync::LazyLock;

use super::{ColumnDef, ModelDef, registered};
use crate::place::TenantVersion;

impl ColumnDef {
    /// Says which migration adds the column; tenants without it are served too.
    pub const fn since(mut self, migration: &'static str) -> Self {
        self.since = Some(migration);
        self
    }

    /// Says which migration drops the column; tenants with it are served too.
    pub const fn until(mut self, migration: &'static str) -> Self {
        self.until = Some(migration);
        self
    }

    /// Whether only tenants of some versions have it.
    pub(crate) fn is_versioned(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    /// Whether the tables of tenants of a version have it.
    pub(crate) fn is_in(&self, version: TenantVersion) -> bool {
        self.lack_in(version).is_none()
    }

    /// Why the tables of tenants of a version lack it, if they do.
    ///
    /// A migration that is under way may not have added it yet, and may have dropped it already.
    pub(crate) fn lack_in(&self, version: TenantVersion) -> Option<WhyLacked> {
        match (self.since, self.until) {
            (Some(since), _) if number(since) > version.reached => Some(WhyLacked::Before(since)),
            (_, Some(until)) if number(until) <= version.begun => Some(WhyLacked::After(until)),
            _ => None,
        }
    }
}

/// The reason why a tenant lacks a column: the migration that it lacks too, or has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyLacked {
    /// The migration that adds it.
    Before(&'static str),
    /// The migration that drops it.
    After(&'static str),
}

impl ModelDef {
    /// Whether tenants of a version lack one of the columns.
    pub(crate) fn lacks_any(&self, version: TenantVersion) -> bool {
        self.columns.iter().any(|def| !def.is_in(version))
    }
}

/// The number in the id of a migration, which the macros have looked at.
fn number(id: &str) -> i32 {
    let number = id.split_once('_').map_or(id, |(number, _)| number);
    number.parse().unwrap_or(i32::MAX)
}

/// Whether the program has models with such columns, so that the versions of tenants matter to statements.
pub(crate) fn is_tolerant() -> bool {
    static IS_TOLERANT: LazyLock<bool> = LazyLock::new(|| versioned_columns().next().is_some());
    *IS_TOLERANT
}

/// The columns of the program's models that only tenants of some versions have.
pub(crate) fn versioned_columns() -> impl Iterator<Item = (&'static ModelDef, &'static ColumnDef)> {
    let columns = registered().flat_map(|model| model.columns.iter().map(move |def| (model, def)));
    columns.filter(|(_, def)| def.is_versioned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_there_between_its_migrations() {
        let def = ColumnDef::new::<Option<i64>>("n", "n")
            .since("0003_a")
            .until("0005_b");
        let at = |reached, begun| TenantVersion { reached, begun };
        for (version, is_there) in [
            (at(2, 2), false),
            // The migration that adds it is under way.
            (at(2, 3), false),
            (at(3, 3), true),
            (at(4, 4), true),
            // The one that drops it.
            (at(4, 5), false),
            (at(5, 5), false),
        ] {
            assert_eq!(def.is_in(version), is_there, "{version:?}");
        }
        let plain = ColumnDef::new::<i64>("n", "n");
        assert!(plain.is_in(at(0, 0)) && plain.is_in(at(9, 9)));
    }
}
