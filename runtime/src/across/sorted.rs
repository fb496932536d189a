//! The order of rows of many tenants. It is always the server's: only it knows what comes before what.

use postgres::{Column, Row};

use crate::error::{Error, ErrorKind, Result};
use crate::query::{Distinct, OrderBy, Shape};
use crate::value::{GivenBytes, Param, SqlType};

const NO_ARRAY: &str = "rows of more tenants than a statement asks can't be ordered or grouped by a value of this type\n\
    help: order or group by what has another type, made by `cast`; or ask fewer tenants";

const OTHER_TYPES: &str = "the tenants have values of different types in a column that is ordered or grouped by: they are at different versions\n\
    help: migrate those that are behind, or ask the tenants of one version only, by `selection` or `keys`; or `cast` the column";

const HIDDEN_ORDER: &str = "of rows that are `distinct` there is no order by what is not selected: several that are alike have several of it\n\
    help: select it too, or order by what is selected";

/// The order of rows, by columns that stand behind what a query gives. Behind these stands the tenant's number.
#[derive(Debug, Default)]
pub(super) struct Sorting {
    /// How many columns stand before.
    width: usize,
    by: Vec<&'static str>,
}

impl Sorting {
    /// The order of a query, whose expressions are added to what it gives.
    pub(super) fn of(shape: &mut Shape) -> Self {
        let orders = shape.orders().into_owned();
        let selected = shape.selected.as_deref();
        let is_hidden = |order: &OrderBy| {
            selected.is_some_and(|selected| !selected.iter().any(|node| node.same(&order.node)))
        };
        if matches!(shape.distinct, Distinct::Yes) && orders.iter().any(is_hidden) {
            shape.refused = Some(HIDDEN_ORDER);
        }
        let width = shape.width();
        let by = orders.iter().map(direction).collect();
        shape
            .also
            .extend(orders.into_iter().map(|order| order.node));
        Self { width, by }
    }

    pub(super) fn is_none(&self) -> bool {
        self.by.is_empty()
    }

    /// The end of a statement for the rows of tenants one after another.
    pub(super) fn by_tenant(&self) -> String {
        if self.is_none() {
            return String::new();
        }
        let number = (self.width + self.by.len() + 1).to_string();
        let by = [number].into_iter().chain(self.columns());
        format!(" ORDER BY {}", by.collect::<Vec<_>>().join(", "))
    }

    /// The end of a statement for the rows of tenants together.
    pub(super) fn together(&self) -> String {
        if self.is_none() {
            return String::new();
        }
        let number = (self.width + self.by.len() + 1).to_string();
        let by = self.columns().chain([number]);
        format!(" ORDER BY {}", by.collect::<Vec<_>>().join(", "))
    }

    fn columns(&self) -> impl Iterator<Item = String> {
        let by = self.by.iter().zip(self.width + 1..);
        by.map(|(direction, column)| format!("{column} {direction}"))
    }

    /// The statement that tells the order of rows, and of how many at the most; with its parameters.
    pub(super) fn sorts(&self, rows: &[Row], at_most: Option<u64>) -> Result<(String, Vec<Param>)> {
        let columns = self.width..self.width + self.by.len();
        let params: Vec<Param> = columns
            .map(|column| gathered(rows, column))
            .collect::<Result<_>>()?;
        let names: Vec<String> = (1..=params.len())
            .map(|number| format!("o{number}"))
            .collect();
        let by = names.iter().zip(&self.by);
        let by: Vec<String> = by.map(|(name, by)| format!("r.{name} {by}")).collect();
        let limit = at_most.map_or(String::new(), |limit| {
            format!(" LIMIT {}", limit.min(i64::MAX.unsigned_abs()))
        });
        let sql = format!(
            "SELECT r.n FROM {} WITH ORDINALITY AS r ({}, n) ORDER BY {}, r.n{limit}",
            unnested(params.len()),
            names.join(", "),
            by.join(", ")
        );
        Ok((sql, params))
    }
}

fn direction(order: &OrderBy) -> &'static str {
    match (order.descending, order.nulls_first) {
        (false, None | Some(false)) => "ASC",
        (true, None | Some(true)) => "DESC",
        (false, Some(true)) => "ASC NULLS FIRST",
        (true, Some(false)) => "DESC NULLS LAST",
    }
}

/// Rows of so many arrays.
pub(super) fn unnested(arrays: usize) -> String {
    let arrays = (1..=arrays).map(|number| format!("pg_catalog.unnest(${number})"));
    format!("ROWS FROM ({})", arrays.collect::<Vec<_>>().join(", "))
}

/// The values of a column of rows, as an array.
pub(super) fn gathered(rows: &[Row], column: usize) -> Result<Param> {
    let first = rows.first().and_then(|row| row.columns().get(column));
    let refused = || Error::new(ErrorKind::Configuration, NO_ARRAY);
    let element = first.ok_or_else(refused)?.type_().clone();
    let array = SqlType::array_of(&element).ok_or_else(refused)?;
    let values: Vec<Param> = rows
        .iter()
        .map(|row| {
            // Its bytes would be read as another value.
            let has_other =
                |column: &Column| SqlType::array_of(column.type_()).as_ref() != Some(&array);
            if row.columns().get(column).is_none_or(has_other) {
                return Err(Error::new(ErrorKind::Configuration, OTHER_TYPES));
            }
            let GivenBytes(bytes) = row.try_get(column)?;
            Ok(bytes.map_or_else(
                || Param::null(element.clone()),
                |bytes| Param::raw(element.clone(), bytes),
            ))
        })
        .collect::<Result<_>>()?;
    Ok(Param::array(array, &element, &values))
}
