//! The operations that the models and the choices lead to.

use tenantry_sql::Kind;

use super::choices::Choices;
use super::moves::{Placed, check_names, drop_moved, placed, with_moves, without_kept};
use super::renames::{chosen, undecided};
use super::state;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::Chain;
use crate::model::ModelDef;
use crate::structure::{Change, Op, Rename, State, after_renames, diff_renamed};

/// The parts that a migration is to be made of.
pub(super) struct Prepared {
    /// The state that the chain leads to.
    pub(super) chain: State,
    /// The same without the tables that are kept.
    before: State,
    after: State,
    renames: Vec<Rename>,
    /// The state before, with the names of after.
    renamed: State,
    pub(super) operations: Vec<Op>,
}

/// Compares the models with the chain.
pub(super) fn prepare(models: &[&ModelDef], chain: &Chain, choices: &Choices) -> Result<Prepared> {
    let state = state(chain)?;
    let before = without_kept(&state);
    let after = State::from_models(models);
    let renames = chosen(models, (&before, &after), choices)?;
    let mut operations = diff_renamed(&before, &after, &renames).map_err(misfit)?;
    operations = with_moves((&before, &after), operations, choices)?;
    let mut dropped = drop_moved(&state, chain, choices)?;
    if dropped.is_empty() {
        check_names(&state, &after)?;
    }
    dropped.append(&mut operations);
    let mut operations = dropped;
    fill(&mut operations, &after, choices)?;
    Ok(Prepared {
        chain: state,
        renamed: after_renames(&before, &after, &renames).map_err(misfit)?,
        before,
        after,
        renames,
        operations,
    })
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

/// Gives rows the values that were chosen for them.
fn fill(operations: &mut [Op], after: &State, choices: &Choices) -> Result<()> {
    let mut used = Vec::new();
    for op in operations {
        let tables = &after.namespace(op.placement).tables;
        let is_computed = |name: &str| {
            let column = tables.get(&op.table).and_then(|table| table.column(name));
            column.is_some_and(|column| column.generated.is_some())
        };
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
            *fill = Some(value.to_owned());
            used.push(name);
        }
    }
    let is_unused = |(name, _): &&(String, String)| !used.contains(name);
    choices.fills.iter().find(is_unused).map_or(Ok(()), |(name, _)| {
        Err(Error::new(
            ErrorKind::Models,
            format!(
                "`{name}` is no column that is added, dropped, or forbids nulls now, so no rows get a value for it\n\
                 help: name the table and the column, as in `invoices.total`, by their new names"
            ),
        ))
    })
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
        placed(&self.before, &self.after)
    }

    /// Returns the column, and its type, that an operation adds to rows that would have no value for it.
    pub(super) fn lacks_value(&self, op: &Op) -> Option<(String, String)> {
        let Change::AddColumn { column, fill: None } = &op.change else {
            return None;
        };
        let tables = &self.renamed.namespace(op.placement).tables;
        let lacks = tables.contains_key(&op.table) && !column.has_value();
        lacks.then(|| {
            (
                format!("{}.{}", op.table, column.name),
                column.sql_type.clone(),
            )
        })
    }

    /// Refuses a column that would have no value in the rows that are there.
    pub(super) fn check_value(&self, models: &[&ModelDef], op: &Op) -> Result<()> {
        let (Some((name, _)), Change::AddColumn { column, .. }) =
            (self.lacks_value(op), &op.change)
        else {
            return Ok(());
        };
        let model = models
            .iter()
            .find(|model| model.placement == op.placement && model.table == op.table);
        let field = model.and_then(|model| {
            let mut columns = model.columns.iter();
            let def = columns.find(|def| def.name == column.name)?;
            Some(format!("`{}::{}`", model.name, def.field))
        });
        let field = field.unwrap_or_else(|| format!("the column `{}`", column.name));
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
