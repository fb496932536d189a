//! Columns with another name or type, cut into steps between which both versions of the application work.
//!
//! The first adds the new column beside the old one, with a trigger that keeps the two equal; the second gives it to rows that are
//! there; the third has all else that suits both versions, and the new column's indexes and constraints; the fourth leaves one column;
//! the last has what looks at all rows, apart from what locks them.

mod found;

use self::found::{Paired, pairs};
use super::split::{PartOf, Step, cut, drops_in_the_way, is_movable, name_one, parts};
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;
use crate::structure::{Change, Op, State, Table, apply, next_name, reverse};

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
        let (ready, late) = cut((before, op), operations, &rest);
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
        // Of one type, the column itself gets the name in the end, and what depends on it goes along.
        let is_kept = pairs.iter().all(|it| it.pair.is_of_one_type());
        let (mut made, mut renamed) = (Vec::new(), Vec::new());
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
                made.push(op(part.added(&name)));
            } else if !is_kept {
                let is_it = |other: &&PartOf| other.is_named_as(part);
                let part = finals.iter().find(is_it)?;
                self.late.push(op(part.added(part.name())));
            }
        }
        let mut dropped = Vec::new();
        for part in parts(old).into_iter().filter(|it| name_one(it, &former)) {
            // The next version's values would have to keep to what only the version from before asks for.
            let mine = carried.iter().find(|it| it.is_named_as(&part))?;
            let is_carried = between.iter().any(|other| other.is_like(mine));
            if !is_carried && !matches!(part, PartOf::Index(..)) {
                return None;
            }
            dropped.push(op(part.dropped()));
        }
        if is_kept {
            self.kept((before, pairs), (old, new), (made, operations));
            return Some(());
        }
        self.ready.append(&mut made);
        self.drop.append(&mut dropped);
        for paired in pairs {
            self.column(paired, (old, new), operations);
        }
        self.drop.append(&mut renamed);
        Some(())
    }

    /// Plans pairs whose second column and all that names it is only there for a while: it is taken back before the first gets its
    /// name, as it would without a pair.
    fn kept(
        &mut self,
        (before, pairs): (&State, &[&Paired<'_>]),
        (old, new): (&Table, &Table),
        (made, operations): (Vec<Op>, &[Op]),
    ) {
        let (mut add, mut fill, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_widened = Vec::new();
        for paired in pairs {
            let pair = || paired.pair.clone();
            add.push(paired.op(Change::AddPaired { pair: pair() }));
            fill.push(paired.op(Change::FillPaired { pair: pair() }));
            let (Some(from), Some(to)) = (
                old.column(&paired.pair.former.name),
                new.column(paired.name),
            ) else {
                continue;
            };
            let nullable = |column: &str, nullable| {
                paired.op(Change::AlterNullable {
                    column: column.to_owned(),
                    nullable,
                    fill: None,
                })
            };
            if !from.nullable && to.nullable {
                self.ready.push(nullable(&from.name, true));
                is_widened.push(nullable(&to.name, true));
            } else if !from.nullable {
                ready.push(nullable(&to.name, false));
            }
        }
        ready.extend(made);
        let all = [add.clone(), fill.clone(), ready.clone()].concat();
        self.drop.extend(reverse(&all));
        let is_related = |op: &&Op| {
            pairs.iter().any(|paired| paired.has(before, op)) && !is_widened.contains(op)
        };
        self.drop
            .extend(operations.iter().filter(is_related).cloned());
        self.add.extend(add);
        self.fill.extend(fill);
        self.ready.extend(ready);
    }

    /// Plans one pair.
    fn column(&mut self, paired: &Paired<'_>, (old, new): (&Table, &Table), operations: &[Op]) {
        let pair = &paired.pair;
        let (former, latter) = (&pair.former, &pair.latter);
        let (Some(old), Some(new)) = (old.column(&former.name), new.column(paired.name)) else {
            return;
        };
        self.add
            .push(paired.op(Change::AddPaired { pair: pair.clone() }));
        self.fill
            .push(paired.op(Change::FillPaired { pair: pair.clone() }));
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
            .push(paired.op(Change::DropFormer { pair: pair.clone() }));
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
