//! Operations that lead from one state to another.

mod rebuild;
mod rename;
mod retyped;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod views;

use std::collections::BTreeSet;

pub(crate) use self::views::{disturbs, takes_from, with_views};
use super::op::Phase;
use super::renames::{Applied, Rename, apply_all};
use super::{Change, ForeignKey, Namespace, Op, State, StructureError, Table};
use crate::model::PlacementKind;

/// The operations that lead from one state to another, in an order in which they can be executed.
///
/// The shared schema's come before the tenants', so that one barrier between the two is enough; only where a tenant's
/// foreign key is in the way of a change to a shared table do the operations cross. Within a schema, what depends on
/// tables and columns goes first and comes back last, foreign keys last of all, since one to a shared table holds
/// that table locked until the end of the transaction.
///
/// [`Namespace::objects`] are not compared: no operation could make them.
pub fn diff(from: &State, to: &State) -> Vec<Op> {
    with_views(without_renames(from, to, &[]), from, to)
}

/// The operations on tables and types that lead from one state to another, where some names of before mean the same as some of after.
/// Those on views are put among them by [`with_views`].
///
/// # Errors
///
/// [`StructureError::Misfit`], when a new name is taken.
pub(crate) fn diff_renamed(
    from: &State,
    to: &State,
    renames: &[Rename],
) -> Result<Vec<Op>, StructureError> {
    let Applied {
        first,
        state,
        labels,
    } = apply_all(from, to, renames)?;
    let (mut operations, of_tenants): (Vec<Op>, Vec<Op>) = first
        .into_iter()
        .partition(|op| op.placement == PlacementKind::Shared);
    let rest = without_renames(&state, to, &labels);
    // What the shared schema does first need not wait for names of the tenants.
    let shared = rest
        .iter()
        .take_while(|op| op.placement == PlacementKind::Shared);
    let (shared, rest) = rest.split_at(shared.count());
    operations.extend_from_slice(shared);
    operations.extend(of_tenants);
    operations.extend_from_slice(rest);
    Ok(operations)
}

/// `labels` are the operations that rename labels, whose checks are made anew.
fn without_renames(from: &State, to: &State, labels: &[Op]) -> Vec<Op> {
    let shared = steps(
        PlacementKind::Shared,
        (&[], labels),
        &from.shared,
        &to.shared,
    );
    let tenant = steps(
        PlacementKind::Tenant,
        (&shared, labels),
        &from.tenant,
        &to.tenant,
    );

    let (before, tenant): (Vec<Step>, Vec<Step>) = tenant
        .into_iter()
        .partition(|step| is_in_the_way(step, &shared));
    let (after, shared): (Vec<Step>, Vec<Step>) = shared
        .into_iter()
        .partition(|step| has_to_wait(step, &tenant));
    [before, shared, tenant, after]
        .into_iter()
        .flatten()
        .map(|step| step.op)
        .collect()
}

/// An operation and when it is due.
#[derive(Debug)]
struct Step {
    phase: Phase,
    op: Op,
}

/// Whether a tenant's step drops a foreign key that keeps an early step of the shared schema from happening.
fn is_in_the_way(step: &Step, shared: &[Step]) -> bool {
    let early = shared.iter().filter(|step| step.phase < Phase::DropColumns);
    dropped_foreign_key(step)
        .is_some_and(|key| early.into_iter().any(|step| rebuild::blocks(key, &step.op)))
}

/// Whether a late step of the shared schema has to wait until the tenants have dropped their foreign keys.
fn has_to_wait(step: &Step, tenant: &[Step]) -> bool {
    step.phase >= Phase::DropColumns
        && tenant
            .iter()
            .filter_map(dropped_foreign_key)
            .any(|key| rebuild::blocks(key, &step.op))
}

fn dropped_foreign_key(step: &Step) -> Option<&ForeignKey> {
    match &step.op.change {
        Change::DropForeignKey { definition, .. } => Some(definition),
        _ => None,
    }
}

/// The steps of one schema, in the order of their phases.
fn steps(
    placement: PlacementKind,
    (shared, labels): (&[Step], &[Op]),
    from: &Namespace,
    to: &Namespace,
) -> Vec<Step> {
    let mut steps = Steps {
        placement,
        steps: Vec::new(),
    };
    let from = &types::compare(&mut steps, from, to);
    let in_the_way = names_in_the_way(from, to);
    let tables = from.tables.iter();
    let taken = tables
        .flat_map(|(name, table)| table.relation_names(name))
        .collect();
    for (name, table) in &from.tables {
        if !to.tables.contains_key(name) {
            steps.drop_table(name, table, &in_the_way);
        }
    }
    for (name, table) in &to.tables {
        match from.tables.get(name) {
            Some(before) => table::compare(&mut steps, &taken, name, (before, table)),
            None => steps.create_table(name, table),
        }
    }
    for op in labels.iter().filter(|op| op.placement == placement) {
        steps.add(&op.table, op.change.clone());
    }
    rebuild::foreign_keys(&mut steps, shared, from, to);
    rebuild::reactions(&mut steps, shared);
    steps.steps.sort_by_key(|step| step.phase);
    steps.steps
}

/// The names that new tables, indexes and views are going to have.
fn names_in_the_way<'a>(old: &Namespace, new: &'a Namespace) -> BTreeSet<&'a str> {
    let views = new.views.keys().map(String::as_str);
    let views = views.filter(|name| !old.views.contains_key(*name));
    new.tables
        .iter()
        .flat_map(|(name, table)| {
            let before = old.tables.get(name);
            table
                .relation_names(name)
                .filter(move |&relation| !before.is_some_and(|before| has(before, name, relation)))
        })
        .chain(views)
        .collect()
}

fn has(table: &Table, name: &str, relation: &str) -> bool {
    table.relation_names(name).any(|other| other == relation)
}

/// Collects the steps of one schema.
struct Steps {
    placement: PlacementKind,
    steps: Vec<Step>,
}

impl Steps {
    fn push(&mut self, phase: Phase, table: &str, change: Change) {
        let op = Op::new(self.placement, table, change);
        self.steps.push(Step { phase, op });
    }

    /// Pushes a change that is always due at the same time.
    fn add(&mut self, table: &str, change: Change) {
        self.push(change.phase(), table, change);
    }

    fn add_all(&mut self, table: &str, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.add(table, change);
        }
    }

    /// Returns the name that a constraint of a table has before it is renamed to this one.
    fn former_name(&self, table: &str, name: &str) -> Option<&String> {
        let mut of_table = self.steps.iter().filter(|step| step.op.table == table);
        of_table.find_map(|step| match &step.op.change {
            Change::RenameConstraint { from, to } if to == name => Some(from),
            _ => None,
        })
    }

    /// Takes back that a constraint is renamed to this.
    fn forget_new_name(&mut self, table: &str, name: &str) {
        self.steps.retain(|step| {
            let renames =
                matches!(&step.op.change, Change::RenameConstraint { to, .. } if to == name);
            !(renames && step.op.table == table)
        });
    }

    fn create_table(&mut self, name: &str, table: &Table) {
        let mut definition = table.clone();
        let foreign_keys = std::mem::take(&mut definition.foreign_keys);
        definition.is_tenant = false;
        definition.is_each_tenant = false;
        self.add(name, Change::CreateTable { definition });
        for (key, definition) in foreign_keys {
            self.add(
                name,
                Change::AddForeignKey {
                    name: key,
                    definition,
                },
            );
        }
        self.tie(name, &Table::default(), table);
    }

    /// Makes the rows of a table the tenants, or has them be no tenants.
    fn tie(&mut self, name: &str, from: &Table, to: &Table) {
        if from.is_each_tenant && !to.is_each_tenant {
            let (key, fill) = (from.key_column(), None);
            self.add(name, Change::AllowNoRows { key, fill });
        }
        if from.is_tenant && !to.is_tenant {
            let key = from.key_column();
            self.add(name, Change::UntieTenants { key });
        }
        if to.is_tenant && !from.is_tenant {
            let key = to.key_column();
            self.add(name, Change::TieTenants { key });
        }
        if to.is_each_tenant && !from.is_each_tenant {
            let (key, fill) = (to.key_column(), None);
            self.add(name, Change::RequireRows { key, fill });
        }
    }

    /// Tables are dropped at the end, so that their rows can be moved before; but at the start when they have a name
    /// that something new is going to have.
    fn drop_table(&mut self, name: &str, table: &Table, in_the_way: &BTreeSet<&str>) {
        let mut definition = table.clone();
        let foreign_keys = std::mem::take(&mut definition.foreign_keys);
        definition.is_tenant = false;
        definition.is_each_tenant = false;
        self.tie(name, table, &Table::default());
        for (key, definition) in foreign_keys {
            self.add(
                name,
                Change::DropForeignKey {
                    name: key,
                    definition,
                },
            );
        }
        let is_early = table
            .relation_names(name)
            .any(|relation| in_the_way.contains(relation));
        let phase = if is_early {
            Phase::DropTablesInTheWay
        } else {
            Phase::DropTables
        };
        self.push(phase, name, Change::DropTable { definition });
    }
}
