//! The operations that the models and the choices lead to.

use std::collections::BTreeMap;

use tenantry_sql::Kind;

use super::choices::Choices;
use super::moves::{
    Placed, check_followed, check_names, drop_moved, placed, with_moves, without_kept,
};
use super::renames::{chosen, undecided};
use super::state;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::Chain;
use crate::model::ModelDef;
use crate::structure::{
    Change, ForeignKey, Op, Rename, State, Table, after_renames, diff_renamed, with_views,
};

/// The parts that a migration is to be made of.
pub(super) struct Prepared {
    /// Whether the chain has no migrations yet.
    is_first: bool,
    /// The state that the chain leads to.
    pub(super) chain: State,
    /// The same without the tables that are kept.
    before: State,
    after: State,
    renames: Vec<Rename>,
    /// The state before, with the names of after.
    renamed: State,
    pub(super) operations: Vec<Op>,
    /// Those of them that are on tables and types.
    pub(super) of_tables: Vec<Op>,
    /// The columns of which it was said that no row has null.
    without_nulls: Vec<String>,
}

/// A column for which rows have no value.
pub(super) struct Lack {
    /// The column, as `invoices.total`.
    pub(super) column: String,
    pub(super) sql_type: String,
    /// Whether the rows of before may have null there, and no other row has none.
    pub(super) is_nullable_before: bool,
}

/// Compares the models with the chain.
pub(super) fn prepare(models: &[&ModelDef], chain: &Chain, choices: &Choices) -> Result<Prepared> {
    let state = state(chain)?;
    let before = without_kept(&state);
    let after = State::from_models(models);
    let renames = chosen(models, (&before, &after), choices)?;
    let mut operations = diff_renamed(&before, &after, &renames).map_err(misfit)?;
    let named_anew = after_renames(&before, &after, &renames).map_err(misfit)?;
    check_followed(models, (&named_anew, &after))?;
    operations = with_moves((&named_anew, &after), operations, choices)?;
    let mut dropped = drop_moved(&state, chain, choices)?;
    check_names(&without(&state, &dropped), &after)?;
    dropped.append(&mut operations);
    let mut operations = dropped;
    let without_nulls = fill(&mut operations, &after, choices)?;
    let of_tables = operations;
    let operations = with_views(of_tables.clone(), &before, &after);
    Ok(Prepared {
        is_first: chain.migrations().is_empty(),
        chain: state,
        renamed: named_anew,
        before,
        after,
        renames,
        operations,
        of_tables,
        without_nulls,
    })
}

/// The state without the tables that operations drop, whose names are free by then.
fn without(state: &State, dropped: &[Op]) -> State {
    let mut state = state.clone();
    for op in dropped {
        let namespace = state.namespace_mut(op.placement);
        namespace.tables.remove(&op.table);
    }
    state
}

/// A name that is taken is a fault of the models.
fn misfit(error: crate::structure::StructureError) -> Error {
    Error::new(ErrorKind::Models, error.to_string())
        .help("choose a new name that nothing has yet")
        .because(error)
}

/// Refuses as a value what would go on behind it: it stands within statements.
fn check_fill(column: &str, value: &str) -> Result<()> {
    let mut depth = 0_i32;
    let is_one = tenantry_sql::tokens(value).all(|token| {
        depth += i32::from(token.is_sign("(")) - i32::from(token.is_sign(")"));
        let ends = matches!(token.kind, Kind::Comment | Kind::Open(_)) || token.is_sign(";");
        depth >= 0 && !ends
    });
    if is_one && depth == 0 && !value.trim().is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Models,
        format!("the value for `{column}` is not one SQL expression"),
    )
    .help("give one without comments, such as `0`, `'none'` or `now()`"))
}

/// Gives rows the values that were chosen for them. Returns the columns for which null was chosen where nulls are forbidden: nothing is
/// written there.
fn fill(operations: &mut [Op], after: &State, choices: &Choices) -> Result<Vec<String>> {
    let mut used = Vec::new();
    let mut without_nulls = Vec::new();
    for op in operations {
        let forbids_null = matches!(op.change, Change::AlterNullable { .. });
        let tables = &after.namespace(op.placement).tables;
        let is_computed = |name: &str| {
            let column = tables.get(&op.table).and_then(|table| table.column(name));
            column.is_some_and(|column| column.generated.is_some())
        };
        if let Change::RequireRows { key, fill } = &mut op.change {
            let table = tables.get(&op.table);
            *fill = rows_of_tenants((&op.table, key), table, choices, &mut used)?;
            continue;
        }
        let (column, fill) = match &mut op.change {
            Change::AddColumn { column, fill } | Change::DropColumn { column, fill }
                if column.generated.is_none() =>
            {
                (&column.name, fill)
            }
            Change::AlterNullable {
                column,
                nullable: false,
                fill,
            } if !is_computed(column) => (&*column, fill),
            _ => continue,
        };
        let name = format!("{}.{column}", op.table);
        if let Some(value) = choices.fill_of(&name) {
            check_fill(&name, value)?;
            if forbids_null && value.trim().eq_ignore_ascii_case("null") {
                *fill = None;
                without_nulls.push(name.clone());
            } else {
                *fill = Some(value.to_owned());
            }
            used.push(name);
        }
    }
    let is_unused = |(name, _): &&(String, String)| !used.contains(name);
    choices.fills.iter().find(is_unused).map_or(Ok(without_nulls), |(name, _)| {
        Err(Error::new(
            ErrorKind::Models,
            format!(
                "`{name}` is no column that is added, dropped, or forbids nulls now, so no rows get a value for it\n\
                 help: name the table and the column, as in `invoices.total`, by their new names"
            ),
        ))
    })
}

/// The values for the rows of the tenants that there are; none if it was said that there are none, or something lacks a value.
fn rows_of_tenants(
    (name, key): (&str, &str),
    table: Option<&Table>,
    choices: &Choices,
    used: &mut Vec<String>,
) -> Result<Option<BTreeMap<String, String>>> {
    let mut fill = Some(BTreeMap::new());
    let columns = table.into_iter().flat_map(|table| &table.columns);
    for column in columns.filter(|column| column.name != key && column.generated.is_none()) {
        let of = format!("{name}.{}", column.name);
        match choices.fill_of(&of) {
            Some(value) => {
                check_fill(&of, value)?;
                let is_none = !column.nullable && value.trim().eq_ignore_ascii_case("null");
                if is_none {
                    fill = None;
                } else if let Some(fill) = &mut fill {
                    fill.insert(column.name.clone(), value.to_owned());
                }
                used.push(of);
            }
            None if column.has_value() => {}
            None => fill = None,
        }
    }
    Ok(fill)
}

impl Prepared {
    /// Returns what may have been renamed and was not decided yet.
    pub(super) fn undecided(&self, choices: &Choices) -> Result<Vec<Rename>> {
        let mut renames = undecided((&self.before, &self.after), &self.renames, choices)?;
        let placed = self.placed();
        renames.retain(|rename| {
            let mut placed = placed.iter();
            !placed.any(|it| it.from == rename.placement && it.name == rename.former())
        });
        Ok(renames)
    }

    /// Returns the tables whose models are placed otherwise.
    pub(super) fn placed(&self) -> Vec<Placed<'_>> {
        placed(&self.renamed, &self.after)
    }

    /// Returns the column for which an operation leaves rows without a value.
    pub(super) fn lacks_value(&self, op: &Op) -> Option<Lack> {
        let (column, is_nullable_before) = match &op.change {
            Change::AddColumn { column, fill: None } if !column.has_value() => {
                (column.name.as_str(), false)
            }
            Change::AlterNullable {
                column,
                nullable: false,
                fill: None,
            } => (column.as_str(), true),
            _ => return None,
        };
        let before = self.renamed.namespace(op.placement).tables.get(&op.table);
        let after = self.after.namespace(op.placement).tables.get(&op.table);
        let sql_type = after?.column(column)?.sql_type.clone();
        let name = format!("{}.{column}", op.table);
        (before.is_some() && !self.without_nulls.contains(&name)).then_some(Lack {
            column: name,
            sql_type,
            is_nullable_before,
        })
    }

    /// Returns the columns whose foreign keys lead to another table than before, as `invoices.customer`, with the two in words.
    pub(super) fn led_elsewhere(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for op in &self.operations {
            let Change::AddForeignKey { name, definition } = &op.change else {
                continue;
            };
            let Some(before) = self.renamed.namespace(op.placement).tables.get(&op.table) else {
                continue;
            };
            let after = &definition.target;
            // A table whose model is placed otherwise takes its rows along, or is asked about itself.
            let was_there = || {
                let tables = &self.renamed.namespace(after.placement).tables;
                tables.contains_key(&after.table)
            };
            let is_led = |key: &&ForeignKey| {
                let is_other = key.target.placement != after.placement && was_there();
                key.columns == definition.columns && (key.target.table != after.table || is_other)
            };
            if let Some(former) = before.foreign_keys.values().find(is_led) {
                let (of, to) = (&former.target.table, &definition.target.table);
                let words = format!(
                    "foreign key `{name}` of {} table `{}` leads to `{to}`, and led to `{of}`: the keys that rows have are those of \
                     `{of}`, and mean whichever rows of `{to}` have the same",
                    op.placement.as_str(),
                    op.table
                );
                all.push((
                    format!("{}.{}", op.table, definition.columns.join(",")),
                    words,
                ));
            }
        }
        all
    }

    /// Returns the columns for which the rows of tenants that there are would have no value.
    pub(super) fn lacks_rows(&self, op: &Op, choices: &Choices) -> Vec<Lack> {
        let Change::RequireRows { key, fill: None } = &op.change else {
            return Vec::new();
        };
        // Before the first migration there are no tenants.
        if self.is_first {
            return Vec::new();
        }
        let table = self.after.shared.tables.get(&op.table);
        let columns = table.into_iter().flat_map(|table| &table.columns);
        columns
            .filter(|column| column.name != *key && !column.has_value())
            .map(|column| Lack {
                column: format!("{}.{}", op.table, column.name),
                sql_type: column.sql_type.clone(),
                is_nullable_before: true,
            })
            .filter(|lack| choices.fill_of(&lack.column).is_none())
            .collect()
    }

    /// Refuses rows of tenants that would lack a value.
    pub(super) fn check_rows(&self, op: &Op, choices: &Choices) -> Result<()> {
        let lacking = self.lacks_rows(op, choices);
        let Some(first) = lacking.first() else {
            return Ok(());
        };
        let all: Vec<String> = lacking
            .iter()
            .map(|lack| format!("`{}`", lack.column))
            .collect();
        Err(Error::new(
            ErrorKind::Models,
            format!(
                "each row of the shared table `{}` is a tenant, and the rows of the tenants that there are would have no value for {}\n\
                 help: say which value they get, as SQL, with `--fill \"{name}=…\"`, where `t` is the tenant's row in `tenantry.tenant`; \
                 or that there is no tenant yet, with `--fill \"{name}=NULL\"`: then it fails where there is one",
                op.table,
                all.join(", "),
                name = first.column,
            ),
        ))
    }

    /// Refuses a column that would have no value in the rows that are there.
    pub(super) fn check_value(&self, models: &[&ModelDef], op: &Op) -> Result<()> {
        let Some(lack) = self.lacks_value(op) else {
            return Ok(());
        };
        let name = &lack.column;
        let column = name.strip_prefix(&format!("{}.", op.table)).unwrap_or(name);
        let model = models
            .iter()
            .find(|model| model.placement == op.placement && model.table == op.table);
        let field = model.and_then(|model| {
            let mut columns = model.columns.iter();
            let def = columns.find(|def| def.name == column)?;
            Some(format!("`{}::{}`", model.name, def.field))
        });
        let field = field.unwrap_or_else(|| format!("the column `{column}`"));
        if lack.is_nullable_before {
            return Err(Error::new(
                ErrorKind::Models,
                format!(
                    "{field} takes no null any more, and rows of the {} table `{}` may have null there\n\
                     help: give the field a default for them, `#[field(default = \"…\")]`; or say which value they get, as SQL, with \
                     `--fill \"{name}=…\"`; or that there are none, with `--fill \"{name}=NULL\"`: then it fails where there are",
                    op.placement.as_str(),
                    op.table
                ),
            ));
        }
        Err(Error::new(
            ErrorKind::Models,
            format!(
                "{field} is new, and the rows that {} table `{}` has already would have no value for it\n\
                 help: give the field a default for them, `#[field(default = \"…\")]`, or make it an `Option`; or say which \
                 value these rows get, as SQL, with `--fill \"{name}=…\"`; if it has only a new name, with `was` or `--rename`",
                op.placement.as_str(),
                op.table
            ),
        ))
    }
}
