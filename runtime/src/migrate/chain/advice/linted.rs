//! SQL as the rules look at it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use tenantry_sql::{Statement, Token};

use super::indexes::Indexes;
use super::words::{LintedTable, altered, table_at};
use crate::bookkeeping::batches::is_batched;
use crate::bookkeeping::segment::{is_cut_but_for_batches, is_outside};
use crate::migrate::chain::migration::Migration;
use crate::migrate::report::phase::Phase;
use crate::structure::{Change, Op};

/// The SQL that a statement stands in.
pub(super) struct Sql<'a> {
    all: Vec<Statement<'a>>,
    is_for_tenants: bool,
    is_expand: bool,
    /// Whether what looks at all rows is cut out where tables are big.
    is_cut: bool,
    /// The tables that it makes, which have no rows.
    made: HashSet<LintedTable<'a>>,
    /// The columns, by table, of which a check proves that they are not null.
    proved: HashSet<(LintedTable<'a>, Cow<'a, str>)>,
    /// The columns, by table, whose new type takes the values as they are.
    widened: HashSet<(String, String)>,
    /// The columns, by table, of which the generated operations say that nulls are allowed.
    nullable: HashSet<(String, String)>,
    /// The enum types that it was generated to make, or to make anew.
    types: Vec<String>,
    /// The indexes and constraints that it was generated to drop.
    dropped: HashSet<&'a str>,
    /// The indexes that are there before it, and after it.
    indexes: [Indexes; 2],
    /// The names of the indexes that it makes.
    made_indexes: BTreeSet<String>,
}

impl<'a> Sql<'a> {
    pub(super) fn of(
        text: &str,
        all: &[Statement<'a>],
        is_for_tenants: bool,
        migration: Option<&'a Migration>,
        before: &Indexes,
    ) -> Self {
        let mut after = before.clone();
        after.follow(all);
        let made = all.iter().filter(|it| it.begins(&["create", "table"]));
        let made = made.filter_map(|it| table_at(&it.tokens[2..])).collect();
        let operations = migration.map_or(&[][..], Migration::operations);
        let widened = operations.iter().filter_map(|op| match &op.change {
            Change::AlterType { column, .. } if !op.change.takes_away() => {
                Some((op.table.clone(), column.clone()))
            }
            _ => None,
        });
        let nullable = operations.iter().filter_map(|op| match &op.change {
            Change::AlterNullable {
                column,
                nullable: true,
                ..
            } => Some((op.table.clone(), column.clone())),
            _ => None,
        });
        let types = operations.iter().filter(|op| makes_type(&op.change));
        Self {
            all: all.to_vec(),
            nullable: nullable.collect(),
            types: types.map(|op| op.table.clone()).collect(),
            is_for_tenants,
            is_expand: migration.is_none_or(|it| it.phase() < Phase::Contract),
            is_cut: is_cut_but_for_batches(text),
            made,
            proved: all.iter().filter_map(proved).collect(),
            widened: widened.collect(),
            dropped: operations.iter().filter_map(dropped).collect(),
            indexes: [before.clone(), after],
            made_indexes: Indexes::made(all),
        }
    }

    pub(super) fn is_for_tenants(&self) -> bool {
        self.is_for_tenants
    }

    pub(super) fn is_expand(&self) -> bool {
        self.is_expand
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether the SQL makes a table.
    pub(super) fn made(&self, table: &LintedTable<'a>) -> bool {
        self.made.contains(table)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Statement<'a>> {
        self.all.iter()
    }

    /// The statements that stand before one.
    pub(super) fn before(&self, statement: &Statement<'_>) -> impl Iterator<Item = &Statement<'a>> {
        let start = statement.start();
        self.all().take_while(move |it| it.start() < start)
    }

    /// Whether the migration was generated to make an enum type, as a model asks for.
    pub(super) fn is_of_types(&self) -> bool {
        !self.types.is_empty()
    }

    /// Whether the migration was generated to allow nulls in a column.
    pub(super) fn allows_nulls(&self, table: &str, column: &str) -> bool {
        self.nullable
            .contains(&(table.to_owned(), column.to_owned()))
    }

    /// Whether a column's new type takes the values as they are.
    pub(super) fn widens(&self, column: &(String, String)) -> bool {
        self.widened.contains(column)
    }

    /// Whether a check proves that a column is not null.
    pub(super) fn proves(&self, column: &(LintedTable<'a>, Cow<'a, str>)) -> bool {
        self.proved.contains(column)
    }

    /// Whether the migration was generated to drop an index, or a constraint.
    pub(super) fn drops(&self, name: &str) -> bool {
        self.dropped.contains(name)
    }

    /// Whether the SQL makes an index of that name.
    pub(super) fn makes_index(&self, name: &str) -> bool {
        self.made_indexes.contains(name)
    }

    /// The indexes that are there before the SQL.
    pub(super) fn indexes_before(&self) -> &Indexes {
        &self.indexes[0]
    }

    /// The indexes that are there after the SQL.
    pub(super) fn indexes_after(&self) -> &Indexes {
        &self.indexes[1]
    }

    /// Returns the table that a statement alters, and the words behind it; nothing of a table that has no rows.
    pub(super) fn altered<'s>(
        &self,
        statement: &'s Statement<'a>,
    ) -> Option<(LintedTable<'a>, &'s [Token<'a>])> {
        let (table, words) = altered(statement)?;
        (!self.made.contains(&table)).then_some((table, words))
    }
}

fn dropped(op: &Op) -> Option<&str> {
    match &op.change {
        Change::DropUnique { name, .. } | Change::DropIndex { name, .. } => Some(name),
        Change::DropPrimaryKey { definition: it } | Change::AlterPrimaryKey { from: it, .. } => {
            Some(&it.name)
        }
        _ => None,
    }
}

fn makes_type(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateEnum { .. } | Change::DropEnum { .. } | Change::AlterEnum { anew: true, .. }
    )
}

/// Returns the column of which a statement adds a check that it is not null.
fn proved<'a>(statement: &Statement<'a>) -> Option<(LintedTable<'a>, Cow<'a, str>)> {
    let (table, words) = altered(statement)?;
    let at = words.iter().position(|word| word.is("check"))?;
    match &words[at + 1..] {
        [open, column, is, not, null, close, ..]
            if open.is_sign("(")
                && is.is("is")
                && not.is("not")
                && null.is("null")
                && close.is_sign(")") =>
        {
            Some((table, column.name()?))
        }
        _ => None,
    }
}

/// The statements before one that are of the same transaction.
pub(super) fn transaction<'s, 'a>(
    sql: &'s Sql<'a>,
    statement: &Statement<'_>,
) -> impl Iterator<Item = &'s Statement<'a>> {
    let before: Vec<_> = sql.before(statement).collect();
    // With either the transaction before it ends, and all its locks.
    let since = before
        .iter()
        .rposition(|it| is_batched(it) || is_outside(it));
    before.into_iter().skip(since.map_or(0, |at| at + 1))
}
