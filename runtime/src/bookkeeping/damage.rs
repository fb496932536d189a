//! Metadata tables of which something is gone: a table, a column, or the row that says where the database is.

use postgres::{Client, GenericClient, Row};

use super::facts::MARKED;
use super::formats::{FORMATS, latest};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement, error_of, over};

/// The state of the bookkeeping schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Metadata {
    /// There are none. A schema of that name may be empty, or somebody else's.
    Absent,
    /// They have every table and column.
    Whole,
    /// They lack these.
    Damaged(Vec<String>),
    /// There are none, and these schemas were made for tenants.
    Gone(Vec<String>),
}

/// Looks for the tables and columns that a format has, if that is known, and otherwise the latest.
pub(super) fn look(client: &mut impl GenericClient, format: Option<i32>) -> Result<Metadata> {
    over(client, looked(format))
}

fn looked<'f>(format: Option<i32>) -> Flow<'f, Metadata> {
    let tables = Statement::look(
        "metadata",
        "SELECT n.is_ours, c.relname::text, ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) \
         FROM (SELECT oid, COALESCE(pg_catalog.obj_description(oid, 'pg_namespace') LIKE 'The books of tenantry%', false) \
             AS is_ours FROM pg_catalog.pg_namespace WHERE nspname = 'tenantry') AS n \
         LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')",
        Vec::new(),
    );
    let read = move |rows: Result<Answer>| compared(&rows?.rows(), format);
    Flow::then(tables, move |rows| match read(rows) {
        Ok((true, lacking)) if !lacking.is_empty() => Flow::Done(Ok(Metadata::Damaged(lacking))),
        Ok((_, lacking)) if lacking.is_empty() => Flow::Done(Ok(Metadata::Whole)),
        Ok(_) => marked(),
        Err(error) => Flow::Done(Err(error)),
    })
}

/// Tells whether the tables are tenantry's, and what they lack.
fn compared(rows: &[Row], format: Option<i32>) -> Result<(bool, Vec<String>)> {
    let mut is_ours = format.is_some();
    let mut found = Vec::new();
    for row in rows {
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
    Ok((is_ours, lacking))
}

/// Looks for schemas that were made for tenants, where there are no metadata tables.
fn marked<'f>() -> Flow<'f, Metadata> {
    let sql = format!("SELECT nspname::text FROM {MARKED} ORDER BY id LIMIT 3");
    Flow::run(Ok(Statement::look("metadata", sql, Vec::new())), |answer| {
        let rows = answer.rows();
        let schemas = rows.iter().map(|row| Ok(row.try_get(0)?));
        let schemas: Vec<String> = schemas.collect::<Result<_>>()?;
        Ok(if schemas.is_empty() {
            Metadata::Absent
        } else {
            Metadata::Gone(schemas)
        })
    })
}

/// Whether an error may come of damaged metadata tables.
pub(crate) fn may_be_damage(error: &Error) -> bool {
    let kinds = [
        ErrorKind::NotMigrated,
        ErrorKind::MissingTable,
        ErrorKind::MissingColumn,
    ];
    kinds.contains(&error.kind())
}

/// Does a piece of work whose error says what the metadata tables lack, if it has come of that.
pub(crate) fn explaining<T>(
    client: &mut Client,
    work: impl FnOnce(&mut Client) -> Result<T>,
) -> Result<T> {
    work(client).map_err(|error| explain_damage(client, error))
}

/// Returns the error that says what the metadata tables lack, in place of one that has come of that.
pub(crate) fn explain_damage(client: &mut impl GenericClient, error: Error) -> Error {
    error_of(client, damage_or(error))
}

/// The same as a flow, whatever the failed one was to give.
pub(crate) fn damage_or<'f, T: 'f>(error: Error) -> Flow<'f, T> {
    if !may_be_damage(&error) {
        return Flow::Done(Err(error));
    }
    let format = Statement::look(
        "metadata",
        "SELECT format FROM tenantry.meta WHERE one = 1",
        Vec::new(),
    );
    Flow::then(format, |answer| {
        let format = answer.map_or(Ok(None), |answer| {
            answer.rows().first().map(|row| row.try_get(0)).transpose()
        });
        match format {
            Ok(Some(format)) if format < latest() => Flow::Done(Err(older(format))),
            _ => damage_of(error),
        }
    })
}

fn damage_of<'f, T: 'f>(error: Error) -> Flow<'f, T> {
    looked(None).and_on(|metadata| match metadata {
        Ok(Metadata::Damaged(lacking)) => Flow::Done(Err(damaged(&lacking))),
        Ok(Metadata::Gone(schemas)) => Flow::Done(Err(gone(&schemas))),
        Ok(Metadata::Whole) if error.kind() == ErrorKind::NotMigrated => without_row(error),
        _ => Flow::Done(Err(error)),
    })
}

/// Has an error of a flow that comes of damaged metadata tables say so.
pub(crate) fn told<'f, T: 'f>(flow: Flow<'static, T>) -> Flow<'f, T> {
    flow.and_on(|outcome| match outcome {
        Ok(value) => Flow::Done(Ok(value)),
        Err(error) => damage_or(error),
    })
}

fn without_row<'f, T>(error: Error) -> Flow<'f, T> {
    let row = Statement::look(
        "metadata",
        "SELECT FROM tenantry.meta WHERE one = 1",
        Vec::new(),
    );
    Flow::then(row, |answer| {
        let is_there = answer.map_or(true, |answer| answer.count() > 0);
        Flow::Done(Err(if is_there {
            error
        } else {
            damaged(&[ROW.to_owned()])
        }))
    })
}

/// The name of the row that says where the database is.
pub(super) const ROW: &str = "the row of `meta`";

/// The error for metadata tables that lack something.
pub(crate) fn damaged(lacking: &[String]) -> Error {
    Error::new(
        ErrorKind::DamagedMetadata,
        format!(
            "the metadata tables of this database are damaged: the schema `tenantry` lacks {}\n\
             help: bring the whole schema `tenantry` back from a copy of this database; until then nothing is created, changed, \
             migrated or dropped",
            lacking.join(", ")
        ),
    )
}

/// The error for metadata tables that another version of tenantry has made, and nobody has migrated since.
fn older(format: i32) -> Error {
    Error::new(
        ErrorKind::NotMigrated,
        format!(
            "the bookkeeping schema `tenantry` has format {format}, and this version of tenantry works with {}\n\
             help: run `migrate`, which brings it up to that",
            latest()
        ),
    )
}

/// The error for metadata tables that are gone, while there are schemas of tenants.
pub(super) fn gone(schemas: &[String]) -> Error {
    Error::new(
        ErrorKind::DamagedMetadata,
        format!(
            "the metadata tables of this database are gone: there is no schema `tenantry` of tenantry's, and there are schemas of tenants: `{}`\n\
             help: bring the whole schema `tenantry` back from a copy of this database; until then nothing is made anew. To begin \
             anew instead, drop the schemas of tenants, or take their comments away (`COMMENT ON SCHEMA ... IS NULL`)",
            schemas.join("`, `")
        ),
    )
}

/// The tables of a format and their columns, as its SQL makes them.
fn tables(format: i32) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut tables: Vec<(&str, Vec<&str>)> = Vec::new();
    let (mut is_inside, mut altered) = (false, "");
    let formats = FORMATS.iter().take(usize::try_from(format).unwrap_or(0));
    for line in formats.flat_map(|sql| sql.lines()) {
        if let Some(name) = line.strip_prefix("CREATE TABLE tenantry.") {
            tables.push((name.trim_end_matches(" ("), Vec::new()));
            is_inside = true;
        } else if let Some(name) = line.strip_prefix("ALTER TABLE tenantry.") {
            altered = name;
        } else if let Some(added) = line.strip_prefix("    ADD COLUMN ") {
            let table = tables.iter_mut().find(|(name, _)| *name == altered);
            if let Some((_, columns)) = table {
                columns.extend(added.split(' ').next());
            }
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
            Some("migration tenant_id checksum applied_at batch")
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
        assert!(
            columns("meta")
                .unwrap()
                .ends_with("created_at server_start database numbers_after")
        );
        assert!(!super::tables(1)[0].1.contains(&"database"));
        let sql = FORMATS.concat();
        assert_eq!(tables.len(), sql.matches("CREATE TABLE ").count());
        let altered = sql.split("ALTER TABLE ").skip(1);
        for altered in altered {
            let first = altered.lines().nth(1).unwrap();
            assert!(
                first.starts_with("    ADD COLUMN ") || first.starts_with("    DROP CONSTRAINT "),
                "it would have to be read, too: {first}"
            );
        }
        assert!(
            columns("provisioning")
                .unwrap()
                .ends_with("lease pid session_start")
        );
    }
}
