//! Remains of statements outside of a transaction that were interrupted, but for indexes that are made.
//!
//! A partition is detached in two transactions: between them it is pending, and its rows are gone from the table already. A
//! `REINDEX` leaves the indexes that it was making, and those that it had replaced.

use postgres::Client;
use postgres::types::Type;
use tenantry_sql::{Statement, Token, statements};

/// A `DETACH PARTITION ... CONCURRENTLY`: the table and the partition, as they are written.
pub(super) struct Detach {
    table: String,
    partition: String,
}

/// How far a partition is detached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detached {
    /// Nothing of it is done, or there is no such partition.
    NotBegun,
    /// It is to be ended with `FINALIZE`.
    Pending,
    Done,
}

impl Detach {
    /// Reads a text of one statement.
    pub(super) fn of(sql: &str) -> Option<Self> {
        let all = statements(sql).ok()?;
        let statement = all.first().filter(|it| it.begins(&["alter", "table"]))?;
        let tokens = &statement.tokens;
        concurrently(statement)?;
        let at = tokens.iter().position(|token| token.is("detach"))?;
        let partition = tokens.get(at + 1).filter(|it| it.is("partition"))?;
        let after = tokens.iter().skip_while(|it| it.start <= partition.start);
        let noise = |token: &&Token<'_>| token.is_any(&["if", "exists", "only"]);
        Some(Self {
            table: name(tokens[2..].iter().skip_while(noise))?,
            partition: name(after)?,
        })
    }

    pub(super) fn state(&self, client: &mut Client) -> Result<Detached, postgres::Error> {
        let row = client.query_typed_one(
            "SELECT c.oid IS NOT NULL, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false) \
             FROM (SELECT pg_catalog.to_regclass($1)::oid AS oid) AS c \
             LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid \
             AND i.inhparent = pg_catalog.to_regclass($2)::oid",
            &[(&self.partition, Type::TEXT), (&self.table, Type::TEXT)],
        )?;
        let (is_there, is_attached, is_pending) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(match (is_there, is_attached) {
            (true, false) => Detached::Done,
            _ if is_pending => Detached::Pending,
            _ => Detached::NotBegun,
        })
    }

    /// The same statement for what is pending, on the same lines.
    pub(super) fn finalize(sql: &str) -> String {
        let mut text = sql.to_owned();
        let all = statements(sql).unwrap_or_default();
        if let Some(word) = all.first().and_then(concurrently) {
            text.replace_range(word.range(), "FINALIZE");
        }
        text
    }
}

/// A `REINDEX CONCURRENTLY` of an index, a table or a schema, as it is written.
pub(super) struct Reindex {
    is_schema: bool,
    name: String,
}

impl Reindex {
    /// Reads a text of one statement.
    pub(super) fn of(sql: &str) -> Option<Self> {
        let all = statements(sql).ok()?;
        let statement = all.first().filter(|it| it.begins(&["reindex"]))?;
        let word = concurrently(statement)?;
        let mut tokens = statement.tokens.iter();
        let kind = tokens.find(|token| token.is_any(&["index", "table", "schema"]))?;
        Some(Self {
            is_schema: kind.is("schema"),
            name: name(tokens.skip_while(|token| token.start <= word.start))?,
        })
    }

    /// Drops the indexes that it has left: each attempt would leave more, and nobody uses them.
    pub(super) fn drop_left(&self, client: &mut Client) -> Result<(), postgres::Error> {
        let rows = client.query_typed(
            LEFT,
            &[(&self.name, Type::TEXT), (&self.is_schema, Type::BOOL)],
        )?;
        for row in rows {
            let index: &str = row.try_get(0)?;
            tracing::info!(index, "dropping an index that is not valid");
            client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
        }
        Ok(())
    }
}

/// The indexes of a table, of the table of an index, or of all tables of a schema, and of what they keep aside, that are not
/// valid and are named as `REINDEX` names what it makes and what it has replaced.
const LEFT: &str = "
WITH own AS (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE $2 AND pg_catalog.quote_ident(n.nspname) = pg_catalog.quote_ident((pg_catalog.parse_ident($1))[1])
    UNION ALL SELECT COALESCE(i.indrelid, t.relid) FROM (
        SELECT pg_catalog.to_regclass($1) AS relid WHERE NOT $2
        UNION SELECT relid FROM pg_catalog.pg_partition_tree(CASE WHEN NOT $2 THEN pg_catalog.to_regclass($1) END)
    ) AS t LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = t.relid
), whole AS (
    SELECT oid FROM own UNION SELECT c.reltoastrelid FROM own JOIN pg_catalog.pg_class AS c ON c.oid = own.oid
)
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM whole
JOIN pg_catalog.pg_index AS i ON i.indrelid = whole.oid AND NOT i.indisvalid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relname ~ '_cc(new|old)[0-9]*$'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY c.oid";

fn concurrently<'s, 't>(statement: &'s Statement<'t>) -> Option<&'s Token<'t>> {
    let mut tokens = statement.tokens.iter();
    tokens.find(|token| token.is("concurrently"))
}

/// A name as it is written, with its schema if it has one, at the beginning of some tokens.
fn name<'s, 't: 's>(tokens: impl Iterator<Item = &'s Token<'t>>) -> Option<String> {
    let mut tokens = tokens.peekable();
    let mut text = String::new();
    loop {
        let token = tokens.next()?;
        token.name()?;
        text.push_str(token.text);
        if tokens.next_if(|token| token.is_sign(".")).is_none() {
            return Some(text);
        }
        text.push('.');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_partitions_are_read_as_they_are_written() {
        let sql =
            "ALTER TABLE IF EXISTS ONLY \"a\".t\nDETACH PARTITION \"a\".\"P 1\" CONCURRENTLY;";
        let detach = Detach::of(sql).unwrap();
        assert_eq!(
            (&*detach.table, &*detach.partition),
            ("\"a\".t", "\"a\".\"P 1\"")
        );
        assert_eq!(
            Detach::finalize(sql),
            sql.replace("CONCURRENTLY", "FINALIZE")
        );
        assert!(Detach::of("ALTER TABLE a.t DETACH PARTITION a.p").is_none());
    }

    #[test]
    fn what_is_made_anew_is_read_as_it_is_written() {
        let read = |sql| Reindex::of(sql).map(|it| (it.is_schema, it.name));
        let table = "REINDEX (VERBOSE, TABLESPACE x) TABLE CONCURRENTLY \"a\".t;";
        assert_eq!(read(table), Some((false, "\"a\".t".to_owned())));
        assert_eq!(
            read("REINDEX SCHEMA CONCURRENTLY \"a\""),
            Some((true, "\"a\"".to_owned()))
        );
        assert_eq!(read("REINDEX TABLE \"a\".t"), None);
    }
}
