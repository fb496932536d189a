//! Conflicts of new rows with those that are there, as data.

use std::borrow::Cow;
use std::fmt::Write;

use sea_query::{Alias, Query as Sql};

use super::bulk::twice;
use super::change::{assigned, check_given, set_automatic};
use super::node::Node;
use super::referenced;
use super::render::Renderer;
use super::slots::filled;
use super::tolerance::check_named;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, IndexPart, ModelDef};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::Param;

/// A conflict, and what is done then.
#[derive(Debug, Clone)]
pub(super) struct OnConflict {
    pub(super) with: Target,
    pub(super) then: Action,
    /// Whether each row that is given says whether it is new, which rows of partitioned tables can't.
    pub(super) tells_new: bool,
}

/// Rows that a new one can be in conflict with.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Those that have the same in these columns.
    Columns(Vec<&'static ColumnDef>),
    /// Those that an index or constraint of this name forbids.
    Named(&'static str),
    /// Any.
    Any,
}

/// Action in the place of an insert.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Nothing,
    Update(Changes),
}

/// Changes of the row that is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    /// Columns that take what the new row would have had.
    pub(super) taken: Vec<&'static ColumnDef>,
    /// Columns that get a value.
    pub(super) set: Vec<(&'static ColumnDef, Node)>,
    /// The condition on which it is changed.
    pub(super) filter: Option<Node>,
}

/// The same as SQL. Its parameters are the first of the statement.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
    pub(super) tells_new: bool,
    /// Whether a row is refused that an earlier statement of the insert has written: the first parameter says which rows these are.
    pub(super) guards: bool,
}

/// A reason for which two rows of a model are in conflict.
#[derive(Clone)]
struct Unique {
    parts: Vec<IndexPart>,
    filter: Option<Cow<'static, str>>,
    /// Whether it is of the rows that are not deleted, as queries are.
    is_of_live: bool,
    name: Option<&'static str>,
}

impl OnConflict {
    /// Returns the clause of a statement. If it `guards`, it refuses to change what an earlier statement of the insert has written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the model has no such unique columns; when a value can't be sent.
    pub(super) fn clause(
        &self,
        model: &'static ModelDef,
        context: &Context,
        guards: bool,
    ) -> Result<Clause> {
        self.written(model, context, guards)
            .map_err(|error| error.in_model(model, "upsert"))
    }

    fn written(&self, model: &'static ModelDef, context: &Context, guards: bool) -> Result<Clause> {
        let mut sql = " ON CONFLICT".to_owned();
        if let Some(unique) = self.with.find(model)? {
            check_by(&unique, model, context)?;
            for (place, part) in unique.parts.iter().enumerate() {
                sql.push_str(if place == 0 { " (" } else { ", " });
                match part {
                    IndexPart::Column(name) => sql.push_str(&quote_identifier(name)),
                    IndexPart::Expression(of) => {
                        add(&mut sql, format_args!("({})", filled(of, context)));
                    }
                }
            }
            sql.push(')');
            if let Some(filter) = &unique.filter {
                add(&mut sql, format_args!(" WHERE {}", filled(filter, context)));
            }
        }
        let Action::Update(changes) = &self.then else {
            sql.push_str(" DO NOTHING");
            return Ok(Clause {
                sql,
                params: Vec::new(),
                tells_new: self.tells_new,
                guards: false,
            });
        };
        let (changes, params) = changes.written(model, context, guards)?;
        add(&mut sql, format_args!(" DO UPDATE SET {changes}"));
        Ok(Clause {
            sql,
            params,
            tells_new: self.tells_new,
            guards,
        })
    }

    /// Returns the columns of which no two rows given may have the same, since one would change the other.
    pub(super) fn once(&self, model: &'static ModelDef) -> Option<Vec<usize>> {
        match self.then {
            Action::Update(_) => self.with.columns(model),
            Action::Nothing => None,
        }
    }
}

impl Changes {
    /// Returns the assignments and the condition, as they stand in an update, whose text is written anyway.
    fn written(
        &self,
        model: &'static ModelDef,
        context: &Context,
        guards: bool,
    ) -> Result<(String, Vec<Param>)> {
        let table = met_as(model);
        let given = self.set.iter().map(|(def, _)| *def);
        check_given(self.taken.iter().copied().chain(given.clone()))?;
        check_keeps_key(model, self.taken.iter().copied().chain(given))?;
        let mut renderer = Renderer::of_met(context, model);
        let mut update = Sql::update();
        update.table(Alias::new(table));
        for def in &self.taken {
            check_named(def, context)?;
            let taken = sea_query::Expr::col((Alias::new("excluded"), Alias::new(def.name)));
            update.value(Alias::new(def.name), taken);
        }
        for (def, value) in &self.set {
            update.value(
                Alias::new(def.name),
                assigned(&mut renderer, (model, table), def, value)?,
            );
        }
        let is_left = |def: &&ColumnDef| {
            let mut set = self.taken.iter().chain(self.set.iter().map(|(def, _)| def));
            !set.any(|set| set.name == def.name)
        };
        set_automatic(&mut update, table, model.columns.iter().filter(is_left));
        let filter = self.filter.as_ref();
        let filter = filter.map(|filter| renderer.condition(filter, table));
        let filter = filter.transpose()?;
        let (sql, params) = if guards {
            update.and_where(twice::guarded(table, filter));
            let (sql, own) = renderer.finish_behind(1, &update);
            (sql, [vec![twice::nobody()], own].concat())
        } else {
            update.and_where_option(filter);
            renderer.finish(&update)
        };
        // A table's name has no spaces.
        let changes = sql
            .split_once(" SET ")
            .map(|(_, changes)| changes.to_owned());
        Ok((changes.expect("an update sets something"), params))
    }
}

impl Target {
    /// Finds what it is among all that is unique in a model.
    fn find(&self, model: &'static ModelDef) -> Result<Option<Unique>> {
        let all = unique(model);
        let help = || {
            let all: Vec<String> = all.iter().map(Unique::to_string).collect();
            format!("help: a row of it is unique by {}", all.join("; "))
        };
        let (found, what): (Vec<&Unique>, String) = match self {
            Self::Any => return Ok(None),
            Self::Named(name) => (
                all.iter().filter(|it| it.name == Some(*name)).collect(),
                format!("is called `{name}`"),
            ),
            Self::Columns(columns) => {
                let names: Vec<String> =
                    columns.iter().map(|it| format!("`{}`", it.name)).collect();
                let is_of = |unique: &&Unique| {
                    let has =
                        |def: &&ColumnDef| unique.parts.contains(&IndexPart::Column(def.name));
                    unique.parts.len() == columns.len() && columns.iter().all(has)
                };
                let whole = all.iter().filter(is_of).find(|it| it.is_of_all());
                (
                    match whole {
                        Some(whole) => vec![whole],
                        None => all.iter().filter(is_of).collect(),
                    },
                    format!("is of {}", names.join(", ")),
                )
            }
        };
        match found[..] {
            [one] => Ok(Some(one.clone())),
            [] => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "no unique constraint or index of `{}` {what}\n{}",
                    model.name,
                    help()
                ),
            )),
            _ => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "several unique indexes of `{}` {what}, each for a part of the rows\n\
                     help: give the one that is meant a name, and write `.on_conflict_with(\"name\")`",
                    model.name
                ),
            )),
        }
    }
}

impl Target {
    /// Returns the columns by which a row is found that is in conflict.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the model has no such unique columns, or is unique by more than these.
    pub(super) fn found_by(&self, model: &'static ModelDef) -> Result<Vec<usize>> {
        if let Some(columns) = self.columns(model) {
            return Ok(columns);
        }
        let unique = self.find(model)?;
        let what = unique.map_or_else(String::new, |unique| format!(" by {unique}"));
        let message = format!(
            "a row that is there is found by unique columns, and `{}` is unique{what}\n\
             help: look for it by a query, and insert it `unless_conflict`",
            model.name
        );
        Err(Error::new(ErrorKind::Configuration, message))
    }

    /// Whether a row that is there may be deleted.
    pub(super) fn meets_deleted(&self, model: &'static ModelDef) -> bool {
        let unique = self.find(model).ok().flatten();
        unique.is_none_or(|unique| !unique.is_of_live)
    }

    /// Returns the columns by which it is told whether two rows are in conflict, if it is columns of all rows, or of all that are not deleted.
    pub(super) fn columns(&self, model: &'static ModelDef) -> Option<Vec<usize>> {
        let unique = self.find(model).ok()??;
        let index = |part: &IndexPart| match part {
            IndexPart::Column(name) => model.columns.iter().position(|def| def.name == *name),
            IndexPart::Expression(_) => None,
        };
        let columns = unique.parts.iter().map(index).collect();
        if unique.is_of_all() { columns } else { None }
    }
}

/// Refuses to find a row by a column that the tenant lacks.
fn check_by(unique: &Unique, model: &ModelDef, context: &Context) -> Result<()> {
    let is_by = |def: &&ColumnDef| {
        let mut parts = unique.parts.iter();
        parts.any(|part| matches!(part, IndexPart::Column(name) if *name == def.name))
    };
    let mut columns = model.columns.iter().filter(is_by);
    columns.try_for_each(|def| check_named(def, context))
}

/// Returns the name by which the clause knows the row that is there. `excluded` is the new one.
pub(super) fn met_as(model: &ModelDef) -> &'static str {
    match model.table {
        // No table's name has capital letters.
        "excluded" => "Met",
        table => table,
    }
}

/// Returns all that is unique in a model.
fn unique(model: &'static ModelDef) -> Vec<Unique> {
    let live = model.live().map(Cow::from);
    let alone = model.columns.iter().enumerate();
    let alone = alone.filter(|(index, def)| def.unique || model.key == [*index]);
    let alone = alone.map(|(index, def)| {
        let filter = live.clone().filter(|_| model.key != [index]);
        Unique {
            parts: vec![IndexPart::Column(def.name)],
            is_of_live: filter.is_some(),
            filter,
            name: None,
        }
    });
    let key = (model.key.len() > 1).then(|| Unique {
        parts: model
            .key_columns()
            .map(|def| IndexPart::Column(def.name))
            .collect(),
        filter: None,
        is_of_live: false,
        name: None,
    });
    let several = model.indexes.iter().filter(|index| index.unique);
    let several = several.map(|index| Unique {
        parts: index.parts.to_vec(),
        filter: index.filter.map(Cow::from).or_else(|| live.clone()),
        is_of_live: index.filter.is_none() && live.is_some(),
        name: index.name,
    });
    alone.chain(key).chain(several).collect()
}

impl Unique {
    /// Whether it is of all rows, or of all that are not deleted.
    fn is_of_all(&self) -> bool {
        self.filter.is_none() || self.is_of_live
    }
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            let (IndexPart::Column(part) | IndexPart::Expression(part)) = part;
            write!(f, "{}`{part}`", if place == 0 { "" } else { ", " })?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " where `{filter}`")?;
        }
        match self.name {
            Some(name) => write!(f, " (`{name}`)"),
            None => Ok(()),
        }
    }
}

/// Refuses to give a row another key that tenants may reference without a constraint, since nobody looks for them here.
fn check_keeps_key(
    model: &'static ModelDef,
    mut changed: impl Iterator<Item = &'static ColumnDef>,
) -> Result<()> {
    let rekeyed = changed.find(|def| model.is_of_key(def));
    let Some(key) = rekeyed.filter(|_| referenced::is_needed(model)) else {
        return Ok(());
    };
    let message = format!(
        "the insert would give the row that is there another key, `{}`, and tenants reference such rows without a constraint\n\
         help: write `update_where(..).set(..)`, which looks for the tenants",
        key.field
    );
    Err(Error::new(ErrorKind::Configuration, message))
}

fn add(sql: &mut String, text: std::fmt::Arguments<'_>) {
    sql.write_fmt(text)
        .expect("a text takes all that is written");
}
