use super::super::slots::take_out;
use super::super::tokens::tokens;
use super::*;

fn found(statement: &str) -> Vec<Relation> {
    relations(&tokens(&take_out(statement).unwrap().text).unwrap())
}

fn names(statement: &str) -> Vec<String> {
    let found = found(statement).into_iter();
    found
        .filter_map(|relation| match relation {
            Relation::Name(name) => Some(name),
            Relation::Slot { .. } => None,
        })
        .collect()
}

fn written(statement: &str) -> Vec<usize> {
    let found = found(statement).into_iter();
    found
        .filter_map(|relation| match relation {
            Relation::Slot {
                slot,
                written: true,
            } => Some(slot),
            _ => None,
        })
        .collect()
}

#[test]
fn relations_by_name_are_found_wherever_they_stand() {
    let cases = [
        ("SELECT 1 FROM users", "users"),
        ("SELECT 1 FROM {A}, users", "users"),
        ("SELECT 1 FROM {A} a JOIN users u ON true", "users"),
        (
            "SELECT 1 FROM {A} a LEFT JOIN LATERAL users u ON true",
            "users",
        ),
        ("SELECT 1 FROM acme.users", "acme.users"),
        ("SELECT 1 FROM \"Users\"", "Users"),
        ("SELECT 1 FROM ONLY users", "users"),
        ("SELECT 1 FROM (users CROSS JOIN {A})", "users"),
        ("SELECT (SELECT 1 FROM users)", "users"),
        ("DELETE FROM {A} USING (users AS u CROSS JOIN {B})", "users"),
        (
            "SELECT 1 FROM {A} WHERE EXISTS (SELECT 1 FROM users)",
            "users",
        ),
        ("INSERT INTO users (a) VALUES (1)", "users"),
        ("INSERT INTO {A} SELECT 1 FROM users", "users"),
        ("UPDATE users SET a = 1", "users"),
        ("UPDATE {A} SET a = 1 FROM users", "users"),
        ("DELETE FROM users", "users"),
        ("DELETE FROM {A} USING users", "users"),
        (
            "MERGE INTO {A} USING users ON true WHEN MATCHED THEN DELETE",
            "users",
        ),
        ("TRUNCATE users", "users"),
        ("TRUNCATE TABLE {A}, users", "users"),
        ("TABLE users", "users"),
        ("LOCK TABLE users", "users"),
        ("WITH a AS (SELECT 1 FROM users) SELECT 1 FROM a", "users"),
        ("SELECT extract(year FROM (SELECT 1 FROM users))", "users"),
        (
            "SELECT 1 FROM users WHERE NOT EXISTS (WITH users AS (SELECT 1) SELECT 1 FROM users)",
            "users",
        ),
        (
            "WITH users AS (SELECT 1 FROM users) SELECT 1 FROM users",
            "users",
        ),
        (
            "WITH a AS (SELECT 1 FROM b), b AS (SELECT 1) SELECT 1 FROM a, b",
            "b",
        ),
        (
            "INSERT INTO {A} WITH u AS (SELECT 1) SELECT 1 FROM u RETURNING (SELECT 1 FROM u)",
            "u",
        ),
        (
            "SELECT 1 FROM {A} WINDOW a AS (), b AS () ORDER BY (SELECT 1 FROM b)",
            "b",
        ),
        ("SELECT 1 FROM {A} AS set, users", "users"),
        ("SELECT 1 FROM {A} set, users", "users"),
        ("SELECT 1 FROM {A} values, users", "users"),
        ("SELECT 1 FROM {A} a JOIN {B} b ON a.limit, users", "users"),
        ("SELECT a.as FROM users", "users"),
        ("SELECT 1 AS as FROM users", "users"),
        ("SELECT a.distinct FROM users", "users"),
        ("SELECT 1 distinct FROM users", "users"),
        ("SELECT 1 FROM rows", "rows"),
        ("SELECT 1 FROM {A} JOIN rows.users ON true", "rows.users"),
        (
            "SELECT 1 FROM {A} a JOIN {B} b ON CASE WHEN true THEN true END, users AS a",
            "users",
        ),
        (
            "SELECT 1 FROM {A} HAVING EXISTS (SELECT 1 FROM {B} JOIN {C} ON mode() WITHIN GROUP (ORDER BY a) = 1, users)",
            "users",
        ),
    ];
    for (statement, expected) in cases {
        assert_eq!(names(statement), [expected], "{statement}");
    }
}

#[test]
fn a_query_is_none_the_less_one_behind_a_word_that_is_a_function_elsewhere() {
    for word in ["overlay", "position", "trim", "extract", "substring"] {
        for place in [
            "INSERT INTO {A} AS @ (SELECT u.name FROM acme.users AS u)",
            "INSERT INTO {A} AS @ ((SELECT 1 FROM {B}) UNION SELECT u.name FROM acme.users AS u)",
            "INSERT INTO {A} AS @ (WITH w AS (SELECT 1) SELECT u.name FROM acme.users AS u)",
            "WITH @ (a) AS (SELECT u.name FROM acme.users AS u) SELECT 1 FROM @",
            "WITH @ AS (UPDATE {A} SET a = 1 FROM acme.users AS u RETURNING 1) SELECT 1 FROM @",
            "SELECT 1 FROM {A} AS @ (a, b) JOIN acme.users AS u ON true",
            "SELECT 1 FROM {A} JOIN LATERAL (SELECT u.name FROM acme.users AS u) AS @ (a) ON true",
            "SELECT @((SELECT u.name FROM acme.users AS u))",
            "SELECT @(a.b FROM (SELECT u.name FROM acme.users AS u)) FROM {A} a",
            "SELECT a.@ (SELECT u.name FROM acme.users AS u) FROM {A} a",
        ] {
            let statement = place.replace('@', word);
            assert_eq!(names(&statement), ["acme.users"], "{statement}");
        }
    }
}

#[test]
fn what_is_no_relation_is_let_be() {
    let cases = [
        "SELECT a, b FROM {A}, {B} WHERE (a, b) IN (SELECT 1, 2)",
        "SELECT 1 FROM {A} JOIN {B} USING (id, x)",
        "SELECT 1 FROM generate_series(1, 2) AS g, unnest($1) WITH ORDINALITY AS u (a, b)",
        "SELECT 1 FROM ROWS FROM (f(1), generate_series(1, 2)) AS g (a, b)",
        "SELECT a, b FROM {A} GROUP BY a, b",
        "SELECT 1 FROM {A} a, LATERAL (VALUES (1), (2)) v (n)",
        "SELECT extract(year FROM at), substring(a FROM 1 FOR 2), trim(BOTH FROM a) FROM {A}",
        "SELECT 1 FROM {A} WHERE a IS NOT DISTINCT FROM b",
        "SELECT 1 FROM {A} FOR UPDATE",
        "SELECT 1 FROM {A} FOR NO KEY UPDATE OF a",
        "INSERT INTO {A} (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2, b = 3",
        "MERGE INTO {A} USING {B} ON true WHEN MATCHED THEN UPDATE SET a = 1, b = 2",
        "WITH a (x, y) AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT 1 FROM a, b",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT 2 FROM t) TABLE t",
        "SELECT 1 FROM {A} a WHERE a.update IS NULL AND a.\"from\" IS NULL",
        "SELECT 1 FROM {A} ORDER BY a, b",
        "SELECT 1 AS from, 2 AS update, 3 FROM {A}",
        "SELECT 1 FROM {A} WHERE a IS DISTINCT FROM b",
        "INSERT INTO {A} SELECT 1 FROM {B} ON CONFLICT (a) DO UPDATE SET a = 2, b = 3",
        "INSERT INTO {A} WITH u AS (SELECT 1) SELECT 1 FROM u",
        "WITH RECURSIVE a AS (SELECT 1 FROM b), b AS (SELECT 1) SELECT 1 FROM a",
        "WITH a AS (SELECT 1) SELECT (WITH b AS (SELECT 1 FROM a) SELECT 1 FROM a, b)",
        "SELECT a, b FROM ({A} CROSS JOIN {B})",
        "DELETE FROM {A} WHERE a = 1 RETURNING a, b",
    ];
    for statement in cases {
        assert_eq!(names(statement), [""; 0], "{statement}");
    }
}

#[test]
fn written_slots_are_told_from_read_ones() {
    let cases: [(&str, &[usize]); 15] = [
        ("SELECT 1 FROM {A} JOIN {B} ON true", &[]),
        ("INSERT INTO {A} SELECT 1 FROM {B}", &[0]),
        ("UPDATE ONLY {A} SET a = 1 FROM {B}, {C}", &[0]),
        ("DELETE FROM {A} USING {B}, {C}", &[0]),
        (
            "MERGE INTO {A} USING {B} ON true WHEN MATCHED THEN DELETE",
            &[0],
        ),
        ("TRUNCATE TABLE {A}, {B}", &[0, 1]),
        ("LOCK TABLE {A}", &[0]),
        (
            "WITH x AS (DELETE FROM {A} RETURNING 1) INSERT INTO {B} SELECT 1 FROM x",
            &[0, 1],
        ),
        ("SELECT 1 FROM {A} FOR UPDATE", &[]),
        ("DELETE FROM ONLY ({A}) USING {B}", &[0]),
        (
            "UPDATE ONLY ({A}) SET a = 1 FROM ({B} CROSS JOIN {C})",
            &[0],
        ),
        ("TRUNCATE ONLY ({A}), ONLY ({B})", &[0, 1]),
        (
            "MERGE INTO ONLY ({A}) USING {B} ON true WHEN MATCHED THEN DELETE",
            &[0],
        ),
        ("LOCK TABLE ONLY ({A}), {B}", &[0, 1]),
        (
            "INSERT INTO {A} (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
            &[0],
        ),
    ];
    for (statement, expected) in cases {
        assert_eq!(written(statement), expected, "{statement}");
    }
}
