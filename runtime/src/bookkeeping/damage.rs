//! Books of which something is gone: a table, a column, or the row that says where the database is.

use postgres::GenericClient;

use super::formats::{FORMATS, latest};
use crate::error::{Error, ErrorKind, Result};

/// The state of the bookkeeping schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Books {
    /// There are none. A schema of that name may be empty, or somebody else's.
    Absent,
    /// They have every table and column.
    Whole,
    /// They lack these.
    Damaged(Vec<String>),
}

/// Looks for the tables and columns that a format has, if that is known, and otherwise the latest.
pub(super) fn look(client: &mut impl GenericClient, format: Option<i32>) -> Result<Books> {
    let rows = client.query_typed(
        "SELECT n.is_ours, c.relname::text, ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) \
         FROM (SELECT oid, COALESCE(pg_catalog.obj_description(oid, 'pg_namespace') LIKE 'The books of tenantry%', false) \
             AS is_ours FROM pg_catalog.pg_namespace WHERE nspname = 'tenantry') AS n \
         LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')",
        &[],
    )?;
    let mut is_ours = format.is_some();
    let mut found = Vec::new();
    for row in &rows {
        is_ours |= row.try_get::<_, bool>(0)?;
        if let Some(table) = row.try_get::<_, Option<&str>>(1)? {
            found.push((table, row.try_get::<_, Vec<&str>>(2)?));
        }
    }
    let mut lacking = Vec::new();
    for (table, columns) in tables(format.unwrap_or_else(latest)) {
        let Some((_, there)) = found.iter().find(|(name, _)| *name == table) else {
            lacking.push(format!("the table `{table}`"));
            continue;
        };
        is_ours |= table == "meta" && columns.iter().all(|column| there.contains(column));
        let gone = columns.iter().filter(|column| !there.contains(column));
        lacking.extend(gone.map(|column| format!("the column `{column}` of `{table}`")));
    }
    Ok(match lacking.is_empty() {
        true => Books::Whole,
        false if is_ours => Books::Damaged(lacking),
        false => Books::Absent,
    })
}

/// Whether an error may come of damaged books.
pub(crate) fn may_be_damage(error: &Error) -> bool {
    let kinds = [
        ErrorKind::NotMigrated,
        ErrorKind::MissingTable,
        ErrorKind::MissingColumn,
    ];
    kinds.contains(&error.kind())
}

/// Returns the error that says what the books lack, in place of one that has come of that.
pub(crate) fn explain_damage(client: &mut impl GenericClient, error: Error) -> Error {
    if !may_be_damage(&error) {
        return error;
    }
    match look(client, None) {
        Ok(Books::Damaged(lacking)) => damaged(&lacking),
        Ok(Books::Whole) if error.kind() == ErrorKind::NotMigrated => without_row(client, error),
        _ => error,
    }
}

fn without_row(client: &mut impl GenericClient, error: Error) -> Error {
    match client.query_typed_opt("SELECT FROM tenantry.meta WHERE one = 1", &[]) {
        Ok(None) => damaged(&[ROW.to_owned()]),
        _ => error,
    }
}

/// The name of the row that says where the database is.
pub(super) const ROW: &str = "the row of `meta`";

/// The error for books that lack something.
pub(crate) fn damaged(lacking: &[String]) -> Error {
    Error::new(
        ErrorKind::DamagedBooks,
        format!(
            "the books of this database are damaged: the schema `tenantry` lacks {}\n\
             help: bring the whole schema `tenantry` back from a copy of this database; nothing is migrated, created or dropped \
             until then",
            lacking.join(", ")
        ),
    )
}

/// The tables of a format and their columns, as its SQL makes them.
fn tables(format: i32) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut tables: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_inside = false;
    let formats = FORMATS.iter().take(usize::try_from(format).unwrap_or(0));
    for line in formats.flat_map(|sql| sql.lines()) {
        if let Some(name) = line.strip_prefix("CREATE TABLE tenantry.") {
            tables.push((name.trim_end_matches(" ("), Vec::new()));
            is_inside = true;
        } else if line.starts_with(')') {
            is_inside = false;
        } else if let (true, Some(rest)) = (is_inside, line.strip_prefix("    "))
            && rest.starts_with(|c: char| c.is_ascii_lowercase())
            && let Some((_, columns)) = tables.last_mut()
        {
            columns.extend(rest.split(' ').next());
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read_from_the_sql_that_makes_them() {
        let tables = tables(latest());
        let columns = |table: &str| {
            let found = tables.iter().find(|(name, _)| *name == table);
            found.map(|(_, columns)| columns.join(" "))
        };
        assert_eq!(
            columns("ledger").as_deref(),
            Some("migration tenant_id checksum applied_at")
        );
        assert_eq!(
            columns("rollout_group").as_deref(),
            Some("goal name begun_at done_at healthy_at")
        );
        assert!(
            columns("tenant")
                .unwrap()
                .starts_with("id key schema_name state version step")
        );
        let sql = FORMATS.concat();
        assert_eq!(tables.len(), sql.matches("CREATE TABLE ").count());
        assert!(
            !sql.contains("ALTER TABLE"),
            "these would have to be read, too"
        );
    }
}
