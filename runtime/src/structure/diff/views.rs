//! Views around the changes of what they read.
//!
//! PostgreSQL follows a renamed table in the views that read it, and refuses most other changes of what a view reads. Neither can be
//! taken back by the text of the view that was there before. So a view whose tables change in such a way is dropped before and
//! made after; one that only gets another query is replaced, once what it reads is there and before what it read goes.

use std::collections::BTreeSet;

use crate::model::PlacementKind;
use crate::structure::{Change, Op, State, View};

/// The identity of a view.
type ViewName<'a> = (PlacementKind, &'a str);

/// Puts what leads from the views of a state to those of another among the operations on tables that do the rest.
pub(crate) fn with_views(tables: Vec<Op>, from: &State, to: &State) -> Vec<Op> {
    let plan = ViewPlan::of(&tables, from, to);
    if plan.is_nothing() {
        return tables;
    }
    let (early, late) = plan.drops();
    let mut placed = AmongTables {
        early,
        tables: Vec::new(),
        places: Vec::new(),
    };
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let drops = late.iter().filter(|op| op.placement == placement).cloned();
        let (begin, end) = plan.places(placement, !placed.early.is_empty());
        placed.places.push((begin, drops.collect()));
        placed.places.push((end, plan.makes(placement)));
    }
    placed.tables = tables;
    placed.in_order()
}

/// Operations on views, and before which of those on tables they stand.
struct AmongTables {
    early: Vec<Op>,
    tables: Vec<Op>,
    places: Vec<(usize, Vec<Op>)>,
}

impl AmongTables {
    fn in_order(self) -> Vec<Op> {
        let mut all = self.early;
        let mut places = self.places;
        for (at, op) in self.tables.into_iter().map(Some).chain([None]).enumerate() {
            for (place, ops) in &mut places {
                if *place == at {
                    all.append(ops);
                }
            }
            all.extend(op);
        }
        all
    }
}

struct ViewPlan<'a> {
    tables: &'a [Op],
    from: &'a State,
    to: &'a State,
    /// The views that are dropped, some to be made again.
    off: BTreeSet<ViewName<'a>>,
    /// The views that are replaced where they stand.
    replaced: BTreeSet<ViewName<'a>>,
    /// The views that are made, some of which were dropped.
    on: BTreeSet<ViewName<'a>>,
}

fn view<'a>(state: &'a State, (placement, name): ViewName<'_>) -> Option<&'a View> {
    state.namespace(placement).views.get(name)
}

fn names(state: &State) -> impl Iterator<Item = ViewName<'_>> {
    [PlacementKind::Shared, PlacementKind::Tenant]
        .into_iter()
        .flat_map(|placement| {
            let views = state.namespace(placement).views.keys();
            views.map(move |name| (placement, name.as_str()))
        })
}

/// Whether a view reads another.
fn reads(state: &State, one: ViewName<'_>, other: ViewName<'_>) -> bool {
    view(state, one).is_some_and(|view| view.reads(other.0, other.1))
}

impl<'a> ViewPlan<'a> {
    fn of(tables: &'a [Op], from: &'a State, to: &'a State) -> Self {
        let mut plan = Self {
            tables,
            from,
            to,
            off: BTreeSet::new(),
            replaced: BTreeSet::new(),
            on: BTreeSet::new(),
        };
        let off: Vec<ViewName<'a>> = names(from).filter(|name| plan.is_off(*name)).collect();
        plan.off.extend(off);
        // Whatever reads a view that is dropped is dropped before it.
        while let Some(name) = names(from).find(|name| {
            !plan.off.contains(name) && plan.off.iter().any(|other| reads(from, *name, *other))
        }) {
            plan.off.insert(name);
        }
        for name in names(to) {
            match view(from, name) {
                Some(_) if plan.off.contains(&name) => plan.on.insert(name),
                Some(before) if view(to, name) == Some(before) => continue,
                Some(_) => plan.replaced.insert(name),
                None => plan.on.insert(name),
            };
        }
        plan
    }

    fn is_nothing(&self) -> bool {
        self.off.is_empty() && self.replaced.is_empty() && self.on.is_empty()
    }

    /// Whether a view has to go, perhaps for a while.
    fn is_off(&self, name: ViewName<'a>) -> bool {
        let (Some(before), Some(after)) = (view(self.from, name), view(self.to, name)) else {
            return true;
        };
        let all = self.tables.iter().enumerate();
        let mut all = all.map(|(at, op)| (op, &self.tables[at..]));
        let is_blocking = all.any(|(op, rest)| {
            disturbs(op, rest, before, after) || op.placement != name.0 && takes_from(op, before)
        });
        is_blocking || before != after && !self.is_replaceable(name, before, after)
    }

    /// Whether the view can be replaced, and back again.
    fn is_replaceable(&self, name: ViewName<'_>, before: &View, after: &View) -> bool {
        let is_read = || {
            let mut readers = names(self.from).chain(names(self.to));
            readers.any(|other| reads(self.from, other, name) || reads(self.to, other, name))
        };
        before.begins(after) && (after.begins(before) || !is_read())
    }

    /// The operations that drop views, those that read others first: what has to be done before everything else, and the rest.
    fn drops(&self) -> (Vec<Op>, Vec<Op>) {
        let mut order = Self::ordered(self.from, &self.off);
        order.reverse();
        let mut waits: BTreeSet<ViewName<'_>> = BTreeSet::new();
        // Of those that come first others are read.
        for name in order.iter().rev() {
            if self.is_of_shared(*name) || waits.iter().any(|it| reads(self.from, *name, *it)) {
                waits.insert(*name);
            }
        }
        let is_early =
            |name: &ViewName<'_>| name.0 == PlacementKind::Tenant && waits.contains(name);
        let op = |name: ViewName<'_>| {
            let definition = view(self.from, name)?.clone();
            Some(Op::new(name.0, name.1, Change::DropView { definition }))
        };
        let (early, late): (Vec<ViewName<'_>>, Vec<ViewName<'_>>) =
            order.into_iter().partition(is_early);
        let ops = |names: Vec<ViewName<'_>>| names.into_iter().filter_map(op).collect();
        (ops(early), ops(late))
    }

    /// Whether a view reads something shared that is changed or dropped.
    fn is_of_shared(&self, name: ViewName<'_>) -> bool {
        let Some(before) = view(self.from, name) else {
            return false;
        };
        let after = view(self.to, name).unwrap_or(before);
        let shared = |op: &Op| op.placement == PlacementKind::Shared;
        let mut all = self.tables.iter().enumerate();
        let is_blocked = all.any(|(at, op)| {
            shared(op)
                && (disturbs(op, &self.tables[at..], before, after) || takes_from(op, before))
        });
        let mut off = self.off.iter().chain(&self.replaced);
        is_blocked
            || off.any(|other| other.0 == PlacementKind::Shared && reads(self.from, name, *other))
    }

    /// The operations that make and replace views, those that others read first.
    fn makes(&self, placement: PlacementKind) -> Vec<Op> {
        let all = self.on.union(&self.replaced).copied().collect();
        let order = Self::ordered(self.to, &all).into_iter();
        let op = |name: ViewName<'_>| {
            let after = view(self.to, name)?.clone();
            let change = match view(self.from, name) {
                Some(before) if self.replaced.contains(&name) => Change::ReplaceView {
                    from: before.clone(),
                    to: after,
                },
                _ => Change::CreateView { definition: after },
            };
            Some(Op::new(name.0, name.1, change))
        };
        order
            .filter(|name| name.0 == placement)
            .filter_map(op)
            .collect()
    }

    /// Views, each after those that it reads.
    fn ordered(state: &'a State, all: &BTreeSet<ViewName<'a>>) -> Vec<ViewName<'a>> {
        let mut order: Vec<ViewName<'a>> = Vec::new();
        let mut left: Vec<ViewName<'a>> = all.iter().copied().collect();
        while !left.is_empty() {
            let is_ready = |name: &ViewName<'a>| {
                let mut others = left.iter().filter(|other| *other != name);
                !others.any(|other| reads(state, *name, *other))
            };
            // Views can't read each other in a circle: the server would have refused them.
            let at = left.iter().position(is_ready).unwrap_or_default();
            order.push(left.remove(at));
        }
        order
    }

    /// Where among the operations on tables the views of a schema are dropped, and where they are made: as near to each other as
    /// can be, since a migration may be several transactions.
    fn places(&self, placement: PlacementKind, is_early: bool) -> (usize, usize) {
        let is_of = |op: &Op| op.placement == placement;
        let usual = match placement {
            PlacementKind::Shared => 0,
            PlacementKind::Tenant => self.tables.len(),
        };
        let first = self.tables.iter().position(is_of).unwrap_or(usual);
        let ready = self.behind(|_, op| is_of(op) && makes_ready(op));
        let mut end = ready.unwrap_or(first);
        let dropped = self.off.iter().filter(|name| name.0 == placement);
        let dropped: Vec<(&View, &View)> = dropped
            .filter_map(|name| {
                let before = view(self.from, *name)?;
                Some((before, view(self.to, *name).unwrap_or(before)))
            })
            .collect();
        let is_in_the_way = |at: usize, op: &Op| {
            let rest = &self.tables[at..];
            let mut views = dropped.iter();
            views.any(|(before, after)| disturbs(op, rest, before, after))
        };
        let takes = |op: &Op| dropped.iter().any(|(before, _)| takes_from(op, before));
        let mut all = self.tables.iter().enumerate();
        let begin = all.position(|(at, op)| is_in_the_way(at, op) || takes(op));
        end = end.max(self.behind(is_in_the_way).unwrap_or_default());
        if placement == PlacementKind::Tenant {
            // Views of tenants may read whatever the shared schema has by then.
            let is_shared = |op: &Op| op.placement == PlacementKind::Shared;
            let ready = self.behind(|_, op| is_shared(op) && (is_early || makes_ready(op)));
            let mut shared = ready.unwrap_or_default();
            while shared > 0 && self.tables.get(shared).is_some_and(is_shared) {
                shared += 1;
            }
            end = end.max(shared);
        }
        (begin.map_or(end, |begin| begin.min(end)), end)
    }

    /// The place behind the last operation that is such a one.
    fn behind(&self, is_it: impl Fn(usize, &Op) -> bool) -> Option<usize> {
        let all = self.tables.iter().enumerate().rev();
        let mut all = all.filter(|(at, op)| is_it(*at, op));
        all.next().map(|(at, _)| at + 1)
    }
}

/// Whether a view can't stay while an operation is done, or could not be had back by its text when that is taken back. `rest` are the
/// operations from it on.
pub(crate) fn disturbs(op: &Op, rest: &[Op], before: &View, after: &View) -> bool {
    let reads = |name: &str| before.reads(op.placement, name) || after.reads(op.placement, name);
    let mentions = |name: &str| before.mentions(name) || after.mentions(name);
    match &op.change {
        Change::RenameTable { from, to } => reads(from) || reads(to),
        Change::RenameColumn { from, to } => reads(&op.table) && (mentions(from) || mentions(to)),
        Change::AlterType { column, .. } => reads(&op.table) && mentions(column),
        Change::AlterGenerated { to, .. } => reads(&op.table) && mentions(&to.name),
        Change::DropColumn { column, .. } if column.generated.is_some() => {
            reads(&op.table) && mentions(&column.name)
        }
        // A query can give columns beside the key by which it groups.
        Change::DropPrimaryKey { .. } | Change::DropKept { .. } => reads(&op.table),
        Change::DropPaired { pair } => reads(&op.table) && mentions(&pair.latter.name),
        Change::DropFormer { pair } | Change::RestoreFormer { pair } => {
            reads(&op.table) && (mentions(&pair.former.name) || mentions(&pair.latter.name))
        }
        Change::AlterEnum {
            columns,
            anew: true,
            ..
        } => columns.iter().any(|column| reads(&column.table)),
        // Early, since something new has the name.
        Change::DropTable { .. } => {
            let mut rest = rest.iter();
            reads(&op.table)
                && rest.any(|it| {
                    it.placement == op.placement && matches!(it.change, Change::CreateTable { .. })
                })
        }
        _ => false,
    }
}

/// Whether an operation takes away, in the end, what a view reads.
pub(crate) fn takes_from(op: &Op, view: &View) -> bool {
    view.reads(op.placement, &op.table)
        && match &op.change {
            Change::DropTable { .. } => true,
            Change::DropColumn { column, .. } => view.mentions(&column.name),
            _ => false,
        }
}

/// Whether a view may need an operation before it is made.
fn makes_ready(op: &Op) -> bool {
    matches!(
        op.change,
        Change::CreateTable { .. }
            | Change::AddColumn { .. }
            | Change::AlterType { .. }
            | Change::AlterGenerated { .. }
            | Change::RenameTable { .. }
            | Change::RenameColumn { .. }
            | Change::AddPrimaryKey { .. }
            | Change::CreateEnum { .. }
            | Change::AlterEnum { .. }
            | Change::RenameEnumLabel { .. }
            | Change::UseExtension { .. }
            | Change::AddPaired { .. }
            | Change::RestoreFormer { .. }
            | Change::RestoreKept { .. }
    )
}
