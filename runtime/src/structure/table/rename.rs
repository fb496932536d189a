//! A new name of a column or of its table, wherever the table has it.

use tenantry_sql::{Kind, Token, tokens};

use super::{IndexKey, Table};
use crate::name::quote_identifier;

impl Table {
    /// Has all that names a column name it by its new name, as PostgreSQL does by itself. The column has it already.
    pub(crate) fn rename_column(&mut self, from: &str, to: &str) {
        let keys = self.primary_key.iter_mut().map(|key| &mut key.columns);
        let uniques = self.uniques.values_mut().map(|unique| &mut unique.columns);
        let foreign_keys = self.foreign_keys.values_mut().map(|key| &mut key.columns);
        let lists = keys.chain(uniques).chain(foreign_keys);
        for name in lists.flatten().filter(|name| *name == from) {
            to.clone_into(name);
        }
        self.rename_in_expressions((from, to), is_column);
        for index in self.indexes.values_mut() {
            let parts = index
                .parts
                .iter_mut()
                .filter_map(|part| match &mut part.key {
                    IndexKey::Column(name) => Some(name),
                    IndexKey::Expression(_) => None,
                });
            let names = parts.chain(&mut index.include);
            for name in names.filter(|name| *name == from) {
                to.clone_into(name);
            }
        }
    }

    /// Has expressions that name the table before a column name it by its new name.
    pub(in crate::structure) fn rename_itself(&mut self, from: &str, to: &str) {
        self.rename_in_expressions((from, to), is_qualifier);
    }

    fn rename_in_expressions(&mut self, names: (&str, &str), is_meant: IsMeant) {
        for sql in self
            .columns
            .iter_mut()
            .filter_map(|column| column.generated.as_mut())
        {
            *sql = renamed(sql, names, is_meant);
        }
        for check in self.checks.values_mut() {
            check.condition = renamed(&check.condition, names, is_meant);
        }
        for index in self.indexes.values_mut() {
            for part in &mut index.parts {
                if let IndexKey::Expression(sql) = &mut part.key {
                    *sql = renamed(sql, names, is_meant);
                }
            }
            let filter = index.filter.as_deref();
            index.filter = filter.map(|sql| renamed(sql, names, is_meant));
        }
    }
}

/// Whether a name is that of the thing, going by the tokens before and behind it.
type IsMeant = fn(&[&Token<'_>], &[&Token<'_>]) -> bool;

/// Whether a name is that of a column, and not of a function, a type, a table or a part of a time.
fn is_column(before: &[&Token<'_>], behind: &[&Token<'_>]) -> bool {
    let is_word = |token: &&&Token<'_>, word: &str| {
        token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word)
    };
    let last = before.last();
    let next = behind.first();
    let is_other = next.is_some_and(|next| next.is_sign("(") || next.is_sign("."));
    let is_type = last.is_some_and(|last| last.is_sign("::") || is_word(&last, "as"))
        || next.is_some_and(|next| matches!(next.kind, Kind::String | Kind::Dollar));
    let is_part = next.is_some_and(|next| is_word(&next, "from"))
        && before
            .iter()
            .nth_back(1)
            .is_some_and(|word| is_word(&word, "extract"));
    !is_other && !is_type && !is_part
}

/// Whether a name is that of the table of a column.
fn is_qualifier(before: &[&Token<'_>], behind: &[&Token<'_>]) -> bool {
    behind.first().is_some_and(|next| next.is_sign("."))
        && !before.last().is_some_and(|last| last.is_sign("."))
}

/// Puts a new name into an expression, where it is meant. What stands in strings stays.
fn renamed(sql: &str, (from, to): (&str, &str), is_meant: IsMeant) -> String {
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let mut text = String::with_capacity(sql.len());
    for (at, token) in all.iter().enumerate() {
        let is_it = token.name().is_some_and(|name| name == from) && {
            let [before, behind] = [&all[..at], &all[at + 1..]].map(|some| {
                some.iter()
                    .filter(|token| !token.is_blank())
                    .collect::<Vec<_>>()
            });
            is_meant(&before, &behind)
        };
        match token.kind {
            Kind::Word if is_it && is_bare(to) => text.push_str(to),
            _ if is_it => text.push_str(&quote_identifier(to)),
            _ => text.push_str(token.text),
        }
    }
    text
}

/// Whether a name may stand in an expression without quotes.
fn is_bare(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(is_plain)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !RESERVED.split_ascii_whitespace().any(|word| word == name)
}

/// The key words that are no names of columns, or mean something else there: PostgreSQL 18, appendix C, "reserved".
const RESERVED: &str = "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate \
    collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time \
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full \
    grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime \
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right \
    select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using \
    variadic verbose when where window with";

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
            assert_eq!(renamed(sql, ("total", "amount"), is_column), expected);
        }
        for (to, expected) in [
            ("Sum \"x\"", "\"Sum \"\"x\"\"\" > 0"),
            ("order", "\"order\" > 0"),
            ("user", "\"user\" > 0"),
        ] {
            assert_eq!(renamed("total > 0", ("total", to), is_column), expected);
        }
    }

    #[test]
    fn types_tables_and_parts_of_times_are_no_columns() {
        for (sql, expected) in [
            ("date > '2020-01-01'::date", "day > '2020-01-01'::date"),
            ("date > date '2020-01-01'", "day > date '2020-01-01'"),
            ("extract(date FROM date) > 1", "extract(date FROM day) > 1"),
            ("CAST(date AS date) = date", "CAST(day AS date) = day"),
            ("date.date > 0", "date.day > 0"),
            ("date IS DISTINCT FROM date", "day IS DISTINCT FROM day"),
        ] {
            assert_eq!(renamed(sql, ("date", "day"), is_column), expected);
        }
        let names = ("date", "days");
        assert_eq!(
            renamed("date.date > date", names, is_qualifier),
            "days.date > date"
        );
    }
}
