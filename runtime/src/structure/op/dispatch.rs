//! From a change to its family.

use std::collections::BTreeMap;

use super::alter::{Alteration, Of};
use super::column::ColumnChange;
use super::comment::CommentChange;
use super::family::{Family, Verb};
use super::foreign_key_change::ForeignKeyChange;
use super::generated::Generation;
use super::moved::{Awaiting, Keeping, KeptTable, Moving};
use super::paired::{Filling, Pairing, Retiring};
use super::part::{Part, PartChange};
use super::primary_key::{PrimaryKeyChange, PrimaryKeyExchange};
use super::rename::{Named, Renaming};
use super::table::TableChange;
use super::tenant_row::{Require, Tie};
use super::types::{EnumType, Extending, LabelRenaming, Relabelling};
use super::view::{Replacing, ViewChange};
use super::{Change, EnumColumn, Phase};
use crate::structure::{Column, PrimaryKey, Table, View};

impl Change {
    /// Tells whether the change takes away values that can't be had back: it drops a table or a column.
    pub fn loses_data(&self) -> bool {
        self.family().loses_data()
    }

    /// The change that takes this one back.
    pub fn reversed(&self) -> Self {
        self.family().reversed()
    }

    /// Tells whether a version of the application that does not know of the change may fail after it.
    pub(crate) fn takes_away(&self) -> bool {
        self.family().takes_away()
    }

    /// Says how the change can fail, or lose data.
    pub(crate) fn note(&self) -> Option<&'static str> {
        self.family().note()
    }

    /// Says in a few words what the change does to a table, for the name of a migration.
    pub(crate) fn slug(&self, table: &str) -> String {
        self.family().slug(table)
    }

    /// Returns when the change is due, unless a diff has a reason for another time.
    pub(in crate::structure) fn phase(&self) -> Phase {
        self.family().phase()
    }

    /// Returns the change with all that its family knows of it: the one place that goes through all kinds.
    pub(super) fn family(&self) -> Box<dyn Family + '_> {
        use Verb::{Add, Drop};
        match self {
            Self::CreateTable { definition } => table(Add, definition),
            Self::DropTable { definition } => table(Drop, definition),
            Self::AddColumn { column: it, fill } => column(Add, it, fill.as_deref()),
            Self::DropColumn { column: it, fill } => column(Drop, it, fill.as_deref()),
            Self::AlterType { column, from, to } => alter(column, Of::Type { from, to }),
            Self::AlterNullable {
                column,
                nullable,
                fill,
            } => alter(column, Of::Nullable(*nullable, fill.as_deref())),
            Self::AlterDefault { column, from, to } => alter(column, Of::Default { from, to }),
            Self::AlterGenerated { from, to } => Box::new(Generation { from, to }),
            Self::AlterIdentity { column, identity } => alter(column, Of::Identity(*identity)),
            Self::AddPrimaryKey { definition } => primary_key(Add, definition),
            Self::DropPrimaryKey { definition } => primary_key(Drop, definition),
            Self::AlterPrimaryKey { from, to } => Box::new(PrimaryKeyExchange { from, to }),
            Self::AddUnique { name, definition } => part(Add, name, definition),
            Self::DropUnique { name, definition } => part(Drop, name, definition),
            Self::AddCheck { name, definition } => part(Add, name, definition),
            Self::DropCheck { name, definition } => part(Drop, name, definition),
            Self::AddForeignKey { name, definition } => part(Add, name, definition),
            Self::DropForeignKey { name, definition } => part(Drop, name, definition),
            Self::AlterForeignKey { name, from, to } => {
                Box::new(ForeignKeyChange { name, from, to })
            }
            Self::CreateIndex { name, definition } => part(Add, name, definition),
            Self::DropIndex { name, definition } => part(Drop, name, definition),
            Self::RenameTable { from, to } => rename(Named::Table, from, to),
            Self::RenameColumn { from, to } => rename(Named::Column, from, to),
            Self::RenameConstraint { from, to } => rename(Named::Constraint, from, to),
            Self::RenameIndex { from, to } => rename(Named::Index, from, to),
            Self::RenameLabel { column, from, to } => rename(Named::Label(column), from, to),
            Self::SetComment { column, from, to } => Box::new(CommentChange { column, from, to }),
            Self::TieTenants { key } => Box::new(Tie { verb: Add, key }),
            Self::UntieTenants { key } => Box::new(Tie { verb: Drop, key }),
            Self::RequireRows { key, fill } => require(Add, key, fill.as_ref()),
            Self::AllowNoRows { key, fill } => require(Drop, key, fill.as_ref()),
            Self::MoveRows { rows } => Box::new(Moving { verb: Add, rows }),
            Self::ReturnRows { rows } => Box::new(Moving { verb: Drop, rows }),
            Self::KeepTable { whose, key } => keep(Add, whose.as_deref(), key),
            Self::ReleaseTable { whose, key } => keep(Drop, whose.as_deref(), key),
            Self::AwaitRows { key } => Box::new(Awaiting { verb: Add, key }),
            Self::ExpectNoRows { key } => Box::new(Awaiting { verb: Drop, key }),
            Self::CreateEnum { labels } => Box::new(EnumType { verb: Add, labels }),
            Self::DropEnum { labels } => Box::new(EnumType { verb: Drop, labels }),
            Self::AlterEnum {
                from,
                to,
                columns,
                anew,
            } => relabel((from, to), columns, *anew),
            Self::RenameEnumLabel { from, to } => Box::new(LabelRenaming { from, to }),
            Self::UseExtension { schema } => Box::new(Extending { verb: Add, schema }),
            Self::LeaveExtension { schema } => Box::new(Extending { verb: Drop, schema }),
            Self::CreateView { definition } => view(Add, definition),
            Self::DropView { definition } => view(Drop, definition),
            Self::ReplaceView { from, to } => Box::new(Replacing { from, to }),
            Self::AddPaired { pair } => Box::new(Pairing { verb: Add, pair }),
            Self::DropPaired { pair } => Box::new(Pairing { verb: Drop, pair }),
            Self::FillPaired { pair } => Box::new(Filling { verb: Add, pair }),
            Self::LeavePaired { pair } => Box::new(Filling { verb: Drop, pair }),
            Self::DropFormer { pair } => Box::new(Retiring { verb: Drop, pair }),
            Self::RestoreFormer { pair } => Box::new(Retiring { verb: Add, pair }),
            Self::DropKept {
                definition,
                since,
                whose,
            } => kept(Drop, definition, *since, whose.as_deref()),
            Self::RestoreKept {
                definition,
                since,
                whose,
            } => kept(Add, definition, *since, whose.as_deref()),
        }
    }
}

fn table(verb: Verb, definition: &Table) -> Box<dyn Family + '_> {
    Box::new(TableChange { verb, definition })
}

fn view(verb: Verb, definition: &View) -> Box<dyn Family + '_> {
    Box::new(ViewChange { verb, definition })
}

fn column<'a>(verb: Verb, column: &'a Column, fill: Option<&'a str>) -> Box<dyn Family + 'a> {
    Box::new(ColumnChange { verb, column, fill })
}

fn alter<'a>(column: &'a str, of: Of<'a>) -> Box<dyn Family + 'a> {
    Box::new(Alteration { column, of })
}

fn primary_key(verb: Verb, definition: &PrimaryKey) -> Box<dyn Family + '_> {
    Box::new(PrimaryKeyChange { verb, definition })
}

fn rename<'a>(of: Named<'a>, from: &'a str, to: &'a str) -> Box<dyn Family + 'a> {
    Box::new(Renaming { of, from, to })
}

fn relabel<'a>(
    (from, to): (&'a Vec<String>, &'a Vec<String>),
    columns: &'a Vec<EnumColumn>,
    anew: bool,
) -> Box<dyn Family + 'a> {
    Box::new(Relabelling {
        from,
        to,
        columns,
        anew,
    })
}

fn part<'a>(verb: Verb, name: &'a str, definition: &'a impl Part) -> Box<dyn Family + 'a> {
    Box::new(PartChange {
        verb,
        name,
        definition,
    })
}

fn require<'a>(
    verb: Verb,
    key: &'a str,
    fill: Option<&'a BTreeMap<String, String>>,
) -> Box<dyn Family + 'a> {
    Box::new(Require { verb, key, fill })
}

fn keep<'a>(verb: Verb, whose: Option<&'a str>, key: &'a [String]) -> Box<dyn Family + 'a> {
    Box::new(Keeping { verb, whose, key })
}

fn kept<'a>(
    verb: Verb,
    definition: &'a Table,
    since: i32,
    whose: Option<&'a str>,
) -> Box<dyn Family + 'a> {
    Box::new(KeptTable {
        verb,
        definition,
        since,
        whose,
    })
}
