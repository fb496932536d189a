//! From models that have changed to a migration that is written for review.

mod choices;
mod current;
mod moves;
mod pairs;
mod phase;
mod prepare;
mod questions;
mod renames;
mod split;
mod sql_file;
mod write;

pub use self::choices::Choices;
pub use self::current::check_current;
use self::pairs::in_pairs;
use self::phase::phase;
use self::prepare::prepare;
pub use self::questions::{Question, questions};
use self::split::{Step, is_put_back, overlapped, split, with_views_in_steps};
use self::sql_file::{down_file, up_file};
use super::chain::files::{MANIFEST, STATE, fault};
use super::chain::manifest::Manifest;
use super::chain::migration::checksum;
use super::chain::{Chain, Part, lint};
use super::report::phase::Phase;
use super::tolerance::{NamedMigration, check_named};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ModelDef, PlacementKind};
use crate::structure::{Change, Op, State, apply, diff};

/// Migrations that are to be written, and the state that they lead to.
#[derive(Debug, Clone)]
pub struct NewMigrations {
    pub(crate) migrations: Vec<NewMigration>,
    pub(crate) state: Option<String>,
}

/// A migration that is to be written.
#[derive(Debug, Clone)]
pub struct NewMigration {
    id: String,
    phase: Phase,
    operations: Vec<Op>,
    files: Vec<(&'static str, String)>,
}

impl NewMigrations {
    /// The migrations, in order. There are several when operations on the shared schema have to wait for tenants, and when some take
    /// away what the version of the application from before still uses.
    pub fn migrations(&self) -> &[NewMigration] {
        &self.migrations
    }

    /// The operations that take away values that can't be had back.
    pub fn losses(&self) -> impl Iterator<Item = &Op> {
        let operations = self
            .migrations
            .iter()
            .flat_map(|migration| &migration.operations);
        operations.filter(|op| op.change.loses_data())
    }
}

#[cfg(feature = "cli")]
impl NewMigrations {
    /// Makes a first migration of no models, for SQL alone.
    pub(crate) fn without_models() -> Result<Self> {
        let id = id(1, "initial")?;
        Ok(Self {
            migrations: vec![NewMigration {
                files: vec![(MANIFEST, Manifest::new(id.clone()).write())],
                phase: Phase::Expand,
                operations: Vec::new(),
                id,
            }],
            state: Some(State::default().to_json()),
        })
    }
}

impl NewMigration {
    /// The migration's id, which names its folder.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells whether running versions of the application can live with it.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Its operations.
    pub fn operations(&self) -> &[Op] {
        &self.operations
    }

    /// The names and texts of its files.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (*name, text.as_str()))
    }
}

/// Finds what the models ask for and the chain does not lead to yet.
///
/// # Errors
///
/// [`ErrorKind::Chain`], when `state.json` is missing, can't be read, or is not what the migrations lead to;
/// [`ErrorKind::Models`], when a field names by `since` or `until` a migration that does not add or drop its column.
pub fn changes(models: &[&ModelDef], chain: &Chain) -> Result<Vec<Op>> {
    let operations = prepare(models, chain, &Choices::new())?.operations;
    check_named(models, &all(chain, &[]), operations.is_empty())?;
    Ok(operations)
}

/// The migrations of a chain, and new ones behind them.
fn all<'a>(chain: &'a Chain, new: &'a [NewMigration]) -> Vec<NamedMigration<'a>> {
    let known = chain.migrations().iter().map(NamedMigration::of);
    let new = new.iter().map(|new| NamedMigration {
        id: new.id(),
        replaces: Vec::new(),
        operations: new.operations(),
    });
    known.chain(new).collect()
}

/// Finds what the models ask for and the chain does not lead to yet, and makes migrations of it. They are not written
/// before [`NewMigrations::write`]. Without a name each gets one that says what it does.
///
/// A table or column with another name is taken for a new one, unless the models say what it was: [`questions`] tells what is to be
/// asked before.
///
/// # Errors
///
/// [`ErrorKind::Chain`], when `state.json` is missing, can't be read, or is not what the migrations lead to, or the name
/// is not one;
/// [`ErrorKind::Models`], when a column can't be added as it is, because it would have no value in existing rows; when a field names by
/// `since` or `until` a migration that does not add or drop its column.
pub fn make(
    models: &[&ModelDef],
    chain: &Chain,
    name: Option<&str>,
) -> Result<Option<NewMigrations>> {
    make_with(models, chain, name, &Choices::new())
}

/// Makes migrations as [`make`] does, with what the author of the changes knows of them.
///
/// # Errors
///
/// Those of [`make`]; [`ErrorKind::Models`] too, when a choice is about nothing that has changed.
pub fn make_with(
    models: &[&ModelDef],
    chain: &Chain,
    name: Option<&str>,
    choices: &Choices,
) -> Result<Option<NewMigrations>> {
    let prepared = prepare(models, chain, choices)?;
    if prepared.operations.is_empty() {
        check_named(models, &all(chain, &[]), true)?;
        return Ok(None);
    }
    for op in &prepared.operations {
        prepared.check_value(models, op)?;
        prepared.check_rows(op, choices)?;
    }
    let after = apply(&prepared.chain, &prepared.operations)
        .map_err(|error| {
            Error::new(ErrorKind::Models, error.to_string())
                .help("look whether `state.json` is that of the chain: bring it back as it was after its last migration")
                .because(error)
        })?;
    let mut migrations = Vec::new();
    let mut position = chain.last();
    let is_first = chain.migrations().is_empty();
    let phases = if choices.is_together || is_first {
        vec![Step::of(prepared.operations)]
    } else {
        let steps = steps(&prepared.chain, prepared.of_tables);
        with_views_in_steps(steps, &prepared.chain, &after)
    };
    let mut state = prepared.chain;
    let of_parts = |step: Step| {
        let parts = parts(step.operations).into_iter();
        parts.map(move |operations| (operations, step.phase))
    };
    for (operations, known) in phases.into_iter().flat_map(of_parts) {
        position += 1;
        // Before the first migration there is no other version.
        let phase = if is_first {
            Phase::Expand
        } else {
            known.unwrap_or_else(|| phase(&operations))
        };
        let operations = overlapped(&state, operations);
        // All of them together lead to the state, so each of them does to one on the way.
        state = apply(&state, &operations).unwrap_or_else(|_| after.clone());
        let described = name.map_or_else(|| describe(&operations, position), str::to_owned);
        let id = id(position, &described)?;
        migrations.push(generated(id, operations, phase, &state));
    }
    check_named(models, &all(chain, &migrations), true)?;
    Ok(Some(NewMigrations {
        migrations,
        state: Some(after.to_json()),
    }))
}

/// Makes a migration to write SQL into by hand.
///
/// # Errors
///
/// [`ErrorKind::Chain`], when the name is not one.
pub fn make_empty(chain: &Chain, name: &str) -> Result<NewMigrations> {
    let id = id(chain.last() + 1, name)?;
    let blank = |placement: PlacementKind| {
        let placed = placement.as_str();
        let whose = match placement {
            PlacementKind::Shared => "the shared schema, which is \"{shared}\"",
            PlacementKind::Tenant => "each tenant's schema, which is \"{tenant}\"",
        };
        format!(
            "-- Write here what is to be done to {whose}; delete the file if that is nothing.\n\
             -- Write how to undo it into `{placed}.down.sql`.\n"
        )
    };
    Ok(NewMigrations {
        migrations: vec![NewMigration {
            files: vec![
                (MANIFEST, Manifest::new(id.clone()).write()),
                ("shared.up.sql", blank(PlacementKind::Shared)),
                ("tenant.up.sql", blank(PlacementKind::Tenant)),
            ],
            phase: Phase::Expand,
            operations: Vec::new(),
            id,
        }],
        state: None,
    })
}

/// The state that the chain leads to, on which `state.json` and the operations of the migrations must agree.
fn state(chain: &Chain) -> Result<State> {
    let written = written_state(chain)?;
    let path = chain.path(STATE);
    let mut replayed = State::default();
    for migration in chain.migrations() {
        replayed = apply(&replayed, migration.operations()).map_err(|error| {
            fault(&chain.path(migration.id()), error.to_string())
                .help("write its operations as `makemigrations` has written them")
                .because(error)
        })?;
    }
    let differences = diff(&replayed, &written);
    if differences.is_empty() {
        return Ok(written);
    }
    let differences: Vec<String> = differences.iter().map(Op::to_string).collect();
    Err(fault(
        &path,
        format!(
            "it is not what the migrations lead to, which lack: {}\n\
             help: bring back the folder of the migration that is missing from version control; if branches were merged, \
             `merge` writes it anew",
            differences.join("; ")
        ),
    ))
}

fn written_state(chain: &Chain) -> Result<State> {
    let path = chain.path(STATE);
    match chain.state() {
        Some(text) => State::from_json(text).map_err(|error| {
            fault(
                &path,
                format!("{error}\nhelp: if two branches have changed it, `merge` writes it anew"),
            )
            .because(error)
        }),
        None if chain.migrations().is_empty() => Ok(State::default()),
        None => Err(fault(
            &path,
            "the file is missing\nhelp: bring it back from version control",
        )),
    }
}

/// Cuts the operations on tables into steps between which both versions of the application go on working.
fn steps(before: &State, operations: Vec<Op>) -> Vec<Step> {
    in_pairs(before, &operations).unwrap_or_else(|| split(before, operations))
}

/// Cuts the operations into those of one migration each: in a migration the shared schema comes before the tenants.
fn parts(operations: Vec<Op>) -> Vec<Vec<Op>> {
    let mut parts: Vec<Vec<Op>> = Vec::new();
    for op in operations {
        let fits = parts
            .last()
            .and_then(|part| part.last())
            .is_some_and(|last: &Op| {
                last.placement == op.placement || op.placement == PlacementKind::Tenant
            });
        match parts.last_mut() {
            Some(part) if fits => part.push(op),
            _ => parts.push(vec![op]),
        }
    }
    parts
}

fn generated(id: String, operations: Vec<Op>, phase: Phase, after: &State) -> NewMigration {
    let mut files = Vec::new();
    let mut part = |placement, up_name, down_name| {
        let of_part = operations.iter().filter(|op| op.placement == placement);
        let operations: Vec<Op> = of_part.cloned().collect();
        let (up, down) = (up_file(&operations, after), down_file(&operations));
        // An extension that nothing uses any more stays.
        if lint::is_blank(&up) {
            return None;
        }
        files.push((up_name, up.clone()));
        files.push((down_name, down.clone()));
        Some(Part::new(up, Some(down)))
    };
    let shared = part(PlacementKind::Shared, "shared.up.sql", "shared.down.sql");
    let tenant = part(PlacementKind::Tenant, "tenant.up.sql", "tenant.down.sql");
    let mut manifest = Manifest::new(id.clone());
    manifest.phase = phase;
    manifest.checksum = Some(checksum(shared.as_ref(), tenant.as_ref()));
    manifest.operations.clone_from(&operations);
    files.push((MANIFEST, manifest.write()));
    NewMigration {
        id,
        phase,
        operations,
        files,
    }
}

/// Says what operations do, in the characters of an id.
fn describe(operations: &[Op], position: i32) -> String {
    if position == 1 {
        return "initial".to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let is_paired = |op: &Op| {
        let Change::RenameColumn { to, .. } = &op.change else {
            return false;
        };
        let mut others = operations.iter();
        others.any(
            |it| matches!(&it.change, Change::DropFormer { pair } if it.table == op.table && pair.former.name == *to),
        )
    };
    let others = operations.iter().filter(|op| !is_put_back(op, operations));
    let mut others: Vec<&Op> = others.filter(|op| !is_paired(op)).collect();
    if others.is_empty() {
        others.extend(operations);
    }
    for op in others {
        let table = &op.table;
        let word = op.change.slug(table);
        // What goes with a table's creation or change goes without saying.
        let is_said = words.contains(&word)
            || (word.starts_with("alter_")
                && words.iter().any(|said| said.contains(table.as_str())));
        if !is_said {
            words.push(word);
        }
    }
    let text = match words.as_slice() {
        [one] => one.clone(),
        [one, other] if one.len() + other.len() < 60 => format!("{one}_and_{other}"),
        [first, ..] => format!("{first}_and_more"),
        [] => "changes".to_owned(),
    };
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    text.chars().map(allowed).take(100).collect()
}

/// The id of a migration at a position.
fn id(position: i32, name: &str) -> Result<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 100 || !name.chars().all(allowed) {
        return Err(Error::new(
            ErrorKind::Chain,
            format!(
                "`{name}` can't name a migration\nhelp: say what it does in `[a-z0-9_]`: `invoice_notes`"
            ),
        ));
    }
    Ok(format!("{position:04}_{name}"))
}
