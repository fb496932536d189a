//! The chain on disk against the one that the database has recorded.
//!
//! A part that is applied nowhere can be edited, renamed and renumbered freely. One that is applied somewhere stays as it is: if
//! it changed, tenants of the same version would differ. The exception are migrations that are half-way everywhere: see
//! `repair.rs`.

use postgres::GenericClient;
use postgres::types::Type;

use super::migration::{RecordedMigration, RecordedPart};
use super::squashed::Squashed;
use crate::bookkeeping::explain;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::{Chain, Migration, Part};
use crate::model::PlacementKind;

/// How the two differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ChainDifference {
    /// Positions whose recorded migration gives way.
    pub(crate) replaced: Vec<i32>,
    /// Positions to record from disk.
    pub(crate) added: Vec<i32>,
    /// Migrations that the database has beyond the end of the chain: a newer version of the application was here.
    pub(crate) ahead: Vec<String>,
    /// The parts that were changed after they were applied.
    pub(crate) conflicts: Vec<EditConflict>,
    /// Migrations that take the place of recorded ones.
    pub(crate) squashed: Vec<Squashed>,
}

/// Something that was changed after it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EditConflict {
    /// Another migration is applied at this position.
    Other { position: i32, applied: String },
    /// A migration is applied that takes the place of this one and others before it.
    Squashed { position: i32, applied: String },
    /// A part of the migration is not as it was applied.
    Part {
        position: i32,
        placement: PlacementKind,
    },
    /// A migration takes the place of others than are applied.
    NotReplaced { position: i32, why: String },
    /// Some have a part only of what a migration takes the place of.
    Within { squashed: Squashed, who: String },
    /// A part is half-way in the batches of a statement, and can't go on with what is there now.
    InBatches {
        position: i32,
        placement: PlacementKind,
    },
}

/// Compares the chain on disk with the recorded one.
pub(crate) fn compare(chain: &Chain, recorded: &[RecordedMigration]) -> ChainDifference {
    let mut difference = ChainDifference::default();
    let mut recorded = recorded.iter().peekable();
    let mut last_missing = None;
    for migration in chain.migrations() {
        let same_place = |found: &&RecordedMigration| found.position == migration.position();
        let given_up = |found: &&RecordedMigration| {
            (migration.first()..migration.position()).contains(&found.position)
        };
        let mut places = Vec::new();
        while let Some(found) = recorded.next_if(given_up) {
            places.push(found);
        }
        if !places.is_empty() {
            places.extend(recorded.next_if(same_place));
            squash(migration, &places, &mut difference);
            continue;
        }
        let Some(found) = recorded.next_if(same_place) else {
            difference.added.push(migration.position());
            last_missing = Some(migration.position());
            continue;
        };
        if found.id != migration.id()
            && found.is_applied()
            && last_missing == Some(migration.first() - 1)
        {
            difference.conflicts.push(EditConflict::Squashed {
                position: migration.position(),
                applied: found.id.clone(),
            });
            continue;
        }
        compare_one(migration, found, &mut difference);
    }
    difference.ahead = recorded.map(|found| found.id.clone()).collect();
    difference
}

fn compare_one(migration: &Migration, found: &RecordedMigration, difference: &mut ChainDifference) {
    let position = migration.position();
    if found.id != migration.id() && found.is_applied() {
        difference.conflicts.push(EditConflict::Other {
            position,
            applied: found.id.clone(),
        });
        return;
    }
    let mut same = found.id == migration.id();
    let parts = [
        (PlacementKind::Shared, &found.shared),
        (PlacementKind::Tenant, &found.tenant),
    ];
    for (placement, recorded) in parts {
        let checksum = migration.part(placement).map(Part::checksum);
        if checksum.as_deref() == recorded.as_ref().map(|part| part.checksum.as_str()) {
            continue;
        }
        same = false;
        if is_settled(recorded.as_ref(), found) {
            difference.conflicts.push(EditConflict::Part {
                position,
                placement,
            });
        }
    }
    if !same {
        difference.replaced.push(position);
        difference.added.push(position);
    }
}

/// Compares the recorded migrations of some positions with those whose place a migration takes.
fn squash(migration: &Migration, found: &[&RecordedMigration], difference: &mut ChainDifference) {
    let position = migration.position();
    let positions = || found.iter().map(|found| found.position);
    match Squashed::of(migration, found) {
        Ok(squashed) => difference.squashed.push(squashed),
        Err(_) if !found.iter().any(|found| found.is_applied()) => {
            difference.replaced.extend(positions());
            difference.added.push(position);
        }
        Err(why) => difference
            .conflicts
            .push(EditConflict::NotReplaced { position, why }),
    }
}

/// Whether a part can't change any more: it is applied, or it was not there when the other part was applied.
fn is_settled(part: Option<&RecordedPart>, migration: &RecordedMigration) -> bool {
    part.map_or_else(|| migration.is_applied(), |part| part.applied)
}

/// Explains a conflict; reads what was recorded, to name the file and the line.
pub(crate) fn diverged(
    client: &mut impl GenericClient,
    chain: &Chain,
    conflict: &EditConflict,
) -> Result<Error> {
    let message = match conflict {
        EditConflict::Other { position, applied } => other(chain, *position, applied),
        EditConflict::Part {
            position,
            placement,
        } => changed(client, chain, *position, *placement)?,
        EditConflict::Squashed { position, applied } => squashed(chain, *position, applied),
        EditConflict::NotReplaced { position, why } => not_replaced(chain, *position, why),
        EditConflict::Within { squashed, who } => squashed.within(who),
        EditConflict::InBatches {
            position,
            placement,
        } => in_batches(chain, *position, *placement),
    };
    Ok(Error::new(ErrorKind::Diverged, message))
}

/// Describes a conflict in one line, without asking the database.
pub(crate) fn describe(chain: &Chain, conflict: &EditConflict) -> String {
    let message = match conflict {
        EditConflict::Other { position, applied } => other(chain, *position, applied),
        EditConflict::Part {
            position,
            placement,
        } => {
            let id = chain.at(*position).map_or("", Migration::id);
            let placement = placement.as_str();
            format!("the {placement} part of `{id}` was changed after it was applied")
        }
        EditConflict::Squashed { position, applied } => squashed(chain, *position, applied),
        EditConflict::NotReplaced { position, why } => not_replaced(chain, *position, why),
        EditConflict::Within { squashed, who } => squashed.within(who),
        EditConflict::InBatches {
            position,
            placement,
        } => in_batches(chain, *position, *placement),
    };
    message.lines().next().unwrap_or_default().to_owned()
}

fn other(chain: &Chain, position: i32, applied: &str) -> String {
    let id = chain.at(position).map_or("", Migration::id);
    format!(
        "the database has the migration `{applied}` applied, and the chain has `{}` in its place\n\
         help: bring `{applied}` back and number `{id}` after the last migration that is applied; or roll the database \
         back to before `{applied}` with the chain that has it",
        chain.path(id)
    )
}

fn squashed(chain: &Chain, position: i32, applied: &str) -> String {
    let id = chain.at(position).map_or("", Migration::id);
    format!(
        "the database has `{applied}`, which has taken the place of `{}` and migrations before it\n\
         help: run a release whose chain has `{applied}`, too",
        chain.path(id)
    )
}

fn not_replaced(chain: &Chain, position: i32, why: &str) -> String {
    let migration = chain.at(position);
    let id = migration.map_or("", Migration::id);
    let last = migration.and_then(|it| it.replaces().last());
    format!(
        "`{}` takes the place of others than the database has: {why}\n\
         help: migrate to `{}` with the release before `{id}`, whose chain has the migrations themselves; then with this one",
        chain.path(id),
        last.unwrap_or_default()
    )
}

fn in_batches(chain: &Chain, position: i32, placement: PlacementKind) -> String {
    let id = chain.at(position).map_or("", Migration::id);
    let file = chain.path(&format!("{id}/{}.up.sql", placement.as_str()));
    format!(
        "`{file}`: a statement of it is half-way in its batches, and more than that statement was changed since\n\
         help: write the rest as it was; of the statement its values and conditions can change, and neither the table nor the key of its \
         batches. Write what else is to be done as SQL by hand, or into a migration of its own"
    )
}

fn changed(
    client: &mut impl GenericClient,
    chain: &Chain,
    position: i32,
    placement: PlacementKind,
) -> Result<String> {
    let placed = placement.as_str();
    let sql =
        format!("SELECT {placed}_up, {placed}_down FROM tenantry.migration WHERE position = $1");
    let row = client
        .query_typed_one(&sql, &[(&position, Type::INT4)])
        .map_err(explain)?;
    let recorded: (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    let id = chain.at(position).map_or("", Migration::id);
    let part = chain
        .at(position)
        .and_then(|migration| migration.part(placement));
    let up = part.map(Part::up);
    let down = part.and_then(Part::down);
    let (direction, was, is) = if recorded.0.as_deref() != up {
        ("up", recorded.0.as_deref(), up)
    } else if recorded.1.as_deref() != down {
        ("down", recorded.1.as_deref(), down)
    } else {
        // It is a part of the checksum, too.
        let file = chain.path(&format!("{id}/migration.toml"));
        return Ok(format!(
            "`{file}`: the migration `{id}` is applied, and `transaction` was changed since\n\
             help: write it as it was"
        ));
    };
    let file = chain.path(&format!("{id}/{placed}.{direction}.sql"));
    let what = first_difference(was, is);
    Ok(format!(
        "`{file}`: the migration `{id}` is applied, and this file {what}\n\
         help: undo the change, and write a migration for it; or roll back to before `{id}` with the file as it was"
    ))
}

/// Says how a file differs from what was applied.
fn first_difference(was: Option<&str>, is: Option<&str>) -> String {
    let (was, is) = match (was, is) {
        (None, _) => return "was not there then".to_owned(),
        (_, None) => return "is missing".to_owned(),
        (Some(was), Some(is)) => (was, is),
    };
    let mut lines = (1..).zip(padded(was).zip(padded(is)));
    match lines.find(|(_, (was, is))| was != is) {
        Some((number, (Some(was), Some(is)))) => {
            format!("was changed since: line {number} was `{was}` and is `{is}`")
        }
        Some((number, (Some(was), None))) => format!("was cut since: line {number} was `{was}`"),
        Some((number, (None, Some(is)))) => {
            format!("was made longer since: line {number} is `{is}`")
        }
        _ => "was changed since".to_owned(),
    }
}

/// The lines, and then an end that is unlike any line.
fn padded(text: &str) -> impl Iterator<Item = Option<&str>> {
    text.lines().map(Some).chain(std::iter::once(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(ids: &[(&str, &str)]) -> Chain {
        let mut files = Vec::new();
        for (id, sql) in ids {
            files.push((
                format!("{id}/migration.toml"),
                format!("format = 1\nid = \"{id}\""),
            ));
            files.push((format!("{id}/tenant.up.sql"), (*sql).to_owned()));
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(p, t)| (p.as_str(), t.as_str()))
            .collect();
        Chain::from_files(&files).unwrap()
    }

    fn recorded(chain: &Chain, applied: usize) -> Vec<RecordedMigration> {
        chain
            .migrations()
            .iter()
            .enumerate()
            .map(|(at, migration)| RecordedMigration {
                position: migration.position(),
                id: migration.id().to_owned(),
                shared: None,
                tenant: migration.tenant().map(|part| RecordedPart {
                    checksum: part.checksum(),
                    applied: at < applied,
                }),
            })
            .collect()
    }

    #[test]
    fn what_is_applied_nowhere_can_be_edited_and_renamed() {
        let before = chain(&[
            ("0001_a", "SELECT 1"),
            ("0002_b", "SELECT 2"),
            ("0003_c", "SELECT 3"),
        ]);
        let after = chain(&[
            ("0001_a", "SELECT 1"),
            ("0002_b", "SELECT 20"),
            ("0003_d", "SELECT 3"),
        ]);
        let difference = compare(&after, &recorded(&before, 1));
        assert_eq!(difference.conflicts, []);
        assert_eq!(difference.replaced, [2, 3]);
        assert_eq!(difference.added, [2, 3]);
    }

    #[test]
    fn what_is_applied_can_neither_be_edited_nor_replaced() {
        let before = chain(&[("0001_a", "SELECT 1"), ("0002_b", "SELECT 2")]);
        let after = chain(&[("0001_a", "SELECT 10"), ("0002_c", "SELECT 2")]);
        let difference = compare(&after, &recorded(&before, 2));
        assert_eq!(
            difference.conflicts,
            [
                EditConflict::Part {
                    position: 1,
                    placement: PlacementKind::Tenant
                },
                EditConflict::Other {
                    position: 2,
                    applied: "0002_b".to_owned()
                }
            ]
        );
    }

    #[test]
    fn a_newer_application_may_have_been_here() {
        let newer = chain(&[("0001_a", "SELECT 1"), ("0002_b", "SELECT 2")]);
        let older = chain(&[("0001_a", "SELECT 1")]);
        let difference = compare(&older, &recorded(&newer, 2));
        assert_eq!(difference.ahead, ["0002_b"]);
        assert_eq!(difference.added, Vec::<i32>::new());
        assert_eq!(difference.conflicts, []);
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let text = first_difference(Some("a\nb\nc"), Some("a\nx\nc"));
        assert_eq!(text, "was changed since: line 2 was `b` and is `x`");
        assert!(first_difference(Some("a\nb"), Some("a")).contains("line 2 was `b`"));
        assert!(first_difference(Some("a"), Some("a\nb")).contains("line 2 is `b`"));
        assert_eq!(first_difference(Some("a"), None), "is missing");
    }
}
