//! The orders that migrations of several branches can have.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::files::fault;

/// A migration by its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Numbered {
    pub(super) position: i32,
    /// The first of the numbers that it has: its own, unless it takes the place of others.
    pub(super) first: i32,
    pub(super) id: String,
}

/// Refuses a gap: something is missing, and no order makes up for it.
pub(super) fn check(numbered: &[Numbered], shown: &dyn Fn(&str) -> String) -> Result<()> {
    let mut last = 0;
    for Numbered {
        position,
        first,
        id,
    } in numbered
    {
        if *first > last + 1 {
            return Err(fault(
                &shown(id),
                format!(
                    "the migration before it is missing\n\
                     help: a migration with the number {:04} comes here; bring the folder back from version control",
                    last + 1
                ),
            ));
        }
        last = *position;
    }
    Ok(())
}

/// The first number that several migrations have; one that none has if each has its own.
pub(super) fn first_taken_twice(numbered: &[Numbered]) -> i32 {
    let mut pairs = numbered.windows(2);
    let twice = pairs.find(|pair| pair[0].position == pair[1].position);
    twice.map_or(i32::MAX, |pair| pair[0].position)
}

/// Returns the orders to be tried, the one that renumbers least first. At each number one stays, and the others come after all
/// that stays; last comes the order of the numbers.
pub(super) fn orders(
    numbered: &[Numbered],
    applied: &[String],
    first: &[String],
) -> Result<Vec<Vec<String>>> {
    let stays = chosen(numbered, applied, first)?;
    let most = numbered.iter().map(|one| rank(numbered, one)).max();
    let mut orders: Vec<Vec<String>> = Vec::new();
    for preferred in 0..=most.unwrap_or_default() {
        let is_moved = |one: &&Numbered| {
            let chosen = stays.iter().find(|other| other.position == one.position);
            match chosen {
                Some(chosen) => chosen.id != one.id,
                None => rank(numbered, one) != preferred.min(alternatives(numbered, one) - 1),
            }
        };
        let (moved, kept): (Vec<_>, Vec<_>) = numbered.iter().partition(is_moved);
        orders.push(
            kept.into_iter()
                .chain(moved)
                .map(|one| one.id.clone())
                .collect(),
        );
    }
    let is_chosen = |one: &Numbered| stays.iter().any(|other| other.id == one.id);
    let mut mixed: Vec<&Numbered> = numbered.iter().collect();
    mixed.sort_by_key(|one| (one.position, !is_chosen(one)));
    orders.push(mixed.into_iter().map(|one| one.id.clone()).collect());
    // What is applied keeps its number, and so does what takes the place of others, by their numbers.
    let squashes = numbered.iter().filter(|one| one.first < one.position);
    let keep: Vec<&String> = applied.iter().chain(squashes.map(|one| &one.id)).collect();
    orders.retain(|order| {
        let keeps = |(id, position): (&String, i32)| {
            let number = numbered.iter().find(|one| one.id == *id);
            !keep.contains(&id) || number.is_some_and(|one| one.position == position)
        };
        positions(order, numbered).all(keeps)
    });
    let mut seen = BTreeSet::new();
    orders.retain(|order| seen.insert(order.clone()));
    Ok(orders)
}

/// The numbers that migrations get by their order.
pub(super) fn positions<'o>(
    order: &'o [String],
    numbered: &'o [Numbered],
) -> impl Iterator<Item = (&'o String, i32)> {
    let mut position = 0;
    order.iter().map(move |id| {
        let one = numbered.iter().find(|one| one.id == *id);
        position += one.map_or(1, |one| one.position - one.first + 1);
        (id, position)
    })
}

/// The migrations that stay at their numbers: applied ones, and then those that the author has chosen.
fn chosen<'n>(
    numbered: &'n [Numbered],
    applied: &[String],
    first: &[String],
) -> Result<Vec<&'n Numbered>> {
    let mut stays: Vec<&Numbered> = Vec::new();
    for (ids, is_applied) in [(applied, true), (first, false)] {
        for one in numbered.iter().filter(|one| ids.contains(&one.id)) {
            let other = stays.iter().find(|other| other.position == one.position);
            match other {
                Some(other) if other.id == one.id => {}
                None => stays.push(one),
                Some(other) => {
                    let why = if is_applied || applied.contains(&other.id) {
                        "which is applied to the database"
                    } else {
                        "which was chosen too"
                    };
                    return Err(Error::new(
                        ErrorKind::Chain,
                        format!(
                            "`{}` can't keep its number, for it is that of `{}`, {why}\n\
                             help: choose one of them; what is applied and has to give way is rolled back first",
                            one.id, other.id
                        ),
                    ));
                }
            }
        }
    }
    Ok(stays)
}

/// How many migrations have the number of this one.
fn alternatives(numbered: &[Numbered], one: &Numbered) -> usize {
    let same = numbered
        .iter()
        .filter(|other| other.position == one.position);
    same.count()
}

/// How many of the same number come before this one by name.
fn rank(numbered: &[Numbered], one: &Numbered) -> usize {
    let before = numbered
        .iter()
        .filter(|other| other.position == one.position && *other < one);
    before.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(ids: &[&str]) -> Vec<Numbered> {
        let one = |id: &&str| Numbered {
            position: id[..4].parse().unwrap(),
            first: id[..4].parse().unwrap(),
            id: (*id).to_owned(),
        };
        let mut numbered: Vec<Numbered> = ids.iter().map(one).collect();
        numbered.sort();
        numbered
    }

    fn firsts(ids: &[&str], applied: &[&str], first: &[&str]) -> Vec<String> {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let orders = orders(&numbered(ids), &owned(applied), &owned(first)).unwrap();
        orders.iter().map(|order| order.join(" ")).collect()
    }

    #[test]
    fn the_order_that_renumbers_least_comes_first() {
        let ids = ["0001_a", "0002_b", "0002_x", "0003_c"];
        assert_eq!(
            firsts(&ids, &[], &[]),
            [
                "0001_a 0002_b 0003_c 0002_x",
                "0001_a 0002_x 0003_c 0002_b",
                "0001_a 0002_b 0002_x 0003_c"
            ]
        );
        assert_eq!(
            firsts(&ids, &[], &["0002_x"])[0],
            "0001_a 0002_x 0003_c 0002_b"
        );
    }

    #[test]
    fn what_is_applied_keeps_its_number() {
        let ids = ["0001_a", "0002_b", "0002_x", "0003_c", "0003_y"];
        let all = firsts(&ids, &["0001_a", "0002_x", "0003_y"], &[]);
        assert_eq!(all, ["0001_a 0002_x 0003_y 0002_b 0003_c"]);
    }

    #[test]
    fn who_is_applied_and_who_is_chosen_may_not_be_two() {
        let numbered = numbered(&["0001_a", "0001_b"]);
        let error = orders(&numbered, &["0001_a".to_owned()], &["0001_b".to_owned()]).unwrap_err();
        assert!(
            error.to_string().contains("applied to the database"),
            "{error}"
        );
    }

    #[test]
    fn what_takes_the_place_of_others_keeps_its_number() {
        let mut numbered = numbered(&["0001_a", "0004_squashed", "0005_b", "0005_x"]);
        numbered[1].first = 2;
        let shown = |id: &str| id.to_owned();
        assert!(check(&numbered, &shown).is_ok());
        let orders = orders(&numbered, &[], &[]).unwrap();
        assert_eq!(orders[0].join(" "), "0001_a 0004_squashed 0005_b 0005_x");
        let positions: Vec<i32> = positions(&orders[0], &numbered).map(|(_, at)| at).collect();
        assert_eq!(positions, [1, 4, 5, 6]);
    }

    #[test]
    fn a_gap_is_refused() {
        let shown = |id: &str| id.to_owned();
        assert!(check(&numbered(&["0001_a", "0002_b", "0002_c"]), &shown).is_ok());
        assert!(check(&numbered(&["0001_a", "0003_b"]), &shown).is_err());
        assert!(check(&numbered(&["0002_b"]), &shown).is_err());
    }
}
