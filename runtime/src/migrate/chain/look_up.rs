//! Look-ups in the catalogue by a name alone, which find what other tenants and other tables have.
//!
//! `IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'a')` holds for the first tenant only. A text can't show that all
//! others are right, so what is found is told and not refused.

use tenantry_sql::{Kind, Token, statements, tokens};

use super::Chain;
use super::files::at_line;
use super::lint::Fault;

/// Columns with names that are unique within a schema at the most, and where they are.
const IN_SCHEMA: [(&str, &str); 15] = [
    ("indexname", "pg_indexes"),
    ("matviewname", "pg_matviews"),
    ("proname", "pg_proc"),
    ("relname", "pg_class"),
    ("relname", "pg_stat_user_tables"),
    ("routine_name", "routines"),
    ("sequence_name", "sequences"),
    ("sequencename", "pg_sequences"),
    ("table_name", "columns"),
    ("table_name", "table_constraints"),
    ("table_name", "tables"),
    ("table_name", "views"),
    ("tablename", "pg_tables"),
    ("typname", "pg_type"),
    ("viewname", "pg_views"),
];

/// Columns with names that are unique within a table, or a type, at the most, and where they are.
const OF_TABLE: [(&str, &str); 14] = [
    ("attname", "pg_attribute"),
    ("column_name", "columns"),
    ("conname", "pg_constraint"),
    ("constraint_name", "constraint_column_usage"),
    ("constraint_name", "key_column_usage"),
    ("constraint_name", "referential_constraints"),
    ("constraint_name", "table_constraints"),
    ("enumlabel", "pg_enum"),
    ("policyname", "pg_policies"),
    ("polname", "pg_policy"),
    ("rulename", "pg_rewrite"),
    ("rulename", "pg_rules"),
    ("tgname", "pg_trigger"),
    ("trigger_name", "triggers"),
];

/// Columns and functions that say which table, type or other object is meant, with its schema.
const OBJECTS: [&str; 15] = [
    "attrelid",
    "conrelid",
    "contypid",
    "enumtypid",
    "ev_class",
    "indexrelid",
    "indrelid",
    "polrelid",
    "regclass",
    "regproc",
    "regprocedure",
    "regtype",
    "tgrelid",
    "to_regclass",
    "to_regtype",
];

/// Columns that say which schema is meant.
const SCHEMAS: [&str; 12] = [
    "connamespace",
    "constraint_schema",
    "event_object_schema",
    "nspname",
    "pronamespace",
    "relnamespace",
    "routine_schema",
    "schemaname",
    "sequence_schema",
    "table_schema",
    "trigger_schema",
    "typnamespace",
];

/// Columns that say which table is meant, without its schema.
const TABLES: [&str; 5] = [
    "event_object_table",
    "relname",
    "table_name",
    "tablename",
    "typname",
];

/// Tells the look-ups of a chain by a name alone, each with its file and line.
pub(crate) fn look_ups(chain: &Chain) -> Vec<String> {
    let mut told = Vec::new();
    for migration in chain.migrations() {
        for (part, kind) in [
            (migration.shared(), "shared"),
            (migration.tenant(), "tenant"),
        ] {
            let texts = part.map_or([None, None], |part| [Some(part.up()), part.down()]);
            for (text, way) in texts.into_iter().zip(["up", "down"]) {
                let Some(text) = text else { continue };
                let path = chain.path(&format!("{}/{kind}.{way}.sql", migration.id()));
                let found = by_name_alone(text, kind).into_iter();
                told.extend(found.map(|found| at_line(text, &path, found).to_string()));
            }
        }
    }
    told
}

/// Finds the look-ups of a text by a name alone, in the bodies of its routines too. The slot is that of its schema.
fn by_name_alone(sql: &str, slot: &str) -> Vec<Fault> {
    let mut found = Vec::new();
    for statement in statements(sql).unwrap_or_default() {
        in_statement(&statement.tokens, (0, slot), &mut found);
    }
    found
}

fn in_statement(all: &[Token<'_>], (begin, slot): (usize, &str), found: &mut Vec<Fault>) {
    for (at, token) in all.iter().enumerate() {
        if let Some((delimiter, inner)) = token.dollar_parts() {
            let begin = begin + token.start + delimiter.len();
            let inner: Vec<Token<'_>> = tokens(inner).filter(|it| !it.is_blank()).collect();
            for part in inner.split(|it| it.text == ";") {
                in_statement(part, (begin, slot), found);
            }
        }
        if let Some(message) = fault(all, at, slot) {
            found.push(Fault {
                start: begin + token.start,
                message,
            });
        }
    }
}

/// Returns the complaint about a column that is compared with a name that stands there, if nothing narrows that down.
fn fault(all: &[Token<'_>], at: usize, slot: &str) -> Option<String> {
    let column = all[at].name()?;
    let name = compared(all, at)?;
    let relation = |columns: &[(&str, &str)], query: &[Token<'_>]| {
        let mut columns = columns.iter().filter(|(it, _)| *it == column);
        columns.any(|(_, relation)| is_named(query, &[relation]))
    };
    let query =
        queries(all, at).find(|query| relation(&IN_SCHEMA, query) || relation(&OF_TABLE, query))?;
    if is_named(query, &OBJECTS) {
        return None;
    }
    let has_schema = is_named(query, &SCHEMAS);
    let is_told = format!("`{column} {name}`");
    if relation(&OF_TABLE, query) {
        let is_table = |at| is_named(&query[at..=at], &TABLES);
        // Without its schema that is told of the table.
        let is_told_of = |at| is_table(at) && compared(query, at).is_some();
        let has_table = (0..query.len()).any(|at| is_table(at) && has_schema || is_told_of(at));
        return (!has_table).then(|| {
            format!(
                "{is_told} finds what has this name at any table, also of other tenants\n\
                 help: say which table: `conrelid = '\"{{{slot}}}\".table'::regclass`, or `table_schema = '\"{{{slot}}}\"'::regnamespace::text` \
                 and `table_name`"
            )
        });
    }
    (!has_schema).then(|| {
        format!(
            "{is_told} finds what has this name in any schema, also in those of other tenants\n\
             help: say which schema: `relnamespace = '\"{{{slot}}}\"'::regnamespace`, `table_schema = '\"{{{slot}}}\"'::regnamespace::text`, or \
             look it up with `to_regclass('\"{{{slot}}}\".name')`"
        )
    })
}

/// Returns the comparison of a column with a string that stands behind it, as it is told.
fn compared(all: &[Token<'_>], at: usize) -> Option<String> {
    let rest = all.get(at + 1..)?;
    let is_cast = rest.first()?.is_sign("::");
    let mut next = rest.iter().skip(if is_cast { 2 } else { 0 }).take(6);
    let operator = next.next()?;
    let is_operator = operator.is_any(&["in", "like", "ilike"])
        || operator.kind == Kind::Operator && ["=", "<>", "!=", "~", "~*"].contains(&operator.text);
    if !is_operator {
        return None;
    }
    let value = next.find(|it| !it.is_any(&["any", "array"]) && !["(", "["].contains(&it.text))?;
    (value.kind == Kind::String).then(|| format!("{} {}", operator.text, value.text))
}

/// The queries that a token stands in, the innermost first: what is between parentheses, and all.
fn queries<'t, 'a>(all: &'t [Token<'a>], at: usize) -> impl Iterator<Item = &'t [Token<'a>]> {
    let mut range = Some((at, at));
    std::iter::from_fn(move || {
        let (first, last) = range?;
        let open = edge(all[..first].iter().rev(), ")", "(");
        let close = edge(all[last + 1..].iter(), "(", ")");
        let (Some(open), Some(close)) = (open, close) else {
            range = None;
            return Some(all);
        };
        let (open, close) = (first - 1 - open, last + 1 + close);
        range = Some((open, close));
        Some(&all[open..=close])
    })
}

/// The distance to the parenthesis that ends the level.
fn edge<'t, 'a: 't>(
    mut tokens: impl Iterator<Item = &'t Token<'a>>,
    deeper: &str,
    end: &str,
) -> Option<usize> {
    let mut depth = 0;
    tokens.position(|it| {
        if it.text == deeper {
            depth += 1;
        } else if it.text == end {
            depth -= 1;
        }
        depth < 0
    })
}

fn is_named(query: &[Token<'_>], names: &[&str]) -> bool {
    let mut all = query.iter().filter_map(Token::name);
    all.any(|name| names.contains(&&*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> Vec<String> {
        let found = by_name_alone(sql, "tenant").into_iter();
        let line = |it: Fault| it.message.lines().next().unwrap_or_default().to_owned();
        found.map(line).collect()
    }

    #[test]
    fn a_name_alone_finds_what_others_have() {
        for (sql, told) in [
            (
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'a_fk') THEN NULL; END IF; END $$",
                "`conname = 'a_fk'` finds what has this name at any table, also of other tenants",
            ),
            (
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname::text = 'a_fk') THEN NULL; END IF; END $$",
                "`conname = 'a_fk'` finds what has this name at any table, also of other tenants",
            ),
            (
                r#"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname IN ('a', 'b') AND connamespace = '"{tenant}"'::regnamespace) THEN NULL; END IF; END $$"#,
                "`conname IN 'a'` finds what has this name at any table, also of other tenants",
            ),
            (
                "DO $a$ BEGIN PERFORM FROM pg_catalog.pg_class AS c WHERE c.relname = 'a'; PERFORM 'x'::regclass; END $a$",
                "`relname = 'a'` finds what has this name in any schema, also in those of other tenants",
            ),
            (
                "DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'a' AND column_name = 'b') THEN NULL; END IF; END $$",
                "`table_name = 'a'` finds what has this name in any schema, also in those of other tenants",
            ),
            (
                r#"INSERT INTO "{tenant}".a SELECT tgname FROM pg_trigger WHERE (tgname LIKE 'a%')"#,
                "`tgname LIKE 'a%'` finds what has this name at any table, also of other tenants",
            ),
            (
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = ANY (ARRAY['a'])) THEN NULL; END IF; END $$",
                "`typname = 'a'` finds what has this name in any schema, also in those of other tenants",
            ),
        ] {
            assert_eq!(found(sql), [told], "{sql}");
        }
    }

    #[test]
    fn a_name_of_a_schema_or_a_table_is_found_there() {
        for sql in [
            r#"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'a' AND conrelid = '"{tenant}".a'::regclass) THEN NULL; END IF; END $$"#,
            r"DO $$ BEGIN IF EXISTS (SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.conname = 'a') THEN NULL; END IF; END $$",
            r#"DO $$ BEGIN IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = '"{tenant}"'::regnamespace::text AND table_name = 'a' AND column_name = 'b') THEN NULL; END IF; END $$"#,
            r#"DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = 'a' AND relnamespace = '"{tenant}"'::regnamespace) THEN NULL; END IF; END $$"#,
            r#"UPDATE "{tenant}".a SET conname = 'a', table_name = 'b' WHERE column_name = 'c'"#,
            "DO $$ DECLARE n text; BEGIN PERFORM FROM pg_constraint WHERE conname = n; END $$",
            "SELECT ')' (",
        ] {
            assert_eq!(found(sql), [""; 0], "{sql}");
        }
    }
}
