//! `--set`: the values of the row that a new tenant is, where the rows of a model are the tenants.

use super::project::Project;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, Source};
use crate::tenant::NewTenant;

/// Adds the row that a tenant is to be, with these values as texts.
///
/// # Errors
///
/// When there is no such model, a value is for none of its columns, or one is missing.
pub(super) fn with_row(
    project: &Project,
    new: NewTenant,
    values: &[(String, String)],
) -> Result<NewTenant> {
    let models = project.models()?;
    let Some(model) = models.into_iter().find(|model| model.is_tenant) else {
        return match values {
            [] => Ok(new),
            _ => Err(refused(
                "the rows of no model are the tenants, so a tenant has no values to set",
                "leave `--set` out",
            )),
        };
    };
    let mut texts = vec![(model.referenced_column().name, new.key().to_string())];
    for (name, value) in values {
        let column = column(model, name)?;
        if texts.iter().any(|(set, _)| *set == column.name) {
            let why = if column.name == model.referenced_column().name {
                "is the key, which is given already"
            } else {
                "is set twice"
            };
            return Err(refused(&format!("`{name}` {why}"), "leave one out"));
        }
        texts.push((column.name, value.clone()));
    }
    let is_lacking = |column: &&ColumnDef| {
        let is_set = texts.iter().any(|(set, _)| *set == column.name);
        column.source == Source::Given && !column.nullable && !is_set
    };
    let lacking: Vec<String> = model
        .columns
        .iter()
        .filter(is_lacking)
        .map(|column| format!("--set {}=VALUE", column.name))
        .collect();
    if lacking.is_empty() {
        return Ok(new.of_texts(model, texts));
    }
    let words = format!(
        "a tenant is a row of `{}`, and its row would have columns without a value",
        model.table
    );
    let help = format!("add `{}`", lacking.join(" "));
    Err(refused(&words, &help).in_tenant(new.key()))
}

fn column(model: &'static ModelDef, name: &str) -> Result<&'static ColumnDef> {
    let mut columns = model.columns.iter();
    let found = columns.find(|column| column.name == name);
    found.ok_or_else(|| {
        let all = model
            .columns
            .iter()
            .filter(|column| column.name != model.referenced_column().name);
        let all: Vec<String> = all.map(|column| format!("`{}`", column.name)).collect();
        let words = format!("`{}` has no column `{name}`", model.table);
        refused(&words, &format!("its columns are {}", all.join(", ")))
    })
}

fn refused(words: &str, help: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("{words}\nhelp: {help}"))
}
