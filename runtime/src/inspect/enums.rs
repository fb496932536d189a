//! Enums of PostgreSQL's that become texts with a check: expressions compare them as texts then.
//!
//! One stays as it is where a text would be another thing: where it is put in order, given to a function, or where something else
//! holds the type of the column.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use tenantry_sql::{Kind, Token, mentions, tokens};

use super::keys::keys_of;
use super::said::labels_of_type;
use crate::error::Result;
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::{IndexKey, Namespace, ObjectKind, State, Table};

/// Columns whose enums stay enums of PostgreSQL's, and why: by placement, table and column.
pub(super) type KeptEnums = BTreeMap<(PlacementKind, String, String), &'static str>;

/// A table and one of its columns.
type TableColumn = (String, String);

/// Returns the structure with expressions in which enums are texts, in the tables that become models; and the columns that are none.
pub(super) fn with_texts(
    client: &mut Client,
    live: &State,
    schemas: [Option<&SchemaName>; 2],
) -> Result<(State, KeptEnums)> {
    let mut texts = State::default();
    let mut kept = KeptEnums::new();
    for (placement, schema) in [PlacementKind::Shared, PlacementKind::Tenant]
        .into_iter()
        .zip(schemas)
    {
        let held = match schema {
            Some(schema) => held(client, schema)?,
            None => BTreeSet::new(),
        };
        let (namespace, of_it) = namespace(live.namespace(placement), &held);
        *texts.namespace_mut(placement) = namespace;
        kept.extend(
            of_it
                .into_iter()
                .map(|((table, column), why)| ((placement, table, column), why)),
        );
    }
    Ok((texts, kept))
}

/// The columns with an enum whose type the server does not change, for what else is made of them.
fn held(client: &mut Client, schema: &SchemaName) -> Result<BTreeSet<TableColumn>> {
    let rows = client.query_typed(
        "SELECT DISTINCT c.relname::text, a.attname::text \
         FROM pg_catalog.pg_depend AS d \
         JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid \
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid \
         JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typtype = 'e' \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND n.nspname::text = $1 \
         AND d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass, \
         'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass, \
         'pg_catalog.pg_publication_rel'::pg_catalog.regclass) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef AS f WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass \
         AND f.oid = d.objid AND f.adrelid = d.refobjid AND f.adnum = d.refobjsubid)",
        &[(&schema.as_str(), postgres::types::Type::TEXT)],
    )?;
    let pairs = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(pairs.collect::<std::result::Result<_, postgres::Error>>()?)
}

fn namespace(
    live: &Namespace,
    held: &BTreeSet<TableColumn>,
) -> (Namespace, BTreeMap<TableColumn, &'static str>) {
    let types = live.objects.iter();
    let enums: Vec<&str> = types
        .filter(|(name, sql)| name.kind == ObjectKind::Type && labels_of_type(sql).is_some())
        .map(|(name, _)| name.name.as_str())
        .collect();
    let mut changed = live.clone();
    let mut kept = BTreeMap::new();
    for (name, table) in &mut changed.tables {
        if enums.is_empty() || keys_of(live, name, &live.tables[name]).is_err() {
            continue;
        }
        let reasons: BTreeMap<&str, &'static str> = enums
            .iter()
            .filter_map(|one| Some((*one, why_kept(live, held, name, one)?)))
            .collect();
        for column in &live.tables[name].columns {
            let of = enums.iter().find(|one| is_of(&column.sql_type, one));
            if let Some(why) = of.and_then(|one| reasons.get(one)) {
                kept.insert((name.clone(), column.name.clone()), *why);
            }
        }
        let texts: Vec<&str> = enums
            .iter()
            .filter(|one| !reasons.contains_key(**one))
            .copied()
            .collect();
        change(table, &texts);
    }
    (changed, kept)
}

/// How an enum is written in expressions and as a type.
fn written(one: &str) -> [String; 4] {
    let [tenant, shared] = ["\"{tenant}\"", "\"{shared}\""];
    [
        format!("{tenant}.\"{one}\""),
        format!("{tenant}.{one}"),
        format!("{shared}.\"{one}\""),
        format!("{shared}.{one}"),
    ]
}

fn is_of(sql_type: &str, one: &str) -> bool {
    written(one).iter().any(|it| it == sql_type)
}

/// Why the columns of a table that have an enum keep it.
fn why_kept(
    live: &Namespace,
    held: &BTreeSet<TableColumn>,
    name: &str,
    one: &str,
) -> Option<&'static str> {
    let table = &live.tables[name];
    let columns: Vec<&str> = table
        .columns
        .iter()
        .filter(|it| is_of(&it.sql_type, one))
        .map(|it| it.name.as_str())
        .collect();
    if columns.is_empty() {
        return None;
    }
    let is_held = |column: &&str| held.contains(&(name.to_owned(), (*column).to_owned()));
    if columns.iter().any(is_held) {
        return Some("a view, rule, trigger, policy or computed column uses its enum");
    }
    let routines = live.objects.keys();
    let mut routines = routines.filter(|it| it.kind == ObjectKind::Function);
    if routines.any(|it| mentions(&it.name, one)) {
        return Some("a function takes its enum");
    }
    let mut table = table.clone();
    expressions(&mut table)
        .into_iter()
        .any(|sql| needs_enum(sql, &columns))
        .then_some("a check or index needs its enum for more than `=`")
}

/// Tells whether an expression gives other answers, or none, of texts in place of the enums of these columns.
fn needs_enum(sql: &str, columns: &[&str]) -> bool {
    let all: Vec<Token<'_>> = tokens(sql).filter(|token| !token.is_blank()).collect();
    let is_column = |token: &Token<'_>| {
        let name = token.name();
        name.is_some_and(|name| columns.contains(&&*name))
    };
    if !all.iter().any(is_column) {
        return false;
    }
    let is_slot = |token: &Token<'_>| ["\"{tenant}\"", "\"{shared}\""].contains(&token.text);
    let is_ordered = all.windows(3).enumerate().any(|(at, around)| {
        let [before, sign, after] = around else {
            return false;
        };
        let is_order = ["<", ">", "<=", ">="].contains(&sign.text);
        // `'high'::"{tenant}".level`, before the sign or behind it.
        let of_before = at.checked_sub(2).map(|from| &all[from..=at]);
        let is_cast_before =
            of_before.is_some_and(|it| is_slot(&it[0]) && it[1].text == "." && it[2] == *before);
        let is_cast_after = after.kind == Kind::String && all.get(at + 4).is_some_and(is_slot);
        is_order && (is_column(before) || is_column(after) || is_cast_before || is_cast_after)
    });
    let is_called = all.windows(2).enumerate().any(|(at, pair)| {
        let is_own = at.checked_sub(2).is_some_and(|from| is_slot(&all[from]));
        let name = pair[0].name().unwrap_or_default();
        pair[1].text == "(" && (is_own || name.starts_with("enum_"))
    });
    is_ordered || is_called
}

fn expressions(table: &mut Table) -> Vec<&mut String> {
    let of_checks = table.checks.values_mut().map(|it| &mut it.condition);
    let of_columns = table
        .columns
        .iter_mut()
        .filter_map(|it| it.generated.as_mut());
    let of_indexes = table.indexes.values_mut().flat_map(|index| {
        let parts = index
            .parts
            .iter_mut()
            .filter_map(|part| match &mut part.key {
                IndexKey::Column(_) => None,
                IndexKey::Expression(sql) => Some(sql),
            });
        parts.chain(index.filter.as_mut())
    });
    of_checks.chain(of_columns).chain(of_indexes).collect()
}

fn change(table: &mut Table, enums: &[&str]) {
    for sql in expressions(table) {
        for written in enums.iter().flat_map(|one| written(one)) {
            *sql = as_text(sql, &format!("::{written}"));
        }
    }
}

/// Puts a cast to text in place of one to an enum, whose name may be the beginning of another's.
fn as_text(sql: &str, written: &str) -> String {
    let mut changed = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(written) {
        let (before, after) = (&rest[..at], &rest[at + written.len()..]);
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        changed.push_str(before);
        changed.push_str(if goes_on { written } else { "::text" });
        rest = after;
    }
    changed + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cast_to_the_enum_is_changed() {
        let sql = "a = 'x'::\"{tenant}\".mood AND b = 'y'::\"{tenant}\".moods";
        assert_eq!(
            as_text(sql, "::\"{tenant}\".mood"),
            "a = 'x'::text AND b = 'y'::\"{tenant}\".moods"
        );
    }
    #[test]
    fn what_needs_the_enum_is_known() {
        for sql in [
            "(m > 'a'::\"{tenant}\".mood)",
            "('a'::\"{tenant}\".mood <= m)",
            "(COALESCE(m, 'a'::\"{tenant}\".mood) < 'b'::\"{tenant}\".mood)",
            "\"{tenant}\".is_sad(m)",
            "(enum_last(m) = m)",
        ] {
            assert!(needs_enum(sql, &["m"]), "{sql}");
        }
        for sql in [
            "((m = 'a'::\"{tenant}\".mood) OR (total > 0))",
            "(length((m)::text) > 3)",
            "(total > 0)",
            "(\"{tenant}\".f(total) > 0)",
        ] {
            assert!(!needs_enum(sql, &["m"]), "{sql}");
        }
    }
}
