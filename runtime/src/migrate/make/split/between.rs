//! The check that stands while two versions of the application write.
//!
//! Rows of the version from before satisfy the former check, and those of the next one satisfy the next. Which of the two refuses less is
//! not known from their text. So in between a row has to satisfy one of them: that refuses nothing that either version
//! may write, and all that neither may.

use crate::migrate::make::phase::is_wider;
use crate::structure::{Change, Check, Op, State};

/// Returns the check that stands in between, if the operation drops a check for another, or adds the other.
pub(super) fn between(before: &State, op: &Op, operations: &[Op]) -> Option<(String, Check)> {
    let (name, definition) = of(&op.change)?;
    let is_it = |it: &(&str, &Check)| *it == (name, definition);
    let (former, (name, next)) =
        exchanged(before, op, operations)
            .into_iter()
            .find(|(former, next)| match op.change {
                Change::DropCheck { .. } => is_it(former),
                _ => is_it(next),
            })?;
    let former = former.1;
    if former == next || is_wider(former, next) || is_wider(next, former) {
        return None;
    }
    Some((name.to_owned(), either(former, next)))
}

/// The check that refuses what both of two do.
pub(in crate::migrate::make) fn either(former: &Check, next: &Check) -> Check {
    Check {
        condition: format!("({}) OR ({})", former.condition, next.condition),
        not_valid: former.not_valid,
    }
}

/// A check, with its name.
pub(in crate::migrate::make) type Named<'a> = (&'a str, &'a Check);

/// The checks of an operation's table that give way to others: to one of the same name, or to one that is of the same columns in part.
fn exchanged<'a>(before: &State, op: &Op, operations: &'a [Op]) -> Vec<(Named<'a>, Named<'a>)> {
    let of_table = || {
        let others = operations.iter();
        others.filter(|other| (other.placement, &other.table) == (op.placement, &op.table))
    };
    let is_drop = |op: &&Op| matches!(op.change, Change::DropCheck { .. });
    let dropped: Vec<Named<'_>> = of_table()
        .filter(is_drop)
        .filter_map(|op| of(&op.change))
        .collect();
    let added: Vec<Named<'_>> = of_table()
        .filter(|op| !is_drop(op))
        .filter_map(|op| of(&op.change))
        .collect();
    let table = before.namespace(op.placement).tables.get(&op.table);
    let columns = table.into_iter().flat_map(|table| &table.columns);
    let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    exchanges((dropped, added), &columns)
}

/// Those of the former checks that give way to one of the next, with that: to one of the same name, or to one that is of the same columns in part.
pub(in crate::migrate::make) fn exchanges<'a>(
    (dropped, mut added): (Vec<Named<'a>>, Vec<Named<'a>>),
    columns: &[&str],
) -> Vec<(Named<'a>, Named<'a>)> {
    let is_of_both = |one: &Check, other: &Check| {
        columns.iter().any(|name| {
            [one, other]
                .iter()
                .all(|check| tenantry_sql::mentions(&check.condition, name))
        })
    };
    let mut pairs = Vec::new();
    let (same, others): (Vec<Named<'_>>, Vec<Named<'_>>) = dropped
        .into_iter()
        .partition(|(name, _)| added.iter().any(|(next, _)| next == name));
    for former in same {
        let next = added.iter().position(|(next, _)| *next == former.0);
        pairs.extend(next.map(|place| (former, added.remove(place))));
    }
    for former in others {
        let next = added.iter().position(|next| is_of_both(former.1, next.1));
        pairs.extend(next.map(|place| (former, added.remove(place))));
    }
    pairs
}

fn of(change: &Change) -> Option<Named<'_>> {
    match change {
        Change::AddCheck { name, definition } | Change::DropCheck { name, definition } => {
            Some((name, definition))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PlacementKind;
    use crate::structure::{Column, Table};

    fn state() -> State {
        let mut table = Table::default();
        for name in ["rank", "part"] {
            table.columns.push(Column::new(name, "integer"));
        }
        let mut state = State::default();
        state.tenant.tables.insert("order".to_owned(), table);
        state
    }

    fn op(change: Change) -> Op {
        Op::new(PlacementKind::Tenant, "order", change)
    }

    fn dropped(name: &str, condition: &str) -> Op {
        let (name, definition) = (name.to_owned(), Check::new(condition));
        op(Change::DropCheck { name, definition })
    }

    fn added(name: &str, condition: &str) -> Op {
        let (name, definition) = (name.to_owned(), Check::new(condition));
        op(Change::AddCheck { name, definition })
    }

    /// The check in between, by each of the operations.
    fn stands(operations: &[Op]) -> Vec<Option<(String, String)>> {
        let state = state();
        let all = operations.iter();
        all.map(|op| between(&state, op, operations))
            .map(|found| found.map(|(name, check)| (name, check.condition)))
            .collect()
    }

    fn either(name: &str, condition: &str) -> (String, String) {
        (name.to_owned(), condition.to_owned())
    }

    #[test]
    fn a_check_that_changes_is_either_of_the_two_in_between() {
        let found = stands(&[dropped("calm", "rank > 0"), added("calm", "rank > 5")]);
        let check = Some(either("calm", "(rank > 0) OR (rank > 5)"));
        assert_eq!(found, [check.clone(), check]);
    }

    #[test]
    fn one_that_shares_columns_takes_the_place_of_one_of_another_name() {
        let found = stands(&[
            dropped("order_rank_check", "rank > 0"),
            added("order_rank_part_check", "rank > 0 AND part > 0"),
        ]);
        let check = Some(either(
            "order_rank_part_check",
            "(rank > 0) OR (rank > 0 AND part > 0)",
        ));
        assert_eq!(found, [check.clone(), check]);
    }

    #[test]
    fn those_of_a_name_belong_together_before_those_that_share_columns() {
        let found = stands(&[
            dropped("one", "rank > 0"),
            dropped("two", "rank > 1"),
            added("two", "rank > 2"),
        ]);
        let check = Some(either("two", "(rank > 1) OR (rank > 2)"));
        assert_eq!(found, [None, check.clone(), check]);
    }

    #[test]
    fn nothing_stands_in_between_where_one_allows_all_that_the_other_does_or_has_nothing_to_do_with_it()
     {
        let (few, many) = ("\"part\" IN ('a')", "\"part\" IN ('a', 'b')");
        for (former, next) in [(few, many), (many, few), ("rank > 0", "rank > 0")] {
            assert_eq!(
                stands(&[dropped("calm", former), added("calm", next)]),
                [None, None]
            );
        }
        let apart = [dropped("one", "rank > 0"), added("two", "part > 0")];
        assert_eq!(stands(&apart), [None, None]);
    }
}
