//! Columns that the tables of the scope's tenant may lack, since only tenants of some versions have them.
//!
//! Rows are read with the field's default in the place of such a column, which the statement has as a constant: so whatever reads
//! rows finds as many values as the model has. What names the column otherwise, in a condition or to write it, is refused before it is sent.

use sea_query::{Expr as SqlExpr, ExprTrait};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement};
use crate::model::{ColumnDef, ModelDef, WhyLacked, versioned_columns};
use crate::place::{Context, TenantVersion};
use crate::value::Param;

/// Whether the tenant of a context lacks a column.
pub(super) fn is_lacked(def: &ColumnDef, version: Option<TenantVersion>) -> bool {
    version.is_some_and(|version| !def.is_in(version))
}

/// Whether the tenant of a context lacks any column of a model.
pub(super) fn lacks_any(model: &ModelDef, version: Option<TenantVersion>) -> bool {
    version.is_some_and(|version| model.lacks_any(version))
}

/// The value that stands for a column which is not there, as an expression of the type that it is read as.
pub(super) fn stand_in(def: &ColumnDef) -> String {
    let default = def.default_sql().unwrap_or("NULL");
    match def.sql.read_as() {
        Some(ty) => format!("CAST({default} AS {ty})"),
        None => format!("CAST({default} AS {})", def.sql),
    }
}

/// The same as a value of the column's own type, for a query within the statement.
pub(super) fn stand_in_column(def: &ColumnDef) -> String {
    let default = def.default_sql().unwrap_or("NULL");
    format!("CAST({default} AS {})", def.sql)
}

/// The same among the columns of a row that may not be there, which is told by its key.
pub(super) fn stand_in_of(def: &ColumnDef, key: SqlExpr) -> SqlExpr {
    let value = SqlExpr::cust(stand_in(def));
    SqlExpr::cust_with_exprs("CASE WHEN $1 THEN $2 END", [key.is_not_null(), value])
}

/// Refuses to name a column that the tenant lacks.
pub(super) fn check_named(def: &ColumnDef, context: &Context) -> Result<()> {
    match context.version() {
        Some(version) if !def.is_in(version) => Err(lacking(def, context, version)),
        _ => Ok(()),
    }
}

/// The values of a new row without the columns that the tenant lacks: null is left out, where that is what the row is read with.
pub(super) fn without_lacked(
    model: &ModelDef,
    mut values: Vec<Option<Param>>,
    context: &Context,
) -> Result<Vec<Option<Param>>> {
    let Some(version) = context.version() else {
        return Ok(values);
    };
    for (def, value) in model.columns.iter().zip(&mut values) {
        if def.is_in(version) {
            continue;
        }
        match value {
            Some(given) if !given.is_null() || def.default_sql().is_some() => {
                return Err(lacking(def, context, version));
            }
            _ => *value = None,
        }
    }
    Ok(values)
}

/// Runs a statement that is made by what is known of the tenant's version. Where the server says that a column is not there, and the tenant has another version
/// by now, the statement is made again, unless a transaction has failed with it.
pub(super) fn run<'f, T>(
    model: &'static ModelDef,
    context: Context,
    make: impl FnOnce(&Context) -> Result<Statement> + Clone + Send + 'f,
    outcome: impl FnOnce(Answer, &Context) -> Result<T> + Send + 'f,
) -> Flow<'f, T> {
    let is_versioned = || model.columns.iter().any(ColumnDef::is_versioned);
    if context.version().is_none() || !is_versioned() {
        let statement = make(&context);
        return Flow::run(statement, move |answer| outcome(answer, &context));
    }
    let statement = match make.clone()(&context) {
        Ok(statement) => statement,
        Err(error) => return Flow::Done(Err(error)),
    };
    Flow::then(statement, move |answer| match answer {
        Err(error) if error.is_of_former_version() && context.log().depth() == 0 => {
            let statement = make(&context);
            Flow::run(statement, move |answer| outcome(answer, &context))
        }
        answer => Flow::Done(answer.and_then(|answer| outcome(answer, &context))),
    })
}

#[cold]
fn lacking(def: &ColumnDef, context: &Context, version: TenantVersion) -> Error {
    let model = model_of(def);
    let tenant = context.tenant();
    let key = tenant.map_or_else(String::new, |tenant| format!(" `{}`", tenant.key));
    // It may have been migrated a moment ago, which whoever opens the next scope is to know.
    if let Some(tenant) = tenant {
        tenant.standing.doubt();
    }
    let (why, help) = match def.lack_in(version) {
        Some(WhyLacked::After(until)) => (format!("until `{until}`"), ""),
        Some(WhyLacked::Before(since)) => (format!("since `{since}`"), "migrate the tenant, or "),
        None => (String::new(), ""),
    };
    let field = model.map_or_else(
        || def.field.to_owned(),
        |model| format!("{model}.{}", def.field),
    );
    let constant = format!("{}::{}", model.unwrap_or("Model"), def.field.to_uppercase());
    let message = format!(
        "tenant{key} is at version {} and lacks `{field}`, which tenants have {why}\n\
         help: {help}leave the field out for tenants without it, as `scope.has({constant})` tells",
        version.reached
    );
    Error::new(ErrorKind::TenantVersion, message)
}

/// The name of a column's model; none where models of several names have such a one. A constant need not have one address.
fn model_of(def: &ColumnDef) -> Option<&'static str> {
    let is_alike = |(_, known): &(_, &ColumnDef)| {
        (
            known.field,
            known.name,
            known.since,
            known.until,
            known.source,
        ) == (def.field, def.name, def.since, def.until, def.source)
    };
    let mut alike = versioned_columns()
        .filter(is_alike)
        .map(|(model, _)| model.name);
    let name = alike.next()?;
    alike.all(|other| other == name).then_some(name)
}
