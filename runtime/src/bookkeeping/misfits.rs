//! The rows that keep a statement from being done, by their keys.
//!
//! PostgreSQL says of a constraint that some row does not suit it, and not which. So whoever is to mend the rows is told, in the transaction
//! in which the statement has failed, and which is rolled back.

use std::borrow::Cow;

use postgres::error::{DbError, SqlState};
use postgres::{SimpleQueryMessage, Transaction};
use tenantry_sql::{Statement, statements};

use crate::name::{quote_identifier, quote_literal};

/// How many rows are named.
const NAMED: usize = 3;

/// Bounds each search: what the statements before have locked stays locked meanwhile, and the rows are worth no more than that.
const LIMIT: &str = "SET LOCAL statement_timeout = '3s'";

/// Says which rows keep a statement from being done that alters a table or makes an index; nothing where that is not known.
pub(super) fn misfits(tx: &mut Transaction<'_>, text: &str, error: &DbError) -> Option<String> {
    let text = one_statement(text)?;
    let table = Altered {
        schema: error.schema()?,
        name: error.table()?,
    };
    let mut limited = tx.transaction().ok()?;
    limited.batch_execute(LIMIT).ok()?;
    let tx = &mut limited;
    let rows = match *error.code() {
        SqlState::NOT_NULL_VIOLATION => without_value(error.column()?),
        SqlState::CHECK_VIOLATION => table.that_break(tx, &text, error.constraint()?)?,
        SqlState::FOREIGN_KEY_VIOLATION => {
            table.that_lead_nowhere(tx, &text, error.constraint()?)?
        }
        SqlState::UNIQUE_VIOLATION => table.that_are_equal(tx, &text)?,
        _ => return None,
    };
    let keys = table.keys(tx, &rows.condition)?;
    let sql_name = table.sql_name();
    let Misfits { what, mend, .. } = rows;
    let mended = mend.replace("{table}", &sql_name);
    Some(format!(
        ": {what} of `{}`: {keys}\nhelp: {mended}, and run it again",
        table.name
    ))
}

/// Rows of a table that are in the way.
struct Misfits {
    condition: String,
    /// The words that say why.
    what: String,
    /// The words that say how they are mended.
    mend: String,
}

/// The table that a statement was to alter.
struct Altered<'a> {
    schema: &'a str,
    name: &'a str,
}

impl Altered<'_> {
    fn sql_name(&self) -> String {
        format!(
            "{}.{}",
            quote_identifier(self.schema),
            quote_identifier(self.name)
        )
    }

    fn number(&self) -> String {
        format!("{}::pg_catalog.regclass", quote_literal(&self.sql_name()))
    }

    /// The rows that a check refuses, which is there or is added without a look at them.
    fn that_break(&self, tx: &mut Transaction<'_>, text: &str, name: &str) -> Option<Misfits> {
        let asked = self.of_constraint("pg_catalog.pg_get_expr(c.conbin, c.conrelid)", name);
        let condition = one(tx, &format!("{text} NOT VALID"), &asked)?.pop()?;
        if let Some(column) = only_present(&condition) {
            return Some(without_value(&column));
        }
        Some(Misfits {
            what: format!("the check `{name}`, `{condition}`, is not true of rows"),
            condition: format!("NOT ({condition})"),
            mend: "change or delete these rows".to_owned(),
        })
    }

    fn that_lead_nowhere(
        &self,
        tx: &mut Transaction<'_>,
        text: &str,
        name: &str,
    ) -> Option<Misfits> {
        let asked = self.of_constraint(
            "c.confrelid::pg_catalog.regclass, \
             (SELECT pg_catalog.string_agg(pg_catalog.format('r.%I = t.%I', f.attname, a.attname), ' AND ' ORDER BY k.n) \
             FROM unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (a, f, n) \
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.a \
             JOIN pg_catalog.pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = k.f), \
             (SELECT pg_catalog.string_agg(pg_catalog.format('t.%I IS NOT NULL', a.attname), ' AND ') \
             FROM pg_catalog.unnest(c.conkey) AS k JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k)",
            name,
        );
        let [target, equal, present] =
            <[String; 3]>::try_from(one(tx, &format!("{text} NOT VALID"), &asked)?).ok()?;
        Some(Misfits {
            condition: format!(
                "{present} AND NOT EXISTS (SELECT FROM {target} AS r WHERE {equal})"
            ),
            what: format!("`{name}` leads to no row of `{target}` from rows"),
            mend: "have these rows lead to rows that are there, or delete them".to_owned(),
        })
    }

    /// The rows that have what others have too, in the columns of an index or constraint that is not there.
    fn that_are_equal(&self, tx: &mut Transaction<'_>, text: &str) -> Option<Misfits> {
        // Of a copy without rows, since nobody should wait for an index that nobody needs.
        let copy = format!(
            "{}.{}",
            quote_identifier(self.schema),
            quote_identifier("tenantry: without rows")
        );
        let made = format!(
            "CREATE TABLE {copy} (LIKE {}); {}",
            self.sql_name(),
            indexed(text, &copy)?
        );
        let asked = format!(
            "SELECT (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, n, false), ', ' ORDER BY n) \
             FROM pg_catalog.generate_series(1, i.indnkeyatts::int) AS n), \
             COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true') \
             FROM pg_catalog.pg_index AS i WHERE i.indrelid = pg_catalog.to_regclass({})",
            quote_literal(&copy)
        );
        let [columns, filter] = <[String; 2]>::try_from(one(tx, &made, &asked)?).ok()?;
        Some(Misfits {
            condition: format!(
                "({filter}) AND ({columns}) IN (SELECT {columns} FROM {} WHERE {filter} GROUP BY {columns} HAVING count(*) > 1)",
                self.sql_name()
            ),
            what: format!("{columns} has to be unique, and is the same in rows"),
            mend: "change or delete all but one of those that are equal".to_owned(),
        })
    }

    /// A query about a constraint of the table.
    fn of_constraint(&self, columns: &str, name: &str) -> String {
        format!(
            "SELECT {columns} FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = {} AND c.conname = {}",
            self.number(),
            quote_literal(name)
        )
    }

    /// The keys of some of the rows of a condition.
    fn keys(&self, tx: &mut Transaction<'_>, condition: &str) -> Option<String> {
        let key = format!(
            "SELECT a.attname FROM pg_catalog.pg_index AS i \
             CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (number, n) \
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number \
             WHERE i.indrelid = {} AND i.indisprimary ORDER BY k.n",
            self.number()
        );
        let key: Vec<String> = rows(tx, &key)?.into_iter().flatten().collect();
        if key.is_empty() {
            return None;
        }
        let columns: Vec<String> = key
            .iter()
            .map(|it| format!("t.{}", quote_identifier(it)))
            .collect();
        let found = format!(
            "SELECT {} FROM {} AS t WHERE {condition} LIMIT {}",
            columns.join(", "),
            self.sql_name(),
            NAMED + 1
        );
        let found = rows(tx, &found)?;
        let named = found.iter().take(NAMED).map(|row| {
            let parts = key.iter().zip(row);
            let parts = parts.map(|(column, value)| format!("{column} = {}", in_one_line(value)));
            format!("({})", parts.collect::<Vec<_>>().join(", "))
        });
        let named: Vec<String> = named.collect();
        let more = if found.len() > NAMED {
            ", and more"
        } else {
            ""
        };
        (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
    }
}

/// A value with nothing in it that a terminal would obey.
fn in_one_line(value: &str) -> Cow<'_, str> {
    if value.contains(char::is_control) {
        value.escape_debug().to_string().into()
    } else {
        value.into()
    }
}

fn without_value(column: &str) -> Misfits {
    let quoted = quote_identifier(column);
    Misfits {
        condition: format!("{quoted} IS NULL"),
        what: format!("`{column}` is null in rows"),
        mend: format!(
            "write a value there: `UPDATE {{table}} SET {quoted} = … WHERE {quoted} IS NULL`"
        ),
    }
}

/// The statement that a text begins with, without what follows it, if it alters a table or makes an index.
fn one_statement(text: &str) -> Option<String> {
    let all = statements(text).ok()?;
    let first = all.first()?;
    let is_meant =
        first.begins(&["alter", "table"]) || first.begins(&["create", "unique", "index"]);
    let end = first.tokens.last()?.range().end;
    is_meant.then(|| text[first.start()..end].to_owned())
}

/// The statement that makes the index of what is to be unique on another table, without that anything is unique.
fn indexed(text: &str, table: &str) -> Option<String> {
    let all = statements(text).ok()?;
    let Statement { tokens } = all.first()?;
    let unique = tokens.iter().position(|it| it.is("unique"))?;
    let open = tokens[unique..].iter().find(|it| it.is_sign("("))?;
    Some(format!("CREATE INDEX ON {table} {}", &text[open.start..]))
}

/// The column of which a condition says that it is not null, if it says nothing else.
fn only_present(condition: &str) -> Option<String> {
    let all = statements(condition).ok()?;
    let tokens = all.first()?.tokens.iter();
    let tokens: Vec<_> = tokens
        .filter(|it| !it.is_sign("(") && !it.is_sign(")"))
        .collect();
    match tokens[..] {
        [column, is, not, null] if is.is("is") && not.is("not") && null.is("null") => {
            column.name().map(Into::into)
        }
        _ => None,
    }
}

/// The row that a query finds, after a statement if that is needed, of which nothing stays.
fn one(tx: &mut Transaction<'_>, prepared: &str, query: &str) -> Option<Vec<String>> {
    let found = rows(tx, query)?.pop();
    if found.is_some() {
        return found;
    }
    let mut inner = tx.transaction().ok()?;
    inner.batch_execute(prepared).ok()?;
    rows(&mut inner, query)?.pop()
}

/// The rows of a query, unless it fails, in which case nothing else has.
fn rows(tx: &mut Transaction<'_>, query: &str) -> Option<Vec<Vec<String>>> {
    let mut inner = tx.transaction().ok()?;
    let found = inner.simple_query(query).ok()?;
    let rows = found.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            let columns = 0..row.len();
            Some(
                columns
                    .map(|at| row.get(at).unwrap_or_default().to_owned())
                    .collect(),
            )
        }
        _ => None,
    });
    Some(rows.collect())
}
