//! A table that is gone from one placement, and new in the other.

use super::way::{Way, table_of};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::make::choices::Choices;
use crate::model::PlacementKind;
use crate::structure::{Index, KeyColumn, Move, MoveKind, NewKeys, State, Table};

/// A table that is gone from one placement, and new in the other.
#[derive(Debug, Clone)]
pub(in crate::migrate::make) struct Placed<'a> {
    pub(in crate::migrate::make) name: &'a str,
    pub(in crate::migrate::make) from: PlacementKind,
    pub(in crate::migrate::make) before: &'a Table,
    pub(in crate::migrate::make) after: &'a Table,
}

/// Returns the tables whose models are placed otherwise.
pub(in crate::migrate::make) fn placed<'a>(before: &'a State, after: &'a State) -> Vec<Placed<'a>> {
    let mut all = Vec::new();
    for from in [PlacementKind::Tenant, PlacementKind::Shared] {
        let to = other(from);
        for (name, table) in &before.namespace(from).tables {
            let is_there = |state: &State, placement: PlacementKind| {
                state
                    .namespace(placement)
                    .tables
                    .contains_key(name.as_str())
            };
            if is_there(after, from) || is_there(before, to) {
                continue;
            }
            let new = after.namespace(to).tables.get(name);
            all.extend(new.map(|after| Placed {
                name,
                from,
                before: table,
                after,
            }));
        }
    }
    all
}

impl Placed<'_> {
    /// The ways that its rows may go, as a flag has them.
    pub(in crate::migrate::make) fn ways(&self) -> Vec<String> {
        let name = self.name;
        match self.from {
            PlacementKind::Tenant => {
                let new =
                    self.after.columns.iter().filter(|it| {
                        is_text(&it.sql_type) && self.before.column(&it.name).is_none()
                    });
                let ways = new.map(|column| format!("{name}=collect:{}", column.name));
                let mut ways: Vec<String> = ways.collect();
                if ways.is_empty() {
                    ways.push(format!("{name}=collect"));
                }
                // Each tenant has numbered its rows for itself.
                if self
                    .before
                    .columns
                    .iter()
                    .any(|it| it.identity && is_in_key(self.before, &it.name))
                {
                    let new: Vec<String> =
                        ways.iter().map(|way| format!("{way},new_keys")).collect();
                    ways.splice(0..0, new);
                }
                ways
            }
            PlacementKind::Shared => {
                let texts = self.before.columns.iter();
                let texts =
                    texts.filter(|it| is_text(&it.sql_type) && !is_the_key(self.before, &it.name));
                let ways = texts.map(|column| format!("{name}=deal:{}", column.name));
                ways.chain([format!("{name}=copy")]).collect()
            }
        }
    }

    /// Says in words what has become of the model.
    pub(in crate::migrate::make) fn words(&self) -> String {
        let (from, to) = (self.from.as_str(), other(self.from).as_str());
        format!("the {from} table `{}` is a {to} one now", self.name)
    }

    /// The columns whose values stay behind.
    pub(in crate::migrate::make) fn left_behind(&self, choices: &Choices) -> Vec<String> {
        let Some(Ok(way)) = self.chosen(choices) else {
            return Vec::new();
        };
        let columns = self.before.columns.iter();
        let gone = columns.filter(|it| {
            self.after.column(&it.name).is_none() && way.whose.as_deref() != Some(it.name.as_str())
        });
        gone.map(|it| format!("{}.{}", self.name, it.name))
            .collect()
    }

    pub(super) fn chosen<'c>(&self, choices: &'c Choices) -> Option<Result<Way, &'c str>> {
        let chosen = choices.moves.iter().find(|it| table_of(it) == self.name)?;
        Some(Way::read(chosen).ok_or(chosen.as_str()))
    }

    /// Whether it was said what becomes of the rows.
    pub(in crate::migrate::make) fn is_decided(&self, choices: &Choices) -> bool {
        self.chosen(choices).is_some() || choices.losses.iter().any(|it| it == self.name)
    }

    pub(super) fn rows(&self, way: Way, states: (&State, &State)) -> Result<Move> {
        let (from, name) = (self.from, self.name);
        let fits = match way.how {
            MoveKind::Collect => from == PlacementKind::Tenant,
            _ => from == PlacementKind::Shared,
        };
        if !fits {
            return Err(self.refused(&format!("`{name}` can't go that way"), &self.help()));
        }
        let shared = match from {
            PlacementKind::Tenant => self.after,
            PlacementKind::Shared => self.before,
        };
        if let Some(whose) = &way.whose {
            let column = shared.column(whose);
            if !column.is_some_and(|it| is_text(&it.sql_type)) {
                return Err(self.refused(
                    &format!("the shared table `{name}` has no text column `{whose}` for the key of a row's tenant"),
                    &self.help(),
                ));
            }
            if from == PlacementKind::Tenant && self.before.column(whose).is_some() {
                return Err(self.refused(
                    &format!("`{name}.{whose}` has values already, and can't tell whose a row is"),
                    "give the shared model a new field for the key of the tenant",
                ));
            }
        }
        let mut columns = Vec::new();
        for after in &self.after.columns {
            let name = &after.name;
            match self.before.column(name) {
                Some(before) if before.generated.is_some() && after.generated.is_some() => {}
                Some(before) if before.generated.is_some() != after.generated.is_some() => {
                    return Err(self.refused(
                        &format!("`{}.{name}` is computed on one side only", self.name),
                        "change it in a migration of its own, before the move or after it",
                    ));
                }
                Some(before) if before.sql_type == after.sql_type => columns.push(name.clone()),
                Some(before) => {
                    return Err(self.refused(
                        &format!(
                            "`{}.{name}` would have another type where its rows go, `{}` instead of `{}`",
                            self.name, after.sql_type, before.sql_type
                        ),
                        "change it in a migration of its own, before the move or after it",
                    ));
                }
                None if way.whose.as_ref() == Some(name) || after.has_value() => {}
                None => {
                    return Err(self.refused(
                        &format!("`{}.{name}` is new, and the rows that are moved have no value for it", self.name),
                        "add the field in a migration of its own, before the move or after it, or give it a default",
                    ));
                }
            }
        }
        let key = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
        let Some(key) = key(self.before).filter(|it| key(self.after).as_ref() == Some(it)) else {
            return Err(self.refused(
                &format!("the key of `{name}` is not the same where its rows go"),
                "change it in a migration of its own, before the move or after it",
            ));
        };
        let new_keys = way
            .new_keys
            .then(|| self.new_keys(&key, states))
            .transpose()?;
        let is_known = |column: &String| {
            columns.contains(column)
                || way.how == MoveKind::Collect && way.whose.as_ref() == Some(column)
        };
        let mut uniques = uniques(shared);
        uniques.retain(|unique| unique.iter().all(is_known));
        Ok(Move {
            how: way.how,
            uniques,
            whose: way.whose,
            numbered: numbered(self.after, &columns),
            numbered_before: numbered(self.before, &columns),
            columns,
            key,
            new_keys,
        })
    }

    fn new_keys(&self, key: &[String], (before, after): (&State, &State)) -> Result<NewKeys> {
        let column = match key {
            [key] => self.after.column(key),
            _ => None,
        };
        let Some(column) = column.filter(|it| it.identity || it.sql_type == "uuid") else {
            return Err(self.refused(
                &format!("the rows of `{}` can't get new keys", self.name),
                "only a key that the database numbers, or a UUID, can be a new one: leave `,new_keys` out",
            ));
        };
        let is_left = |table: &str, column: &str| {
            let mut both = [&after.tenant, &after.shared].into_iter();
            both.any(|it| {
                it.tables
                    .get(table)
                    .is_some_and(|it| it.column(column).is_some())
            })
        };
        let mut references = Vec::new();
        for (name, table) in before.tenant.tables.iter().filter(|(_, table)| !table.kept) {
            let keys = table.foreign_keys.values();
            for foreign in
                keys.filter(|it| it.target.placement == self.from && it.target.table == self.name)
            {
                let [column] = &foreign.columns[..] else {
                    continue;
                };
                let reference = KeyColumn {
                    table: name.clone(),
                    column: column.clone(),
                };
                if is_left(name, column) && !references.contains(&reference) {
                    references.push(reference);
                }
            }
        }
        Ok(NewKeys {
            sql_type: column.sql_type.clone(),
            references,
        })
    }

    pub(super) fn help(&self) -> String {
        let ways: Vec<String> = self
            .ways()
            .iter()
            .map(|it| format!("`--move \"{it}\"`"))
            .collect();
        format!("say how its rows get there with {}", ways.join(" or "))
    }

    pub(super) fn refused(&self, what: &str, help: &str) -> Error {
        Error::new(ErrorKind::Models, format!("{}: {what}", self.words())).help(help)
    }
}

fn other(placement: PlacementKind) -> PlacementKind {
    match placement {
        PlacementKind::Shared => PlacementKind::Tenant,
        PlacementKind::Tenant => PlacementKind::Shared,
    }
}

fn is_text(sql_type: &str) -> bool {
    sql_type == "text" || sql_type.starts_with("character varying")
}

fn is_in_key(table: &Table, column: &str) -> bool {
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| key.columns.iter().any(|it| it == column))
}

/// Whether a column is the whole key: then each value is that of one row.
fn is_the_key(table: &Table, column: &str) -> bool {
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| key.columns == [column])
}

fn numbered(table: &Table, columns: &[String]) -> Vec<String> {
    let all = table.columns.iter().filter(|column| column.identity);
    let all = all.map(|column| column.name.clone());
    all.filter(|name| columns.contains(name)).collect()
}

/// The columns of each key that two rows of a table can't share.
fn uniques(table: &Table) -> Vec<Vec<String>> {
    let key = table.primary_key.iter().map(|key| key.columns.clone());
    let constraints = table.uniques.values().map(|unique| unique.columns.clone());
    let indexes = table
        .indexes
        .values()
        .filter(|index| index.unique && index.filter.is_none());
    let indexes = indexes.filter_map(Index::plain_columns);
    key.chain(constraints).chain(indexes).collect()
}
