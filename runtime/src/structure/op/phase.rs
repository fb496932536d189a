//! When a change is due.

/// The order of the changes within one schema.
///
/// The reverse order takes the changes back: what a change needs is there before it and gone after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::structure) enum Phase {
    /// Before whatever they read changes.
    DropViews,
    /// Of tables and columns: first, so that all else has their new names.
    Rename,
    DropForeignKeys,
    /// Also indexes.
    DropConstraints,
    /// Columns that are computed of others: before these change.
    DropGenerated,
    /// Tables whose names, or whose indexes' names, something new is going to have.
    DropTablesInTheWay,
    /// Of constraints and indexes, once the names of those that are dropped are free.
    RenameParts,
    Extensions,
    /// Enum types: before the columns that have them.
    Types,
    CreateTables,
    AddColumns,
    AlterColumns,
    /// Columns that are computed of others: once these are as they are to be.
    AddGenerated,
    /// Also indexes.
    AddConstraints,
    /// Once what they read is there, and before what they no longer read goes.
    CreateViews,
    /// Late, so that whoever edits the SQL can move values out of the columns before.
    DropColumns,
    DropTables,
    /// Once no column has them.
    DropTypes,
    Comments,
    /// Last, because a foreign key keeps the table that it references locked until the transaction ends.
    AddForeignKeys,
}
