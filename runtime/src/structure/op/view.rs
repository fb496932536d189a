//! Views.
//!
//! A view is made twice: of nulls that have the types of the struct's fields, and then of its query. PostgreSQL refuses to replace a
//! view by one whose columns have other names or types, so a query that does not fit the struct fails when it is migrated and
//! not when it is first asked. That takes no function and no block, which would keep tenants from sharing a message.

use super::family::{At, Family, Verb};
use super::state::{Misfit, add, drop_from, missing};
use super::{Change, Phase};
use crate::name::{quote_identifier, quote_literal};
use crate::structure::{Namespace, View};

/// The rights that the tables behind a view are read with: those of whoever reads the view.
const OPTIONS: &str = "WITH (security_invoker = true)";

/// A view that is made or dropped.
pub(super) struct ViewChange<'a> {
    pub(super) verb: Verb,
    pub(super) definition: &'a View,
}

/// A view that gets another query, or columns behind those that it has.
pub(super) struct Replacing<'a> {
    pub(super) from: &'a View,
    pub(super) to: &'a View,
}

impl Family for ViewChange<'_> {
    fn noun(&self) -> &'static str {
        "view"
    }

    fn words(&self, table: &str) -> String {
        format!("{} {table}", self.verb.of("create", "drop"))
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::CreateViews, Phase::DropViews)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => [
                vec![made("CREATE", at, &shape(self.definition))],
                filled(at, None, self.definition),
            ]
            .concat(),
            Verb::Drop => vec![dropped(at)],
        }
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        match self.verb {
            Verb::Add => add(&mut namespace.views, "view", name, self.definition),
            Verb::Drop => drop_from(&mut namespace.views, "view", name),
        }
    }

    fn reversed(&self) -> Change {
        let definition = self.definition.clone();
        match self.verb {
            Verb::Add => Change::DropView { definition },
            Verb::Drop => Change::CreateView { definition },
        }
    }

    fn slug(&self, name: &str) -> String {
        format!("{}_{name}", self.verb.of("create", "drop"))
    }

    fn takes_away(&self) -> bool {
        self.verb.of(false, true)
    }

    fn note(&self) -> Option<&'static str> {
        self.verb.of(Some(NOTE), None)
    }
}

const NOTE: &str = "the nulls have the types of the struct's fields: the query is refused in their place if its columns have other \
                    names or types, or come in another order";

impl Family for Replacing<'_> {
    fn noun(&self) -> &'static str {
        "view"
    }

    fn words(&self, table: &str) -> String {
        format!("replace {table}")
    }

    fn phase(&self) -> Phase {
        Phase::CreateViews
    }

    fn sql(&self, at: &At) -> Vec<String> {
        if self.from.begins(self.to) {
            return [
                vec![made("CREATE OR REPLACE", at, &shape(self.to))],
                filled(at, Some(self.from), self.to),
            ]
            .concat();
        }
        // Columns can't be taken off a view.
        let made = ViewChange {
            verb: Verb::Add,
            definition: self.to,
        };
        [vec![dropped(at)], made.sql(at)].concat()
    }

    fn apply(&self, namespace: &mut Namespace, name: &str) -> Result<(), Misfit> {
        let view = namespace.views.get_mut(name);
        let view = view.ok_or_else(|| missing("view", name))?;
        view.clone_from(self.to);
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::ReplaceView {
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    fn takes_away(&self) -> bool {
        !self.from.is_within(self.to)
    }

    fn note(&self) -> Option<&'static str> {
        Some(NOTE)
    }
}

fn dropped(at: &At) -> String {
    format!("DROP VIEW {}", at.table)
}

fn made(verb: &str, at: &At, query: &str) -> String {
    format!("{verb} VIEW {} {OPTIONS} AS\n{query}", at.table)
}

/// Nulls with the names and types that the columns are to have.
fn shape(view: &View) -> String {
    let columns = view.columns.iter().map(|column| {
        let name = quote_identifier(&column.name);
        format!("NULL::{} AS {name}", column.sql_type)
    });
    let columns: Vec<String> = columns.collect();
    format!("SELECT {}", columns.join(", "))
}

/// Gives a view, which has its columns, the query and the comments that it had not before.
fn filled(at: &At, before: Option<&View>, view: &View) -> Vec<String> {
    let mut statements = vec![made("CREATE OR REPLACE", at, &view.query)];
    let of = |before: Option<&Option<String>>, text: &Option<String>, on: String| {
        let is_same = before.map_or(text.is_none(), |before| before == text);
        let text = text.as_deref().map_or_else(
            || "NULL".to_owned(),
            |text| quote_literal(text).trim_start().to_owned(),
        );
        (!is_same).then(|| format!("COMMENT ON {on} IS {text}"))
    };
    let known = before.map(|before| &before.comment);
    statements.extend(of(known, &view.comment, format!("VIEW {}", at.table)));
    for column in &view.columns {
        let known = before.and_then(|before| {
            let mut columns = before.columns.iter();
            columns.find(|it| it.name == column.name)
        });
        let on = format!("COLUMN {}.{}", at.table, quote_identifier(&column.name));
        statements.extend(of(known.map(|it| &it.comment), &column.comment, on));
    }
    statements
}
