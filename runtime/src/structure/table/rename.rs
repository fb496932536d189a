//! A column's new name, wherever its table has it.

use tenantry_sql::{Kind, Token, tokens};

use super::{IndexKey, Table};
use crate::name::quote_identifier;

impl Table {
    /// Has all that names a column name it by its new name, as PostgreSQL does by itself. The column has it already.
    pub(in crate::structure) fn rename_column(&mut self, from: &str, to: &str) {
        let keys = self.primary_key.iter_mut().map(|key| &mut key.columns);
        let uniques = self.uniques.values_mut().map(|unique| &mut unique.columns);
        let foreign_keys = self.foreign_keys.values_mut().map(|key| &mut key.columns);
        let lists = keys.chain(uniques).chain(foreign_keys);
        for name in lists.flatten().filter(|name| *name == from) {
            to.clone_into(name);
        }
        for check in self.checks.values_mut() {
            check.condition = renamed(&check.condition, from, to);
        }
        for index in self.indexes.values_mut() {
            for part in &mut index.parts {
                match &mut part.key {
                    IndexKey::Column(name) if name == from => to.clone_into(name),
                    IndexKey::Column(_) => {}
                    IndexKey::Expression(sql) => *sql = renamed(sql, from, to),
                }
            }
            for name in index.include.iter_mut().filter(|name| *name == from) {
                to.clone_into(name);
            }
            index.filter = index.filter.as_deref().map(|sql| renamed(sql, from, to));
        }
    }
}

/// Puts a column's new name into an expression. Functions of the same name, and what stands in strings, stay.
fn renamed(sql: &str, from: &str, to: &str) -> String {
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let is_called = |at: usize| {
        let next = all[at + 1..].iter().find(|token| !token.is_blank());
        next.is_some_and(|next| next.is_sign("("))
    };
    let is_bare = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut text = String::with_capacity(sql.len());
    for (at, token) in all.iter().enumerate() {
        let is_it = token.name().is_some_and(|name| name == from);
        match token.kind {
            Kind::Word if is_it && is_called(at) => text.push_str(token.text),
            Kind::Word if is_it && is_bare(to) => text.push_str(to),
            _ if is_it => text.push_str(&quote_identifier(to)),
            _ => text.push_str(token.text),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_the_new_name_wherever_the_column_stands() {
        for (sql, expected) in [
            ("total > 0 AND total < 9", "amount > 0 AND amount < 9"),
            ("\"total\" IN ('total')", "\"amount\" IN ('total')"),
            ("total(total)", "total(amount)"),
            ("Total > subtotal", "amount > subtotal"),
        ] {
            assert_eq!(renamed(sql, "total", "amount"), expected);
        }
        assert_eq!(
            renamed("total > 0", "total", "Sum \"x\""),
            "\"Sum \"\"x\"\"\" > 0"
        );
    }
}
