//! Rows that are deleted with the row that they reference, and brought back with it, where deleted rows stay in their tables.
//!
//! All is done by the statement that marks the first rows: each model is a common table expression behind those of the models that it
//! references, and takes the keys from these.

use std::fmt::Write;

use super::saved::push_automatic;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Gives, Statement};
use crate::model::{ColumnDef, ModelDef, OnDelete, registered};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::{Reference, SqlType};

/// A change of the rows that are meant.
#[derive(Clone, Copy)]
pub(super) enum Marking {
    /// They are deleted, if they are not yet.
    Delete,
    /// They are brought back, if they were deleted at one of the times that the parameter of this number has, which are of this type.
    Restore { times: usize, sql: SqlType },
}

/// A model whose rows go with those of others.
struct Follower {
    model: &'static ModelDef,
    /// The column that says when a row was deleted.
    deleted: &'static ColumnDef,
    /// The columns by which they go, and the number of the model that each references.
    through: Vec<(&'static ColumnDef, usize)>,
    /// The columns by which they go with others of their own.
    own: Vec<&'static ColumnDef>,
}

/// Adds to a statement, which marks rows of a model and gives all of their columns, or is to count them, what follows for others.
///
/// # Errors
///
/// [`ErrorKind::Configuration`], when rows of several models would go with each other in a circle.
pub(super) fn with_followers(
    model: &'static ModelDef,
    context: &Context,
    statement: Statement,
    mark: Marking,
) -> Result<Statement> {
    let followers = followers(model).map_err(|error| error.in_model(model, statement.operation))?;
    let Some(first) = followers.first().filter(|_| !is_alone(&followers)) else {
        return Ok(statement);
    };
    let key = quote_identifier(first.model.referenced_column().name);
    let returning = match statement.gives {
        Gives::Count => format!(" RETURNING {key}"),
        _ => String::new(),
    };
    let mut sql = format!("WITH RECURSIVE \"D0\" AS ({}{returning})", statement.sql);
    for (number, follower) in followers.iter().enumerate() {
        follower.write(&mut sql, number, context, mark);
    }
    let columns: Vec<String> = match statement.gives {
        Gives::Count => vec![key],
        _ => model
            .columns
            .iter()
            .map(|def| quote_identifier(def.name))
            .collect(),
    };
    add(
        &mut sql,
        format_args!(" SELECT {} FROM \"D0\"", columns.join(", ")),
    );
    Ok(Statement { sql, ..statement })
}

/// Whether rows of a model take no others with them.
fn is_alone(followers: &[Follower]) -> bool {
    matches!(followers, [one] if one.own.is_empty())
}

impl Follower {
    /// Writes what is done to its rows. The first rows are `D0`; the keys of all rows of a model are `K` and its number.
    fn write(&self, sql: &mut String, number: usize, context: &Context, mark: Marking) {
        let table = self.model.table_in(context);
        let (set, is_meant) = mark.of(self.deleted);
        let through = self.through();
        let is_which = if self.model.key.len() > 1 {
            // Nothing references its rows, so nobody asks for their keys.
            format!("({through})")
        } else {
            let key = quote_identifier(self.model.referenced_column().name);
            let first = if number == 0 {
                format!("SELECT {key} FROM \"D0\"")
            } else {
                format!("SELECT t.{key} FROM {table} AS t WHERE {is_meant} AND ({through})")
            };
            add(sql, format_args!(", \"K{number}\" (k) AS ({first}"));
            if !self.own.is_empty() {
                let own = any(self.own.iter().map(|def| format!("{} = r.k", of_row(def))));
                add(
                    sql,
                    format_args!(
                        " UNION SELECT t.{key} FROM {table} AS t JOIN \"K{number}\" AS r ON {own} WHERE {is_meant}"
                    ),
                );
            }
            sql.push(')');
            let but = if number == 0 {
                format!(" AND t.{key} NOT IN (SELECT {key} FROM \"D0\")")
            } else {
                String::new()
            };
            format!("t.{key} IN (SELECT k FROM \"K{number}\"){but}")
        };
        if number == 0 && self.own.is_empty() {
            return;
        }
        let deleted = quote_identifier(self.deleted.name);
        add(
            sql,
            format_args!(", \"E{number}\" AS (UPDATE {table} AS t SET {deleted} = {set}"),
        );
        push_automatic(sql, self.model, |_| false);
        add(sql, format_args!(" WHERE {is_meant} AND {is_which})"));
    }

    /// The condition that a row references one that is marked.
    fn through(&self) -> String {
        let through = self.through.iter();
        any(through
            .map(|(def, parent)| format!("{} IN (SELECT k FROM \"K{parent}\")", of_row(def))))
    }
}

/// A column of the row that is marked.
fn of_row(def: &ColumnDef) -> String {
    format!("t.{}", quote_identifier(def.name))
}

fn any(conditions: impl Iterator<Item = String>) -> String {
    conditions.collect::<Vec<_>>().join(" OR ")
}

impl Marking {
    /// The value that a column gets, and of which rows.
    fn of(self, def: &ColumnDef) -> (&'static str, String) {
        let column = of_row(def);
        match self {
            Self::Delete => (def.sql.now(), format!("{column} IS NULL")),
            Self::Restore { times, sql } if def.sql == sql => {
                ("NULL", format!("{column} = ANY(${times})"))
            }
            Self::Restore { .. } => ("NULL", "FALSE".to_owned()),
        }
    }
}

/// The models whose rows go with those of a model, which is the first; each stands behind those that it references.
fn followers(model: &'static ModelDef) -> Result<Vec<Follower>> {
    let mut found = vec![model];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for (child, _) in children(parent) {
            if !found.iter().any(|known| is_same(known, child)) {
                found.push(child);
            }
        }
    }
    let mut ordered: Vec<Follower> = Vec::with_capacity(found.len());
    while !found.is_empty() {
        let is_free = |at: &usize| {
            let parents = found.iter().filter(|parent| !is_same(parent, found[*at]));
            !parents
                .into_iter()
                .any(|parent| children(parent).any(|(child, _)| is_same(child, found[*at])))
        };
        let Some(free) = (0..found.len()).find(is_free) else {
            return Err(circle(&found));
        };
        let model = found.remove(free);
        let parents = ordered.iter().enumerate();
        let through = parents.flat_map(|(number, parent)| {
            let of = children(parent.model).filter(|(child, _)| is_same(child, model));
            of.map(move |(_, def)| (def, number))
        });
        let through = through.collect();
        let own = children(model).filter(|(child, _)| is_same(child, model));
        ordered.extend(model.soft_delete().map(|deleted| Follower {
            model,
            deleted,
            through,
            own: own.map(|(_, def)| def).collect(),
        }));
    }
    Ok(ordered)
}

/// The models of the same place whose rows go with those of a model, and by which column.
fn children(
    parent: &'static ModelDef,
) -> impl Iterator<Item = (&'static ModelDef, &'static ColumnDef)> {
    let all = registered()
        .filter(move |child| child.placement == parent.placement && child.soft_delete().is_some());
    let columns = all.flat_map(|child| child.columns.iter().map(move |def| (child, def)));
    columns.filter(move |(_, def)| {
        let leads = |to: &Reference| to.model == parent.name && to.module == parent.module;
        def.on_delete == OnDelete::Cascade && def.references.as_ref().is_some_and(leads)
    })
}

fn is_same(one: &ModelDef, other: &ModelDef) -> bool {
    (one.name, one.module) == (other.name, other.module)
}

/// The error for models whose rows would go with each other in a circle.
fn circle(models: &[&'static ModelDef]) -> Error {
    let names: Vec<String> = models
        .iter()
        .map(|model| format!("`{}`", model.name))
        .collect();
    let message = format!(
        "rows of {} would be deleted with each other in a circle, since they reference each other with `on_delete = \"cascade\"`\n\
         help: delete them by conditions of their own with `delete_where`, and write another `on_delete`",
        names.join(", ")
    );
    Error::new(ErrorKind::Configuration, message)
}

fn add(sql: &mut String, text: std::fmt::Arguments<'_>) {
    sql.write_fmt(text)
        .expect("a text takes all that is written");
}
