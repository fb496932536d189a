//! Foreign keys that are in the way of other changes.

use std::collections::BTreeSet;

use super::table::is_retyping;
use super::{Step, Steps};
use crate::model::PlacementKind;
use crate::structure::{Change, ForeignKey, Index, IndexKey, Namespace, Op};

/// Drops the foreign keys that stay but are in the way of a step, and adds them again.
///
/// `elsewhere` are the steps of the other schema that foreign keys can lead to.
pub(super) fn foreign_keys(
    steps: &mut Steps,
    elsewhere: &[Step],
    from: &Namespace,
    to: &Namespace,
) {
    let mut in_the_way = Vec::new();
    for (table, definition) in &to.tables {
        for (name, key) in &definition.foreign_keys {
            let former = steps.former_name(table, name).unwrap_or(name).to_owned();
            let before = from
                .tables
                .get(table)
                .and_then(|it| it.foreign_keys.get(&former));
            let mut all = steps.steps.iter().chain(elsewhere);
            let is_blocking = all.any(|step| {
                blocks(key, &step.op) || retypes(key, steps.placement, table, &step.op)
            });
            if before == Some(key) && is_blocking {
                in_the_way.push((table, former, name, key));
            }
        }
    }
    for (table, former, name, key) in in_the_way {
        steps.forget_new_name(table, name);
        let definition = || key.clone();
        let dropped = Change::DropForeignKey {
            name: former,
            definition: definition(),
        };
        let added = Change::AddForeignKey {
            name: name.clone(),
            definition: definition(),
        };
        steps.add(table, dropped);
        steps.add(table, added);
    }
}

/// Changes the foreign keys that only react in another way, and are in nobody's way, instead of dropping and adding them.
pub(super) fn reactions(steps: &mut Steps, elsewhere: &[Step]) {
    let mut changed = Vec::new();
    for step in &steps.steps {
        let Change::AddForeignKey { name, definition } = &step.op.change else {
            continue;
        };
        let table = &step.op.table;
        let dropped = steps.steps.iter().find_map(|other| match &other.op.change {
            Change::DropForeignKey {
                name: dropped,
                definition,
            } if dropped == name && other.op.table == *table => Some(definition),
            _ => None,
        });
        let mut all = steps.steps.iter().chain(elsewhere);
        let is_blocking = |step: &Step| {
            blocks(definition, &step.op) || retypes(definition, steps.placement, table, &step.op)
        };
        if let Some(before) = dropped
            && reacts_only(before, definition)
            && !all.any(is_blocking)
        {
            changed.push((
                table.clone(),
                name.clone(),
                before.clone(),
                definition.clone(),
            ));
        }
    }
    for (table, name, from, to) in changed {
        steps.steps.retain(|step| {
            let is_it = matches!(&step.op.change,
                Change::AddForeignKey { name: it, .. } | Change::DropForeignKey { name: it, .. } if *it == name);
            !(is_it && step.op.table == table)
        });
        steps.add(&table, Change::AlterForeignKey { name, from, to });
    }
}

/// Whether two foreign keys differ, and only in how they react to changes of what they reference.
fn reacts_only(before: &ForeignKey, after: &ForeignKey) -> bool {
    let alike = ForeignKey {
        on_delete: after.on_delete,
        on_update: after.on_update,
        ..before.clone()
    };
    before != after && alike == *after && !after.not_valid
}

/// Whether an operation on the table that a foreign key references can't be while the foreign key is there.
pub(super) fn blocks(key: &ForeignKey, op: &Op) -> bool {
    let target = &key.target;
    if op.placement != target.placement || op.table != target.table {
        return false;
    }
    match &op.change {
        Change::DropTable { .. } => true,
        Change::DropPrimaryKey { definition } => is_same(&definition.columns, &target.columns),
        Change::DropUnique { definition, .. } => is_same(&definition.columns, &target.columns),
        Change::DropIndex { definition, .. } => {
            definition.unique && is_same(&columns(definition), &target.columns)
        }
        change => is_retyping(change, &target.columns),
    }
}

/// Whether an operation changes the type of a foreign key's own columns, or makes one of them anew.
fn retypes(key: &ForeignKey, placement: PlacementKind, table: &str, op: &Op) -> bool {
    let drops = match &op.change {
        Change::DropColumn { column, .. } => key.columns.contains(&column.name),
        Change::AlterGenerated { to, .. } => key.columns.contains(&to.name),
        change => is_retyping(change, &key.columns),
    };
    op.placement == placement && op.table == table && drops
}

/// A foreign key may list the columns of the key that it references in another order.
fn is_same(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect()
}

fn columns(index: &Index) -> Vec<String> {
    index
        .parts
        .iter()
        .filter_map(|part| match &part.key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expression(_) => None,
        })
        .collect()
}
