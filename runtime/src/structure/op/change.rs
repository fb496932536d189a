//! Changes as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::enum_column::EnumColumn;
use crate::structure::{
    Check, Column, ForeignKey, Index, Move, Pair, PrimaryKey, Table, Unique, View,
};

/// A change of a table, or of a type.
///
/// A renamed table, column or label is a change of its own, not a drop and a create. A [`diff`](crate::structure::diff)
/// can't see it, since only the author of a change knows that something old and something new are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Makes the table with all that belongs to it, except for foreign keys.
    CreateTable {
        /// The table, without foreign keys.
        definition: Table,
    },
    /// Drops the table with all that belongs to it. Its foreign keys are dropped before.
    DropTable {
        /// The table, without foreign keys.
        definition: Table,
    },
    /// Adds a column.
    AddColumn {
        /// The column.
        column: Column,
        /// The value, as SQL, of the rows that there are, if it is not the default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<String>,
    },
    /// Drops a column.
    DropColumn {
        /// The column.
        column: Column,
        /// The value, as SQL, that rows get when the column is brought back, if it is not the default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<String>,
    },
    /// Changes a column's type.
    AlterType {
        /// The column's name.
        column: String,
        /// The type before.
        from: String,
        /// The type after.
        to: String,
    },
    /// Allows nulls in a column, or forbids them.
    AlterNullable {
        /// The column's name.
        column: String,
        /// Whether the column can be null afterwards.
        nullable: bool,
        /// The value, as SQL, that rows with null get before nulls are forbidden.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<String>,
    },
    /// Changes a column's default.
    AlterDefault {
        /// The column's name.
        column: String,
        /// The default before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The default after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Makes a column an identity column, or a plain one.
    AlterIdentity {
        /// The column's name.
        column: String,
        /// Whether it is an identity column afterwards.
        identity: bool,
    },
    /// Has a column be computed of others, which takes its values away; or stops that, and its values stay.
    AlterGenerated {
        /// The column before.
        from: Column,
        /// The column after. Only one of the two is computed.
        to: Column,
    },
    /// Adds the primary key.
    AddPrimaryKey {
        /// The primary key.
        definition: PrimaryKey,
    },
    /// Drops the primary key.
    DropPrimaryKey {
        /// The primary key.
        definition: PrimaryKey,
    },
    /// Has other columns be the primary key, which stays until the index of the next one is built.
    AlterPrimaryKey {
        /// The primary key before.
        from: PrimaryKey,
        /// The primary key after.
        to: PrimaryKey,
    },
    /// Adds a unique constraint.
    AddUnique {
        /// Its name.
        name: String,
        /// The constraint.
        definition: Unique,
    },
    /// Drops a unique constraint.
    DropUnique {
        /// Its name.
        name: String,
        /// The constraint.
        definition: Unique,
    },
    /// Adds a check.
    AddCheck {
        /// Its name.
        name: String,
        /// The check.
        definition: Check,
    },
    /// Drops a check.
    DropCheck {
        /// Its name.
        name: String,
        /// The check.
        definition: Check,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// Its name.
        name: String,
        /// The foreign key.
        definition: ForeignKey,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// Its name.
        name: String,
        /// The foreign key.
        definition: ForeignKey,
    },
    /// Changes how a foreign key reacts to changes of what it references.
    AlterForeignKey {
        /// Its name.
        name: String,
        /// The foreign key before.
        from: ForeignKey,
        /// The foreign key after, with the same columns and the same target.
        to: ForeignKey,
    },
    /// Makes an index.
    CreateIndex {
        /// Its name.
        name: String,
        /// The index.
        definition: Index,
    },
    /// Drops an index.
    DropIndex {
        /// Its name.
        name: String,
        /// The index.
        definition: Index,
    },
    /// Gives the table another name.
    RenameTable {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Gives a column another name.
    RenameColumn {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Gives a constraint another name: the primary key, a unique constraint, a check or a foreign key.
    RenameConstraint {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Gives an index another name.
    RenameIndex {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Gives a label of a column's enum another name, in the rows that have it.
    RenameLabel {
        /// The column's name.
        column: String,
        /// The label before.
        from: String,
        /// The label after.
        to: String,
    },
    /// Changes the comment of the table or of one of its columns.
    SetComment {
        /// The column's name; none for the table itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
        /// The comment before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The comment after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Makes each row of the shared table a tenant: it has the key of one, goes when that is dropped, and is renamed with it.
    TieTenants {
        /// The column that has the tenant's key.
        key: String,
    },
    /// Has rows of the shared table be no tenants any more.
    UntieTenants {
        /// The column that has the tenant's key.
        key: String,
    },
    /// Refuses tenants that have no row in the shared table whose rows are tenants.
    RequireRows {
        /// The column that has the tenant's key.
        key: String,
        /// The values, as SQL, by column, that the rows of the tenants get that there are; without it there is to be none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<BTreeMap<String, String>>,
    },
    /// Allows tenants that have no row in the shared table whose rows are tenants.
    AllowNoRows {
        /// The column that has the tenant's key.
        key: String,
        /// The values, as SQL, by column, that the rows of the tenants got.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<BTreeMap<String, String>>,
    },
    /// Moves a tenant's rows between its table and the shared one of the same name.
    MoveRows {
        /// How they are moved.
        rows: Move,
    },
    /// Moves a tenant's rows back.
    ReturnRows {
        /// How they were moved.
        rows: Move,
    },
    /// Keeps the table, whose rows are moved, and refuses writes to it.
    KeepTable {
        /// The column that tells which tenant gets a row, where rows are dealt out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whose: Option<String>,
        /// The columns of the primary key.
        key: Vec<String>,
    },
    /// Allows writes to a table again that was kept.
    ReleaseTable {
        /// The column that tells which tenant gets a row, where rows are dealt out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whose: Option<String>,
        /// The columns of the primary key.
        key: Vec<String>,
    },
    /// Says that rows of all tenants come to the table.
    AwaitRows {
        /// The columns of the primary key.
        key: Vec<String>,
    },
    /// Refuses to go on as long as the table has rows, which came from tenants.
    ExpectNoRows {
        /// The columns of the primary key.
        key: Vec<String>,
    },
    /// Drops a table that was kept.
    DropKept {
        /// The table, without foreign keys.
        definition: Table,
        /// The position of the migration that moved its rows.
        since: i32,
        /// The column that tells which tenant gets a row, where rows were dealt out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whose: Option<String>,
    },
    /// Makes a table again that was kept, without its rows.
    RestoreKept {
        /// The table, without foreign keys.
        definition: Table,
        /// The position of the migration that moved its rows.
        since: i32,
        /// The column that tells which tenant gets a row, where rows were dealt out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whose: Option<String>,
    },
    /// Makes an enum type.
    CreateEnum {
        /// The labels, in order.
        labels: Vec<String>,
    },
    /// Drops an enum type.
    DropEnum {
        /// The labels, in order.
        labels: Vec<String>,
    },
    /// Gives an enum type other labels, or puts them in another order.
    AlterEnum {
        /// The labels before, in order.
        from: Vec<String>,
        /// The labels after, in order.
        to: Vec<String>,
        /// The columns that have the type.
        columns: Vec<EnumColumn>,
        /// Whether the type is made anew, with the defaults of its columns.
        anew: bool,
    },
    /// Gives a label of an enum type another name.
    RenameEnumLabel {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Makes an extension unless it is there.
    UseExtension {
        /// The schema that it is made in.
        schema: String,
    },
    /// Says that nothing uses an extension any more, which stays.
    LeaveExtension {
        /// The schema that it is in.
        schema: String,
    },
    /// Makes a view.
    CreateView {
        /// The view.
        definition: View,
    },
    /// Drops a view.
    DropView {
        /// The view.
        definition: View,
    },
    /// Gives a view another query, or more columns behind those that it has.
    ReplaceView {
        /// The view before.
        from: View,
        /// The view after.
        to: View,
    },
    /// Adds the next version's column of a pair, and has a trigger keep the two equal.
    AddPaired {
        /// The two columns.
        pair: Pair,
    },
    /// Drops the next version's column of a pair, and the trigger.
    DropPaired {
        /// The two columns.
        pair: Pair,
    },
    /// Gives the rows that were there before a pair the value in its second column.
    FillPaired {
        /// The two columns.
        pair: Pair,
    },
    /// Leaves the rows of a pair as they are.
    LeavePaired {
        /// The two columns.
        pair: Pair,
    },
    /// Drops the column of a pair that the version from before has, and the trigger.
    DropFormer {
        /// The two columns.
        pair: Pair,
    },
    /// Adds the column of a pair that the version from before has, with the values of the other, and the trigger.
    RestoreFormer {
        /// The two columns.
        pair: Pair,
    },
}
