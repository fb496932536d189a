//! The columns that two versions of the application have under two names or with two types.

use crate::migrate::make::split::{PartOf, name_one, parts};
use crate::model::PlacementKind;
use crate::structure::{Change, Column, Op, Pair, State, Table, next_name};

/// A column of a table that is kept equal to another for a while.
pub(super) struct Paired<'a> {
    placement: PlacementKind,
    table: &'a str,
    pub(super) pair: Pair,
    /// The name that the column has in the end.
    pub(super) name: &'a str,
}

impl Paired<'_> {
    pub(super) fn place(&self) -> (PlacementKind, &str) {
        (self.placement, self.table)
    }

    pub(super) fn op(&self, change: Change) -> Op {
        Op::new(self.placement, self.table, change)
    }

    /// Whether an operation is about the column or about what names it, and gives way to the steps of the pair.
    pub(super) fn has(&self, before: &State, op: &Op) -> bool {
        if (op.placement, op.table.as_str()) != self.place() {
            return false;
        }
        let names = [self.pair.former.name.as_str(), self.name];
        match &op.change {
            Change::RenameColumn { from, .. } => *from == self.pair.former.name,
            Change::AlterType { column, .. }
            | Change::AlterNullable { column, .. }
            | Change::AlterDefault { column, .. }
            | Change::SetComment {
                column: Some(column),
                ..
            } => column == self.name,
            Change::AlterForeignKey { to, .. } => names_any(&to.columns, &names),
            Change::RenameConstraint { from, .. } | Change::RenameIndex { from, .. } => {
                let tables = &before.namespace(op.placement).tables;
                let parts = tables.get(&op.table).map_or_else(Vec::new, parts);
                let mut renamed = parts.iter().filter(|part| part.name() == from);
                renamed.any(|part| name_one(part, &names))
            }
            change => PartOf::of(change).is_some_and(|part| name_one(&part, &names)),
        }
    }
}

fn names_any(columns: &[String], names: &[&str]) -> bool {
    columns
        .iter()
        .any(|column| names.contains(&column.as_str()))
}

/// The pairs; none if a column can't be one of them.
pub(super) fn pairs<'a>(
    (before, after): (&State, &'a State),
    operations: &'a [Op],
) -> Option<Vec<Paired<'a>>> {
    let mut found: Vec<(&Op, &str, &str)> = Vec::new();
    for op in operations {
        if let Change::RenameColumn { from, to } = &op.change {
            found.push((op, from, to));
        }
    }
    for op in operations {
        if let Change::AlterType { column, .. } = &op.change
            && op.change.takes_away()
        {
            let is_same = |(other, _, to): &(&Op, &str, &str)| {
                (other.placement, &other.table, *to) == (op.placement, &op.table, column.as_str())
            };
            if !found.iter().any(is_same) {
                found.push((op, column, column));
            }
        }
    }
    let pairs = found.into_iter().map(|(op, from, to)| {
        let pair = pair((before, after), op, (from, to))?;
        Some(Paired {
            placement: op.placement,
            table: &op.table,
            pair,
            name: to,
        })
    });
    let pairs: Option<Vec<Paired<'a>>> = pairs.collect();
    pairs.filter(|pairs| !pairs.is_empty())
}

/// The pair of a column with a new name, type or both; none where two columns can't take its place for a while.
fn pair((before, after): (&State, &State), op: &Op, (from, to): (&str, &str)) -> Option<Pair> {
    let old = before.namespace(op.placement).tables.get(&op.table)?;
    let new = after.namespace(op.placement).tables.get(&op.table)?;
    let (former, column) = (old.column(from)?, new.column(to)?);
    let key = old.primary_key.as_ref()?;
    let is_free = from == to || old.column(to).is_none() && new.column(from).is_none();
    let is_plain = [former, column]
        .iter()
        .all(|column| !column.identity && column.generated.is_none());
    if !is_free || !is_plain || old.kept || names_any(&key.columns, &[from]) {
        return None;
    }
    // What is computed of it would have to be computed of both.
    let is_computed_of = |table: &Table, name: &str| {
        let mut expressions = table.columns.iter().filter_map(|it| it.generated.as_ref());
        expressions.any(|sql| tenantry_sql::mentions(sql, name))
    };
    if is_computed_of(old, from) || is_computed_of(new, to) || is_led_to(before, op, from) {
        return None;
    }
    let default = default_of_latter(former, column);
    let latter = Column {
        name: if from == to {
            next_name(&op.table, from)
        } else {
            to.to_owned()
        },
        nullable: true,
        default: default.cloned(),
        ..column.clone()
    };
    let former = Column {
        nullable: former.nullable || column.nullable,
        ..former.clone()
    };
    let mut pair = Pair::new(former, latter, key.columns.clone());
    let is_nullable = pair.former.nullable;
    if !pair.is_told_by_defaults() && (is_nullable || pair.former.default.is_some()) {
        pair.latter.default = None;
    }
    // Nobody could tell a null that is meant from one that is not given.
    let is_unlike = pair.former.default.is_some() && pair.latter.default.is_none();
    if is_nullable && (is_unlike || !pair.is_told_by_defaults()) {
        return None;
    }
    pair.converts_known().then_some(pair)
}

/// The default of the second column for a while. Rows that the version from before inserts get it too, and have to show that nobody
/// gave it: so both columns have one default, if the former version may leave its own out.
fn default_of_latter<'a>(former: &'a Column, column: &'a Column) -> Option<&'a String> {
    let is_always_given = !former.nullable && former.default.is_none();
    let is_like = former.default == column.default;
    let is_one_type = former.sql_type == column.sql_type;
    match (is_always_given || is_like, is_one_type) {
        (true, _) => column.default.as_ref(),
        (false, true) => former.default.as_ref(),
        (false, false) => None,
    }
}

/// Whether a foreign key leads to the column.
fn is_led_to(before: &State, op: &Op, column: &str) -> bool {
    let tables = [&before.shared, &before.tenant]
        .into_iter()
        .flat_map(|namespace| namespace.tables.values());
    let mut keys = tables.flat_map(|table| table.foreign_keys.values());
    keys.any(|key| {
        let target = &key.target;
        (target.placement, &target.table) == (op.placement, &op.table)
            && names_any(&target.columns, &[column])
    })
}
