//! The labels of a column's enum, read from its check.

use tenantry_sql::{Kind, tokens};

use crate::model::PlacementKind;
use crate::structure::slots::qualified;
use crate::structure::{Check, Namespace, Table};

/// Returns the labels that a column can have, if it is that of an enum.
pub(crate) fn labels(namespace: &Namespace, table: &Table, column: &str) -> Vec<String> {
    if let Some((_, labels)) = enum_type(namespace, table, column) {
        return labels.clone();
    }
    let mut lists = table.checks.values().filter_map(Check::labels);
    let list = lists.find(|(name, _)| name == column);
    list.map(|(_, labels)| labels).unwrap_or_default()
}

/// Returns the enum type of PostgreSQL's that a column or the items of its lists have, with its labels.
pub(super) fn enum_type<'a>(
    namespace: &'a Namespace,
    table: &Table,
    column: &str,
) -> Option<(&'a String, &'a Vec<String>)> {
    let ty = &table.column(column)?.sql_type;
    let ty = ty.strip_suffix("[]").unwrap_or(ty);
    let placements = [PlacementKind::Shared, PlacementKind::Tenant];
    let mut types = namespace.types.iter();
    types.find(|(name, _)| placements.iter().any(|it| qualified(*it, name) == *ty))
}

impl Check {
    /// Returns a column and the labels that it can have, if that is all that the check says.
    pub(crate) fn labels(&self) -> Option<(String, Vec<String>)> {
        let mut all = tokens(&self.condition).filter(|token| !token.is_blank());
        let column = all.next()?.name()?.into_owned();
        if !all.next()?.is("in") || !all.next()?.is_sign("(") {
            return None;
        }
        let mut labels = Vec::new();
        loop {
            let label = all.next()?;
            if label.kind != Kind::String {
                return None;
            }
            labels.push(label.string()?);
            match all.next()? {
                sign if sign.is_sign(",") => {}
                sign if sign.is_sign(")") => break,
                _ => return None,
            }
        }
        all.next().is_none().then_some((column, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_the_check_that_lists_them() {
        let mut table = Table::default();
        let mut check = |name: &str, condition: &str| {
            table.checks.insert(name.to_owned(), Check::new(condition));
        };
        check("a", "\"state\" IN ('new', 'o''k')");
        check("b", "\"other\" IN ('a') OR true");
        check("c", "\"third\" > 0");
        assert_eq!(
            labels(&Namespace::default(), &table, "state"),
            ["new", "o'k"]
        );
        assert!(labels(&Namespace::default(), &table, "other").is_empty());
        assert!(labels(&Namespace::default(), &table, "third").is_empty());
    }
}
