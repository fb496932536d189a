use super::*;
use crate::tokens;

/// Meaning of the first string.
fn meaning(sql: &str) -> Meaning {
    let tokens: Vec<Token<'_>> = tokens(sql).collect();
    let meanings = meanings(&tokens);
    let at = tokens
        .iter()
        .position(|token| matches!(token.kind, Kind::String | Kind::Dollar));
    meanings[at.unwrap()]
}

#[test]
fn bodies_are_code() {
    for sql in [
        "DO $$x$$",
        "DO 'x'",
        "do language plpgsql $$x$$",
        "DO LANGUAGE \"plpgsql\" $$x$$",
        "BEGIN DO /* x */ $$x$$; END",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$x$$",
        "CREATE OR REPLACE FUNCTION a.f(b int) RETURNS TABLE (c int) AS 'x' LANGUAGE 'sql'",
        "CREATE PROCEDURE f() AS $f$x$f$ LANGUAGE PLpgSQL",
        "BEGIN CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$x$$; END",
    ] {
        assert_eq!(meaning(sql), Meaning::Body, "{sql}");
    }
    for sql in [
        "DO LANGUAGE plperl $$x$$",
        "DO $$x$$ LANGUAGE plv8",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$x$$",
        "CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE c",
    ] {
        assert_eq!(meaning(sql), Meaning::OtherBody, "{sql}");
    }
}

#[test]
fn names_are_told_from_texts() {
    for sql in [
        "SELECT 'x'::regclass",
        "SELECT 'x' :: pg_catalog . regtype",
        "SELECT ('x'::text)::regclass",
        "SELECT (('x'))::regclass",
        "SELECT CAST('x' AS regproc)",
        "SELECT regclass 'x', pg_catalog.regclass 'x'",
        "SELECT nextval('x')",
        "SELECT pg_catalog.setval ('x', 1)",
        "SELECT nextval(('x'::text)::regclass)",
        "SELECT to_regtype('x')",
        "SELECT pg_get_serial_sequence('x', 'id')",
        "SELECT currval($$x$$)",
    ] {
        assert_eq!(meaning(sql), Meaning::Name, "{sql}");
    }
    for sql in [
        "SELECT 'x'",
        "SELECT 'x'::text",
        "SELECT 'x'::jsonb",
        "SELECT f('x')::regclass",
        "SELECT 'x'::regular",
        "SELECT other.nextval('x')",
        "SELECT nextval('x' || 'y')",
        "SELECT setval(a, 'x')",
        "CREATE FUNCTION f(a text DEFAULT 'x') RETURNS int LANGUAGE sql AS $$y$$",
        "CREATE FUNCTION f() RETURNS int SET a = 'x' LANGUAGE sql AS $$y$$",
        "CREATE VIEW v AS SELECT 'x' AS \"as\", $$y$$",
        "EXECUTE 'x'",
        "COMMENT ON FUNCTION f() IS 'x'",
        "SELECT $$ x $$",
    ] {
        assert_eq!(meaning(sql), Meaning::Text, "{sql}");
    }
}

#[test]
fn schemas_are_told_from_other_names() {
    for sql in [
        "SELECT 'x'::regnamespace",
        "SELECT ('x'::text)::pg_catalog.regnamespace",
        "SELECT CAST('x' AS regnamespace)",
        "SELECT regnamespace 'x'",
        "SELECT regnamespace('x')",
        "SELECT to_regnamespace('x'::text)",
    ] {
        assert_eq!(meaning(sql), Meaning::Schema, "{sql}");
    }
    for (sql, expected) in [
        ("SELECT f('x')::regnamespace", Meaning::Text),
        ("SELECT f('x'::text)::regnamespace", Meaning::Text),
        ("SELECT f('x'::regclass)::regnamespace", Meaning::Name),
        ("SELECT (a, 'x') AS regnamespace", Meaning::Text),
        ("SELECT other.to_regnamespace('x')", Meaning::Text),
    ] {
        assert_eq!(meaning(sql), expected, "{sql}");
    }
}

#[test]
fn arguments_of_triggers_are_told() {
    assert_eq!(
        meaning("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION s.f('x')"),
        Meaning::Argument
    );
    assert_eq!(
        meaning("CREATE TRIGGER t AFTER INSERT ON a WHEN (b = 'x') EXECUTE PROCEDURE f(1)"),
        Meaning::Text
    );
}
