//! Columns with another name or type, cut into steps between which both versions of the application work.
//!
//! The first adds the new column beside the old one, with a trigger that keeps the two equal; the second gives it to rows that are
//! there; the third has all else that suits both versions, and the new column's indexes and constraints; the fourth drops the old
//! column; the last has what looks at all rows, apart from what locks them.

mod parts;

use self::parts::{PartOf, name_one, parts};
use super::split::{Step, cut, drops_in_the_way, is_movable};
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;
use crate::structure::{Change, Column, Op, Pair, State, Table, apply, next_name, reverse};

/// Returns the steps; none where there is nothing to be paired, or some of it can't be.
pub(super) fn in_pairs(before: &State, operations: &[Op]) -> Option<Vec<Step>> {
    let after = apply(before, operations).ok()?;
    let pairs = pairs((before, &after), operations)?;
    let mut plan = Plan::default();
    let is_paired = |op: &Op| pairs.iter().any(|paired| paired.has(before, op));
    let (_, rest): (Vec<&Op>, Vec<&Op>) = operations.iter().partition(|op| is_paired(op));
    let rest: Vec<Op> = rest.into_iter().cloned().collect();
    if !rest.iter().all(|op| is_movable(op, operations)) || drops_in_the_way(&rest) {
        return None;
    }
    let mut contract = Vec::new();
    for op in &rest {
        let (ready, late) = cut(op, operations);
        plan.ready.extend(ready);
        contract.extend(late);
    }
    let mut tables: Vec<(PlacementKind, &str)> = Vec::new();
    for paired in &pairs {
        if !tables.contains(&paired.place()) {
            tables.push(paired.place());
        }
    }
    for place in tables {
        let of_table = pairs.iter().filter(|paired| paired.place() == place);
        plan.table((before, &after), &of_table.collect::<Vec<_>>(), operations)?;
    }
    plan.late.append(&mut contract);
    let steps = plan.steps();
    let all: Vec<Op> = steps
        .iter()
        .flat_map(|step| step.operations.clone())
        .collect();
    let leads_there = apply(before, &all).is_ok_and(|state| state == after);
    let leads_back = apply(&after, &reverse(&all)).is_ok_and(|state| state == *before);
    (leads_there && leads_back).then_some(steps)
}

/// A column of a table that is kept equal to another for a while.
struct Paired<'a> {
    placement: PlacementKind,
    table: &'a str,
    pair: Pair,
    /// The name that the column has in the end.
    name: &'a str,
}

impl Paired<'_> {
    fn place(&self) -> (PlacementKind, &str) {
        (self.placement, self.table)
    }

    fn op(&self, change: Change) -> Op {
        Op::new(self.placement, self.table, change)
    }

    /// Whether an operation is about the column or about what names it, and gives way to the steps of the pair.
    fn has(&self, before: &State, op: &Op) -> bool {
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
fn pairs<'a>(
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
    let default = if former.sql_type == column.sql_type {
        &former.default
    } else {
        &column.default
    };
    let latter = Column {
        name: if from == to {
            next_name(&op.table, from)
        } else {
            to.to_owned()
        },
        nullable: true,
        default: default.clone(),
        ..column.clone()
    };
    let former = Column {
        nullable: former.nullable || column.nullable,
        ..former.clone()
    };
    let mut pair = Pair::new(former, latter, key.columns.clone());
    if !pair.is_told_by_defaults() {
        pair.latter.default = None;
        // Nobody could tell a null that is meant from one that is not given.
        if pair.former.nullable {
            return None;
        }
    }
    pair.converts_known().then_some(pair)
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

/// The operations of each step.
#[derive(Default)]
struct Plan {
    add: Vec<Op>,
    fill: Vec<Op>,
    ready: Vec<Op>,
    drop: Vec<Op>,
    late: Vec<Op>,
}

impl Plan {
    fn steps(self) -> Vec<Step> {
        let all = [
            (self.add, Phase::Expand),
            (self.fill, Phase::Expand),
            (self.ready, Phase::Expand),
            (self.drop, Phase::Contract),
            (self.late, Phase::Contract),
        ];
        let steps = all.into_iter().map(|(operations, phase)| Step {
            operations,
            phase: Some(phase),
        });
        steps.filter(|step| !step.operations.is_empty()).collect()
    }

    /// Plans the pairs of one table.
    fn table(
        &mut self,
        (before, after): (&State, &State),
        pairs: &[&Paired<'_>],
        operations: &[Op],
    ) -> Option<()> {
        let (placement, table) = pairs.first()?.place();
        let op = |change| Op::new(placement, table, change);
        let namespace = before.namespace(placement);
        let old = namespace.tables.get(table)?;
        let new = after.namespace(placement).tables.get(table)?;
        let (mut between, mut carried) = (new.clone(), old.clone());
        for paired in pairs {
            between.rename_column(paired.name, &paired.pair.latter.name);
            carried.rename_column(&paired.pair.former.name, &paired.pair.latter.name);
        }
        let latter: Vec<&str> = pairs
            .iter()
            .map(|it| it.pair.latter.name.as_str())
            .collect();
        let former: Vec<&str> = pairs
            .iter()
            .map(|it| it.pair.former.name.as_str())
            .collect();
        let [carried, between, finals] = [&carried, &between, new].map(parts);
        let taken: Vec<&str> = namespace
            .tables
            .iter()
            .flat_map(|(name, table)| table.relation_names(name))
            .chain(old.checks.keys().map(String::as_str))
            .chain(old.foreign_keys.keys().map(String::as_str))
            .collect();
        let mut renamed = Vec::new();
        for part in between.iter().filter(|it| name_one(it, &latter)) {
            if carried.iter().any(|other| other.is_like(part)) {
                let name = if taken.contains(&part.name()) {
                    next_name(table, part.name())
                } else {
                    part.name().to_owned()
                };
                if name != part.name() {
                    renamed.push(op(part.renamed(&name)));
                }
                self.ready.push(op(part.added(&name)));
            } else {
                let is_it = |other: &&PartOf| other.is_named_as(part);
                let part = finals.iter().find(is_it)?;
                self.late.push(op(part.added(part.name())));
            }
        }
        for part in parts(old).into_iter().filter(|it| name_one(it, &former)) {
            // The next version's values would have to keep to what only the version from before asks for.
            let mine = carried.iter().find(|it| it.is_named_as(&part))?;
            let is_carried = between.iter().any(|other| other.is_like(mine));
            if !is_carried && !matches!(part, PartOf::Index(..)) {
                return None;
            }
            self.drop.push(op(part.dropped()));
        }
        for paired in pairs {
            self.column(paired, (old, new), operations);
        }
        self.drop.append(&mut renamed);
        Some(())
    }

    /// Plans one pair.
    fn column(&mut self, paired: &Paired<'_>, (old, new): (&Table, &Table), operations: &[Op]) {
        let pair = &paired.pair;
        let (former, latter) = (&pair.former, &pair.latter);
        let of = |pair: &Pair| pair.clone();
        let (Some(old), Some(new)) = (old.column(&former.name), new.column(paired.name)) else {
            return;
        };
        self.add
            .push(paired.op(Change::AddPaired { pair: of(pair) }));
        self.fill
            .push(paired.op(Change::FillPaired { pair: of(pair) }));
        if former.nullable && !old.nullable {
            self.ready.push(paired.op(Change::AlterNullable {
                column: former.name.clone(),
                nullable: true,
                fill: None,
            }));
        }
        let forbid = |column: &str| {
            paired.op(Change::AlterNullable {
                column: column.to_owned(),
                nullable: false,
                fill: None,
            })
        };
        if !new.nullable {
            let is_it = |op: &&Op| {
                (op.placement, op.table.as_str()) == paired.place()
                    && matches!(&op.change, Change::AlterNullable { column, .. } if column == paired.name)
            };
            match operations.iter().find(is_it) {
                Some(op) => self.late.push(op.clone()),
                None if pair.always_converts() => self.ready.push(forbid(&latter.name)),
                None => self.late.push(forbid(paired.name)),
            }
        }
        self.drop
            .push(paired.op(Change::DropFormer { pair: of(pair) }));
        if latter.name != paired.name {
            self.drop.push(paired.op(Change::RenameColumn {
                from: latter.name.clone(),
                to: paired.name.to_owned(),
            }));
        }
        if latter.default != new.default {
            self.drop.push(paired.op(Change::AlterDefault {
                column: paired.name.to_owned(),
                from: latter.default.clone(),
                to: new.default.clone(),
            }));
        }
    }
}
