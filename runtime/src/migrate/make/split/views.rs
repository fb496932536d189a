//! The step in which each view changes.
//!
//! The next version of the application asks a new view, or a new column of one, as soon as it is there, and the one from before what
//! it knows until it is gone. So views come with what makes ready, and go with what takes away; one whose tables change in its
//! way changes with these, and no view is renamed: it has no rows, and both versions find theirs.

use super::Step;
use crate::migrate::make::phase::phase;
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;
use crate::structure::{Change, Op, State, View, disturbs, takes_from, with_views};

/// Puts the operations on views into the steps of those on tables, from the views of a state to those of another.
pub(in crate::migrate::make) fn with_views_in_steps(
    steps: Vec<Step>,
    from: &State,
    to: &State,
) -> Vec<Step> {
    let mut steps = steps;
    let is_ready_only = match &steps[..] {
        [] => true,
        [.., last] => last.phase.unwrap_or_else(|| phase(&last.operations)) == Phase::Expand,
    };
    if steps.is_empty() {
        steps.push(Step::of(Vec::new()));
    }
    if is_ready_only {
        // For what takes away.
        steps.push(Step::of(Vec::new()));
    }
    let last = steps.len() - 1;
    let turns = turns(&steps, last, (from, to));
    let mut before = from.clone();
    let mut all = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        let mut after = before.clone();
        for turn in turns.iter().filter(|turn| turn.step == at) {
            let views = &mut after.namespace_mut(turn.placement).views;
            match turn.view {
                Some(view) => views.insert(turn.name.to_owned(), view.clone()),
                None => views.remove(turn.name),
            };
        }
        let operations = with_views(step.operations, &before, &after);
        if !operations.is_empty() {
            all.push(Step { operations, ..step });
        }
        before = after;
    }
    all
}

/// Whether an operation takes a view off or puts it back, and another does the other.
pub(in crate::migrate::make) fn is_put_back(op: &Op, operations: &[Op]) -> bool {
    let is_of_view = |op: &Op| {
        matches!(
            op.change,
            Change::DropView { .. } | Change::CreateView { .. }
        )
    };
    let others = operations.iter().filter(|other| {
        is_of_view(other) && (other.placement, &other.table) == (op.placement, &op.table)
    });
    is_of_view(op) && others.count() > 1
}

/// The step in which a view becomes what it is to be.
struct ViewTurn<'a> {
    step: usize,
    placement: PlacementKind,
    name: &'a str,
    view: Option<&'a View>,
}

/// Returns the steps in which views change, of which the last takes things away.
fn turns<'a>(steps: &[Step], last: usize, (from, to): (&'a State, &'a State)) -> Vec<ViewTurn<'a>> {
    let mut turns = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let (before, after) = (
            &from.namespace(placement).views,
            &to.namespace(placement).views,
        );
        for (name, view) in after {
            let old = before.get(name);
            if old == Some(view) {
                continue;
            }
            let is_taking = old.is_some_and(|old| !old.is_within(view));
            let usual = if is_taking { last } else { 0 };
            let blocked = blocked(steps, old.unwrap_or(view), view);
            turns.push(ViewTurn {
                step: blocked.last().map_or(usual, |at| usual.max(*at)),
                placement,
                name,
                view: Some(view),
            });
        }
        for (name, view) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
            let is_taken = |ops: &[Op]| ops.iter().any(|op| takes_from(op, view));
            let taken = steps.iter().position(|step| is_taken(&step.operations));
            let blocked = blocked(steps, view, view).first().copied();
            turns.push(ViewTurn {
                step: [taken, blocked]
                    .into_iter()
                    .flatten()
                    .fold(last, usize::min),
                placement,
                name,
                view: None,
            });
        }
    }
    turns
}

/// The steps that have something that is in the way of a view.
fn blocked(steps: &[Step], before: &View, after: &View) -> Vec<usize> {
    let is_blocked = |step: &Step| {
        let all = step.operations.iter().enumerate();
        let mut all = all.map(|(at, op)| (op, &step.operations[at..]));
        all.any(|(op, rest)| disturbs(op, rest, before, after))
    };
    let steps = steps.iter().enumerate();
    steps
        .filter(|(_, step)| is_blocked(step))
        .map(|(at, _)| at)
        .collect()
}
