//! The trigger that keeps two columns equal.
//!
//! It runs before the table's other triggers, which then find the value whichever column a statement gives, and once more after
//! them, so that what these write is carried over too: PostgreSQL fires them in the order of their names. Values are compared as
//! they are stored, which all types can be. The function names nothing that a search path finds.

use crate::name::{quote_identifier, quote_literal};
use crate::structure::conversion::converted;
use crate::structure::names::temporary_name;
use crate::structure::op::family::{At, Verb};
use crate::structure::op::moved::REFUSED;
use crate::structure::slots::qualified;
use crate::structure::{Column, Pair};

/// Returns the statements that make or drop the trigger and its function.
pub(super) fn trigger(verb: Verb, at: &At, pair: &Pair) -> Vec<String> {
    let (former, latter) = (&pair.former.name, &pair.latter.name);
    let name = temporary_name(&[&at.name, former, latter], "pair");
    let function = qualified(at.placement, &name);
    let triggers = [("!", "first"), ("~", "last")];
    let triggers =
        triggers.map(|(mark, place)| (quote_identifier(&format!("{mark}{name}")), place));
    match verb {
        Verb::Add => {
            let create = triggers.map(|(trigger, place)| {
                format!(
                    "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {function}('{place}')",
                    at.table
                )
            });
            [vec![created(&function, at, pair)], create.to_vec()].concat()
        }
        Verb::Drop => {
            let drop =
                triggers.map(|(trigger, _)| format!("DROP TRIGGER {trigger} ON {}", at.table));
            [drop.to_vec(), vec![format!("DROP FUNCTION {function}()")]].concat()
        }
    }
}

/// Returns the statement that gives rows the value that they have in the former column. Where values are converted, the trigger
/// does it.
pub(super) fn fill(at: &At, pair: &Pair) -> String {
    filled(at, (&pair.former, &pair.latter))
}

/// Returns the same statement in batches of rows, each a transaction of its own where the table is big.
pub(super) fn fill_in_batches(at: &At, pair: &Pair) -> String {
    if at.key.is_empty() {
        return fill(at, pair);
    }
    let key: Vec<String> = at.key.iter().map(|name| quote_identifier(name)).collect();
    format!(
        "-- tenantry: batch {} by ({})\n{} AND \"{{batch}}\"",
        at.table,
        key.join(", "),
        fill(at, pair)
    )
}

/// Returns the statement that gives rows the former column's value of what they have in the other.
pub(super) fn fill_back(at: &At, pair: &Pair) -> String {
    filled(at, (&pair.latter, &pair.former))
}

fn filled(at: &At, (from, to): (&Column, &Column)) -> String {
    let column = quote_identifier(&to.name);
    let value = if from.sql_type == to.sql_type {
        quote_identifier(&from.name)
    } else {
        "NULL".to_owned()
    };
    let given = if from.nullable {
        format!(" AND {} IS NOT NULL", quote_identifier(&from.name))
    } else {
        String::new()
    };
    format!(
        "UPDATE {} SET {column} = {value} WHERE {column} IS NULL{given}",
        at.table
    )
}

fn created(function: &str, at: &At, pair: &Pair) -> String {
    let [former, latter] =
        [&pair.former, &pair.latter].map(|it| format!("NEW.{}", quote_identifier(&it.name)));
    let refused = |words: &str, help: &str| {
        format!(
            "RAISE EXCEPTION USING ERRCODE = '{REFUSED}', SCHEMA = 'tenantry', TABLE = TG_TABLE_NAME, MESSAGE = {};",
            quote_literal(&format!("{words}\nhelp: {help}"))
        )
    };
    let [one, other] = [&pair.former.name, &pair.latter.name];
    let unlike = refused(
        &format!(
            "`{one}` and `{other}` of `{}` are one column to two versions of the application, and a statement gives them \
             different values",
            at.name
        ),
        "write one of the two columns; the other follows",
    );
    let unfit = refused(
        &format!(
            "a value of `{other}` of `{}` is none of the type `{}`, which `{one}` has for the version of the application from before",
            at.name, pair.former.sql_type
        ),
        "write such values once the migration that drops the former column is applied",
    );
    let forth = carried(
        (&former, &latter),
        (&pair.former, &pair.latter),
        pair.always_converts(),
        &format!("{latter} := NULL;"),
    );
    let back = carried(
        (&latter, &former),
        (&pair.latter, &pair.former),
        pair.always_converts_back(),
        &unfit,
    );
    let (given, told) = (given(pair), told(pair, [&former, &latter]));
    let body = format!(
        "DECLARE\n    is_former boolean;\n    is_latter boolean;\n{given}BEGIN\n    {}\n    \
         IF TG_ARGV[0] = 'last' AND (TG_OP = 'INSERT' OR is_former) THEN\n        \
         kept := {former};\n{}        \
         IF {} THEN\n            {former} := kept;\n{}        END IF;\n    \
         ELSIF is_former AND is_latter THEN\n        \
         given := {latter};\n{}        \
         IF {} THEN\n            {unlike}\n        END IF;\n    \
         ELSIF is_latter OR {former} IS NULL AND {latter} IS NOT NULL AND NOT is_former THEN\n{}    \
         ELSIF is_former OR {latter} IS NULL THEN\n{}    \
         END IF;\n    RETURN NEW;\nEND",
        told.trim_start(),
        indented(&back, 8),
        differ(&former, "kept"),
        indented(&forth, 12),
        indented(&forth, 8),
        differ(&latter, "given"),
        indented(&back, 8),
        indented(&forth, 8),
    );
    let quotes = delimiter(&body);
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = ''{} AS {quotes}\n{body} {quotes}",
        settings(pair)
    )
}

/// The variables for the values of both columns. The last trigger finds them equal, unless one between has written the former.
fn given(pair: &Pair) -> String {
    let [former, latter] = [&pair.former, &pair.latter].map(|column| &column.sql_type);
    format!("    kept {former};\n    given {latter};\n")
}

/// Finds out which of the columns a statement has given a value.
fn told(pair: &Pair, [former, latter]: [&str; 2]) -> String {
    let default = |column: &Column| {
        let value = column.default.as_deref().unwrap_or("NULL");
        format!("CAST({value} AS {})", column.sql_type)
    };
    let [new_former, new_latter] = if pair.is_told_by_defaults() {
        [
            differ(former, &default(&pair.former)),
            differ(latter, &default(&pair.latter)),
        ]
    } else if pair.former.default.is_none() {
        // The former version always gives a value; the other may have its default.
        [
            format!("{former} IS NOT NULL"),
            format!("{former} IS NULL AND {latter} IS NOT NULL"),
        ]
    } else {
        // The former column may have its default, and the other has none.
        [format!("{latter} IS NULL"), format!("{latter} IS NOT NULL")]
    };
    let [old_former, old_latter] =
        [&pair.former, &pair.latter].map(|it| format!("OLD.{}", quote_identifier(&it.name)));
    format!(
        "    IF TG_OP = 'INSERT' THEN\n        is_former := {new_former};\n        is_latter := {new_latter};\n    \
         ELSE\n        is_former := {};\n        is_latter := {};\n    END IF;",
        differ(former, &old_former),
        differ(latter, &old_latter)
    )
}

/// The condition that two values are not stored alike.
fn differ(one: &str, other: &str) -> String {
    format!("ROW({one})::record OPERATOR(pg_catalog.*<>) ROW({other})::record")
}

/// Carries a value over.
fn carried(
    (from, to): (&str, &str),
    (of, becomes): (&Column, &Column),
    always: bool,
    otherwise: &str,
) -> String {
    let value = if of.sql_type == becomes.sql_type {
        None
    } else {
        converted(from, &of.sql_type, &becomes.sql_type)
    };
    let assigned = format!("{to} := {};", value.as_deref().unwrap_or(from));
    if always {
        return assigned;
    }
    format!("BEGIN\n    {assigned}\nEXCEPTION WHEN data_exception THEN\n    {otherwise}\nEND;")
}

fn indented(text: &str, by: usize) -> String {
    let lines = text.lines().map(|line| format!("{:by$}{line}\n", ""));
    lines.collect()
}

/// Returns settings, so that what a conversion by way of text depends on is the same in all sessions.
fn settings(pair: &Pair) -> &'static str {
    if pair.is_of_one_type() {
        ""
    } else {
        " SET \"DateStyle\" = 'ISO, YMD' SET \"IntervalStyle\" = 'postgres' SET \"TimeZone\" = 'UTC' SET bytea_output = 'hex' \
         SET extra_float_digits = 1"
    }
}

/// Quotes that don't stand in the text.
fn delimiter(body: &str) -> String {
    let mut quotes = "$pair$".to_owned();
    while body.contains(&quotes) {
        quotes.insert_str(1, "a_");
    }
    quotes
}
