//! Fields that only tenants of some versions have, compared with the migrations that they name.

use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::Migration;
use crate::model::{ColumnDef, ModelDef};
use crate::structure::{Op, State, apply};

/// A migration of a chain.
pub(super) struct NamedMigration<'a> {
    pub(super) id: &'a str,
    /// The ids of those that it takes the place of.
    pub(super) replaces: Vec<&'a str>,
    pub(super) operations: &'a [Op],
}

impl<'a> NamedMigration<'a> {
    pub(super) fn of(migration: &'a Migration) -> Self {
        Self {
            id: migration.id(),
            replaces: migration.replaces().collect(),
            operations: migration.operations(),
        }
    }
}

/// Checks that the migrations which fields name by `since` and `until` add and drop their columns.
///
/// A migration that is not there may come, if the models have changes without one: those from a position on are passed over then.
///
/// # Errors
///
/// [`ErrorKind::Models`], with the model, the field and the migration that is to be named.
pub(super) fn check_named(
    models: &[&ModelDef],
    migrations: &[NamedMigration<'_>],
    is_whole: bool,
) -> Result<()> {
    let columns = models.iter().flat_map(|model| {
        let columns = model.columns.iter().filter(|def| def.is_versioned());
        columns.map(move |def| (*model, def))
    });
    let columns: Vec<_> = columns.collect();
    if columns.is_empty() {
        return Ok(());
    }
    let moments = moments(migrations)?;
    for (model, def) in columns {
        let named = [(Word::Since, def.since), (Word::Until, def.until)];
        for (word, id) in named {
            if let Some(id) = id {
                NamedBy { model, def, word }.check(id, &moments, is_whole)?;
            }
        }
    }
    Ok(())
}

/// A migration, and the states before and after it.
struct ChainMoment<'a> {
    migration: &'a NamedMigration<'a>,
    before: State,
    after: State,
}

fn moments<'a>(migrations: &'a [NamedMigration<'a>]) -> Result<Vec<ChainMoment<'a>>> {
    let mut moments: Vec<ChainMoment<'a>> = Vec::with_capacity(migrations.len());
    for migration in migrations {
        let before = moments.last().map(|moment| moment.after.clone());
        let before = before.unwrap_or_default();
        let after = apply(&before, migration.operations).map_err(|error| {
            Error::new(ErrorKind::Chain, format!("`{}`: {error}", migration.id))
                .help("write its operations as `makemigrations` has written them")
                .because(error)
        })?;
        moments.push(ChainMoment {
            migration,
            before,
            after,
        });
    }
    Ok(moments)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Since,
    Until,
}

/// A field, and the word by which it names a migration.
struct NamedBy<'a> {
    model: &'a ModelDef,
    def: &'a ColumnDef,
    word: Word,
}

impl NamedBy<'_> {
    fn check(&self, id: &str, moments: &[ChainMoment<'_>], is_whole: bool) -> Result<()> {
        let is_named = |moment: &&ChainMoment<'_>| {
            moment.migration.id == id || moment.migration.replaces.contains(&id)
        };
        let named = moments.iter().find(is_named);
        if named.is_some_and(|moment| self.is_of(moment)) {
            return Ok(());
        }
        // Without a migration for all changes it may be one of those that are to be made.
        if named.is_none() && !is_whole {
            return Ok(());
        }
        let (word, does) = match self.word {
            Word::Since => ("since", "add"),
            Word::Until => ("until", "drop"),
        };
        let (model, field) = (self.model.name, self.def.field);
        let column = format!("{}.{}", self.model.table, self.def.name);
        let what = match named {
            Some(_) => format!("which does not {does} the column `{column}`"),
            None => "which the chain does not have".to_owned(),
        };
        let found = moments.iter().rev().find(|moment| self.is_of(moment));
        let help = match (found, self.word) {
            (Some(found), _) => format!(
                "`{}` {does}s the column: write `{word} = \"{}\"`; a migration that is not written yet is called so by `--name`",
                found.migration.id, found.migration.id
            ),
            (None, Word::Since) if self.is_made_with_table(moments) => format!(
                "the column is as old as its table, which all tenants have: remove `{word}`"
            ),
            (None, _) => format!(
                "no migration {does}s the column: have `makemigrations` write one, and name that, or remove `{word}`"
            ),
        };
        let message = format!(
            "field `{field}` of model `{model}` is there {word} `{id}`, {what}\nhelp: {help}"
        );
        Err(Error::new(ErrorKind::Models, message))
    }

    /// Whether a migration adds or drops the column.
    fn is_of(&self, moment: &ChainMoment<'_>) -> bool {
        let (before, after) = (self.is_in(&moment.before), self.is_in(&moment.after));
        match self.word {
            Word::Since => before == Some(false) && after == Some(true),
            Word::Until => before == Some(true) && after == Some(false),
        }
    }

    fn is_made_with_table(&self, moments: &[ChainMoment<'_>]) -> bool {
        let is_made = |moment: &ChainMoment<'_>| {
            self.is_in(&moment.before).is_none() && self.is_in(&moment.after) == Some(true)
        };
        moments.iter().any(is_made)
    }

    /// Whether the table has the column; nothing without the table.
    fn is_in(&self, state: &State) -> Option<bool> {
        let tables = &state.namespace(self.model.placement).tables;
        let table = tables.get(self.model.table)?;
        Some(table.column(self.def.name).is_some())
    }
}
