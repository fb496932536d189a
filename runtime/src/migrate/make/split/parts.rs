//! Parts of a table that name columns.

use crate::structure::{Change, Check, ForeignKey, Index, Table, Unique};

/// A constraint or an index, with its name.
#[derive(Debug, Clone)]
pub(in crate::migrate::make) enum PartOf {
    Unique(String, Unique),
    Check(String, Check),
    ForeignKey(String, ForeignKey),
    Index(String, Index),
}

/// All parts of a table.
pub(in crate::migrate::make) fn parts(table: &Table) -> Vec<PartOf> {
    let uniques = table.uniques.iter();
    let uniques = uniques.map(|(name, it)| PartOf::Unique(name.clone(), it.clone()));
    let checks = table.checks.iter();
    let checks = checks.map(|(name, it)| PartOf::Check(name.clone(), it.clone()));
    let keys = table.foreign_keys.iter();
    let keys = keys.map(|(name, it)| PartOf::ForeignKey(name.clone(), it.clone()));
    let indexes = table.indexes.iter();
    let indexes = indexes.map(|(name, it)| PartOf::Index(name.clone(), it.clone()));
    uniques.chain(checks).chain(keys).chain(indexes).collect()
}

/// Whether a part names one of the columns.
pub(in crate::migrate::make) fn name_one(part: &PartOf, columns: &[&str]) -> bool {
    let lists = |list: &[String]| list.iter().any(|name| columns.contains(&name.as_str()));
    let says = |sql: &str| columns.iter().any(|name| tenantry_sql::mentions(sql, name));
    match part {
        PartOf::Unique(_, it) => lists(&it.columns),
        PartOf::Check(_, it) => says(&it.condition),
        PartOf::ForeignKey(_, it) => lists(&it.columns),
        PartOf::Index(_, it) => lists(&it.columns()) || it.expressions().any(says),
    }
}

impl PartOf {
    /// The part that a change adds or drops.
    pub(in crate::migrate::make) fn of(change: &Change) -> Option<Self> {
        Some(match change {
            Change::AddUnique { name, definition } | Change::DropUnique { name, definition } => {
                Self::Unique(name.clone(), definition.clone())
            }
            Change::AddCheck { name, definition } | Change::DropCheck { name, definition } => {
                Self::Check(name.clone(), definition.clone())
            }
            Change::AddForeignKey { name, definition }
            | Change::DropForeignKey { name, definition } => {
                Self::ForeignKey(name.clone(), definition.clone())
            }
            Change::CreateIndex { name, definition } | Change::DropIndex { name, definition } => {
                Self::Index(name.clone(), definition.clone())
            }
            _ => return None,
        })
    }

    pub(in crate::migrate::make) fn name(&self) -> &str {
        let (Self::Unique(name, _)
        | Self::Check(name, _)
        | Self::ForeignKey(name, _)
        | Self::Index(name, _)) = self;
        name
    }

    /// Whether the two differ in nothing but their names.
    pub(in crate::migrate::make) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unique(_, one), Self::Unique(_, other)) => one == other,
            (Self::Check(_, one), Self::Check(_, other)) => one == other,
            (Self::ForeignKey(_, one), Self::ForeignKey(_, other)) => one == other,
            (Self::Index(_, one), Self::Index(_, other)) => one == other,
            _ => false,
        }
    }

    /// Whether the two are of one kind and name.
    pub(in crate::migrate::make) fn is_named_as(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.name() == other.name()
    }

    pub(in crate::migrate::make) fn added(&self, name: &str) -> Change {
        let name = name.to_owned();
        match self.clone() {
            Self::Unique(_, definition) => Change::AddUnique { name, definition },
            Self::Check(_, definition) => Change::AddCheck { name, definition },
            Self::ForeignKey(_, definition) => Change::AddForeignKey { name, definition },
            Self::Index(_, definition) => Change::CreateIndex { name, definition },
        }
    }

    pub(in crate::migrate::make) fn dropped(&self) -> Change {
        match self.clone() {
            Self::Unique(name, definition) => Change::DropUnique { name, definition },
            Self::Check(name, definition) => Change::DropCheck { name, definition },
            Self::ForeignKey(name, definition) => Change::DropForeignKey { name, definition },
            Self::Index(name, definition) => Change::DropIndex { name, definition },
        }
    }

    /// The change that gives it its own name, where it has had another in between.
    pub(in crate::migrate::make) fn renamed(&self, from: &str) -> Change {
        let (from, to) = (from.to_owned(), self.name().to_owned());
        match self {
            Self::Index(..) => Change::RenameIndex { from, to },
            _ => Change::RenameConstraint { from, to },
        }
    }
}
