//! Columns with another name or type, cut into steps between which both versions of the application work.
//!
//! The first adds the new column beside the old one, with a trigger that keeps the two equal; the second gives it to rows that are
//! there; the third has all else that suits both versions, and the new column's indexes and constraints; the fourth leaves one column;
//! the last has what looks at all rows, apart from what locks them.

mod constraints;
mod found;

use self::constraints::Constraints;
use self::found::{Paired, pairs};
use super::split::{PartOf, Step, cut, drops_in_the_way, is_movable};
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;
use crate::structure::{Change, Op, Pair, State, Table, apply, reverse};

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
        // Of one type, the column itself gets the name in the end, and what depends on it goes along.
        let is_kept = pairs.iter().all(|it| it.pair.is_of_one_type());
        let columns: Vec<(&Pair, &str)> = pairs.iter().map(|it| (&it.pair, it.name)).collect();
        let constraints = Constraints::of((table, namespace), (old, new), &columns);
        let all = |changes: Vec<Change>| -> Vec<Op> { changes.into_iter().map(op).collect() };
        let made = all(constraints.made);
        self.ready.extend(all(constraints.exchanged));
        self.drop.extend(all(constraints.given_up));
        if is_kept {
            let is_done = |op: &Op| {
                let dropped = PartOf::of(&op.change).filter(|it| it.dropped() == op.change);
                let mut done = constraints.done.iter();
                dropped.is_some_and(|part| done.any(|it| it.is_named_as(&part)))
            };
            let rest = operations.iter().filter(|op| !is_done(op)).cloned();
            self.kept(
                (before, pairs),
                (old, new),
                (made, &rest.collect::<Vec<_>>()),
            );
            return Some(());
        }
        self.ready.extend(made);
        self.drop.extend(all(constraints.unique));
        self.drop.extend(all(constraints.dropped));
        self.late.extend(all(constraints.added));
        for paired in pairs {
            self.column(paired, (old, new), operations);
        }
        self.drop.extend(all(constraints.renamed));
        self.drop.extend(all(constraints.next));
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
