//! Constraints and indexes that stay until what takes their place is there.
//!
//! An index is built while others go on, which takes long where a table is big. If the former one were dropped before, queries would have
//! none meanwhile, and nothing would be unique. So it goes once the last index of its table is built, and a new one of its name has another
//! name until then. A check goes in the same transaction in which the next one is there for new rows.

use super::parts::{PartOf, name_one};
use crate::migrate::make::phase::{leads_on, takes_name};
use crate::structure::{Change, ForeignKey, Op, PrimaryKey, State, apply, next_name, reverse};

/// Puts off what is dropped, as far as that leads to the same, and back again.
pub(in crate::migrate::make) fn overlapped(before: &State, operations: Vec<Op>) -> Vec<Op> {
    let mut all = operations.clone();
    let mut at = 0;
    while let Some(op) = all.get(at).cloned() {
        let is_put_off = Former::of(&op.change).is_some_and(|it| it.put_off(&op, &mut all, at));
        // Its place is that of what was behind it.
        at += usize::from(!is_put_off);
    }
    if all == operations {
        return all;
    }
    let is_same = apply(before, &operations).is_ok_and(|after| {
        apply(before, &all).is_ok_and(|state| state == after)
            && apply(&after, &reverse(&all)).is_ok_and(|state| state == *before)
    });
    if is_same { all } else { operations }
}

/// A thing that is dropped.
enum Former {
    /// An index, or a constraint that has one.
    Index(PartOf),
    Check(PartOf),
    ForeignKey(PartOf, ForeignKey),
    PrimaryKey(PrimaryKey),
}

impl Former {
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::DropIndex { .. } | Change::DropUnique { .. } => {
                PartOf::of(change).map(Self::Index)
            }
            Change::DropCheck { .. } => PartOf::of(change).map(Self::Check),
            Change::DropForeignKey { definition, .. } => {
                PartOf::of(change).map(|part| Self::ForeignKey(part, definition.clone()))
            }
            Change::DropPrimaryKey { definition } => Some(Self::PrimaryKey(definition.clone())),
            _ => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Index(part) | Self::Check(part) | Self::ForeignKey(part, _) => part.name(),
            Self::PrimaryKey(key) => &key.name,
        }
    }

    fn names(&self, column: &str) -> bool {
        match self {
            Self::Index(part) | Self::Check(part) | Self::ForeignKey(part, _) => {
                name_one(part, &[column])
            }
            Self::PrimaryKey(key) => key.columns.iter().any(|name| name == column),
        }
    }

    /// Puts the operation at a place further behind. Tells whether there is a reason to, and nothing in the way.
    fn put_off(&self, dropped: &Op, all: &mut Vec<Op>, at: usize) -> bool {
        let (mut last, mut next) = (None, None);
        let follower = self.follower(dropped, all);
        for (place, op) in all.iter().enumerate().skip(at + 1) {
            if self.is_next(dropped, op, follower.as_deref()) {
                (last, next) = (Some(place), Some(place));
                if matches!(self, Self::Check(_) | Self::ForeignKey(..)) {
                    break;
                }
            } else if !self.is_passed(dropped, op) {
                break;
            } else if matches!(self, Self::Index(_)) && is_built(dropped, op) {
                last = Some(place);
            }
        }
        let Some(last) = last else {
            return false;
        };
        match self {
            // Two that are dropped would be put behind each other for ever.
            Self::Check(_) | Self::ForeignKey(..) if all[at..last].iter().all(is_dropped) => {
                return false;
            }
            Self::Check(_) | Self::ForeignKey(..) => all[at..last].rotate_left(1),
            Self::PrimaryKey(from) => {
                if let Change::AddPrimaryKey { definition } = &all[last].change {
                    let (from, to) = (from.clone(), definition.clone());
                    all[last].change = Change::AlterPrimaryKey { from, to };
                }
                all.remove(at);
            }
            Self::Index(_) => {
                let mut put_off = vec![dropped.clone()];
                let part = next.and_then(|place| Some((place, PartOf::of(&all[place].change)?)));
                if let Some((place, part)) = part {
                    let name = next_name(&dropped.table, part.name());
                    all[place].change = part.added(&name);
                    put_off.push(Op {
                        change: part.renamed(&name),
                        ..dropped.clone()
                    });
                }
                all.splice(last + 1..=last, put_off);
                all.remove(at);
            }
        }
        true
    }

    /// Whether an operation adds what has the name from then on, or is the next primary key.
    fn is_next(&self, dropped: &Op, op: &Op, follower: Option<&str>) -> bool {
        let is_there = (op.placement, &op.table) == (dropped.placement, &dropped.table);
        is_there
            && match (self, &op.change) {
                (
                    Self::Index(part),
                    Change::AddUnique { name, .. } | Change::CreateIndex { name, .. },
                ) => name == part.name(),
                (Self::Check(_), Change::AddCheck { name, .. }) => Some(name.as_str()) == follower,
                (Self::ForeignKey(part, key), change) => leads_on((part.name(), key), change),
                (Self::PrimaryKey(_), Change::AddPrimaryKey { .. }) => true,
                _ => false,
            }
    }

    /// Returns the name of the check that takes the place of one: its own, or the first that no other gives up.
    fn follower(&self, dropped: &Op, all: &[Op]) -> Option<String> {
        let Self::Check(part) = self else { return None };
        let of_table = || {
            let all = all.iter();
            all.filter(|op| (op.placement, &op.table) == (dropped.placement, &dropped.table))
        };
        let added: Vec<&String> = of_table()
            .filter_map(|op| match &op.change {
                Change::AddCheck { name, .. } => Some(name),
                _ => None,
            })
            .collect();
        let is_given_up = |it: &String| {
            of_table().any(|op| matches!(&op.change, Change::DropCheck { name, .. } if name == it))
        };
        let own = added.iter().find(|it| **it == part.name());
        let free = || added.iter().find(|it| !is_given_up(it));
        own.or_else(free).map(|name| (*name).clone())
    }

    /// Whether it does not matter which of two operations is done first.
    fn is_passed(&self, dropped: &Op, op: &Op) -> bool {
        if op.placement != dropped.placement || takes_name(&op.change, &op.table, self.name()) {
            return false;
        }
        let is_elsewhere = op.table != dropped.table;
        if let Self::ForeignKey(_, key) = self {
            let is_target = (op.placement, &op.table) == (key.target.placement, &key.target.table);
            return is_passed_by(key, &op.change, (!is_elsewhere, is_target));
        }
        match &op.change {
            Change::AddUnique { .. }
            | Change::DropUnique { .. }
            | Change::AddCheck { .. }
            | Change::DropCheck { .. }
            | Change::CreateIndex { .. }
            | Change::DropIndex { .. }
            | Change::AddPrimaryKey { .. }
            | Change::AlterPrimaryKey { .. }
            | Change::DropPrimaryKey { .. }
            | Change::DropForeignKey { .. }
            | Change::RenameConstraint { .. }
            | Change::RenameIndex { .. }
            | Change::AlterDefault { .. }
            | Change::AlterIdentity { .. }
            | Change::SetComment { .. } => true,
            Change::AlterNullable { column, .. } => {
                is_elsewhere || matches!(self, Self::Index(_)) || !self.names(column)
            }
            Change::AddColumn { column, .. } => is_elsewhere || !self.names(&column.name),
            Change::AlterType { column, .. } => is_elsewhere || !self.names(column),
            Change::CreateTable { .. } | Change::CreateEnum { .. } => is_elsewhere,
            _ => false,
        }
    }
}

/// Whether it does not matter to a foreign key when a change is done to its own table, to the one that it leads to, or to another.
fn is_passed_by(key: &ForeignKey, change: &Change, (is_own, is_target): (bool, bool)) -> bool {
    match change {
        Change::AddUnique { .. }
        | Change::AddCheck { .. }
        | Change::DropCheck { .. }
        | Change::AddForeignKey { .. }
        | Change::DropForeignKey { .. }
        | Change::AlterForeignKey { .. }
        | Change::CreateIndex { .. }
        | Change::CreateTable { .. }
        | Change::CreateEnum { .. }
        | Change::AddColumn { .. }
        | Change::AlterNullable { .. }
        | Change::AlterDefault { .. }
        | Change::SetComment { .. } => true,
        Change::DropColumn { column, .. } => {
            let is_in = |columns: &[String]| columns.contains(&column.name);
            !(is_own && is_in(&key.columns) || is_target && is_in(&key.target.columns))
        }
        Change::DropTable { .. }
        | Change::DropPrimaryKey { .. }
        | Change::DropUnique { .. }
        | Change::DropIndex { .. } => !is_target,
        _ => false,
    }
}

fn is_dropped(op: &Op) -> bool {
    matches!(
        op.change,
        Change::DropCheck { .. } | Change::DropForeignKey { .. }
    )
}

/// Whether an operation builds an index of the table of another.
fn is_built(dropped: &Op, op: &Op) -> bool {
    op.table == dropped.table
        && matches!(
            op.change,
            Change::CreateIndex { .. }
                | Change::AddUnique { .. }
                | Change::AddPrimaryKey { .. }
                | Change::AlterPrimaryKey { .. }
        )
}
