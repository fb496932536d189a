use super::*;

fn refused(sql: &str) -> String {
    let fault = check(sql, PlacementKind::Tenant).expect_err(sql);
    format!("{}: {}", fault.start, fault.message.lines().next().unwrap())
}

#[test]
fn transaction_control_is_refused() {
    for word in [
        "BEGIN",
        "START TRANSACTION",
        "commit",
        "END",
        "Rollback",
        "ABORT",
        "SAVEPOINT a",
    ] {
        let sql = format!("SELECT 1; {word};");
        assert!(refused(&sql).starts_with("10: `"), "{sql}");
    }
    let behind = "CREATE FUNCTION \"{tenant}\".f(begin int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; COMMIT";
    assert!(refused(behind).contains("`COMMIT` would end"));
}

#[test]
fn transaction_control_in_strings_comments_and_bodies_is_not_meant() {
    for sql in [
        "SELECT 'a; COMMIT;'",
        "-- COMMIT;\nSELECT 1 /* ; COMMIT; */",
        "DO $$ BEGIN PERFORM 1; END $$",
        "CREATE FUNCTION \"{tenant}\".f() RETURNS int BEGIN ATOMIC SELECT 1; END",
        "INSERT INTO \"{tenant}\".x (begin) VALUES (1)",
    ] {
        assert_eq!(check(sql, PlacementKind::Tenant), Ok(()), "{sql}");
    }
}

#[test]
fn settings_that_stay_are_refused() {
    for sql in [
        "SET search_path TO x",
        "SET LOCAL search_path = x",
        "SET SCHEMA 'x'",
        "SELECT pg_catalog.set_config('search_path', 'x', true)",
        "ALTER ROLE app SET search_path = x",
        "RESET search_path",
        "SET \"search_path\" TO x",
        "SET LOCAL \"SEARCH_PATH\" = x",
        "SET SESSION Search_Path = x",
        "SET LOCAL U&\"search\\005fpath\" = x",
        "SET LOCAL SCHEMA 'x'",
        "ALTER ROLE app IN DATABASE d SET \"search_path\" = x",
        "ALTER DATABASE d RESET search_path",
        "ALTER ROLE app SET SCHEMA 'x'",
        "SELECT \"set_config\"($$search_path$$, 'x', true)",
        "SELECT set_config(E'search\\x5fpath', 'x', true)",
        "UPDATE pg_settings SET setting = 'x' WHERE name = 'search_path'",
    ] {
        assert!(refused(sql).contains("`search_path` is never set"), "{sql}");
    }
    for sql in [
        "SET LOCAL standard_conforming_strings = off",
        "SET standard_conforming_strings TO on",
        "RESET \"Standard_Conforming_Strings\"",
        "ALTER ROLE app IN DATABASE d SET standard_conforming_strings = off",
        "SELECT set_config('STANDARD_CONFORMING_STRINGS', 'off', true)",
        "CREATE FUNCTION \"{tenant}\".f() RETURNS int LANGUAGE sql SET standard_conforming_strings = off AS $$ SELECT 1 $$",
        "ALTER FUNCTION \"{tenant}\".f() SET standard_conforming_strings = off",
    ] {
        let words = "`standard_conforming_strings` is never set";
        assert!(refused(sql).contains(words), "{sql}");
    }
    assert!(refused("SET lock_timeout = 1").contains("outlive"));
    for sql in [
        "SET LOCAL lock_timeout = '2s'",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "CREATE FUNCTION \"{tenant}\".f() RETURNS int LANGUAGE sql SET search_path = '' AS $$ SELECT 1 $$",
        "CREATE TABLE \"{tenant}\".search_path (id int)",
        "SET LOCAL app.kind = 'search_path'",
        "UPDATE \"{tenant}\".set_config SET search_path = 'x'",
        "SELECT current_setting('search_path') FROM pg_settings",
        "ALTER TABLE \"{tenant}\".a SET SCHEMA \"{shared}\"",
        "ALTER FUNCTION \"{tenant}\".f() SET SCHEMA \"{shared}\"",
        "SELECT current_setting('standard_conforming_strings')",
    ] {
        assert_eq!(check(sql, PlacementKind::Tenant), Ok(()), "{sql}");
    }
}

#[test]
fn what_ends_with_the_transaction_is_refused_before_its_end() {
    let index = "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".a (b)";
    for first in [
        "SET LOCAL ROLE x",
        "set local app.x = '42'",
        "SELECT pg_catalog.set_config('app.x', '42', true)",
        "CREATE TEMP TABLE a (b int) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE a AS SELECT 1",
        "SELECT * INTO TEMP old FROM \"{tenant}\".a",
        "WITH x AS (SELECT 1) SELECT * INTO LOCAL TEMPORARY TABLE old FROM x",
        "SELECT 1 AS n INTO pg_temp.old",
        "SELECT set_config('app.x', '42', 't')",
        "SELECT set_config('app.x', '42', is_local => 1 = 1)",
        "SELECT set_config('app.x', n, false), set_config('app.y', n, (SELECT true)) FROM x",
        "WITH x AS (SELECT 1) SELECT \"set_config\"('app.x', '42', true) FROM x",
        "(SELECT set_config('app.x', '42', true))",
        "INSERT INTO \"{tenant}\".a SELECT set_config('app.x', '42', true)",
    ] {
        let cut = format!("SELECT 1; {first}; {index}; SELECT current_setting('app.x')");
        assert_eq!(check_cuts(&cut, true).unwrap_err().start, 10, "{first}");
        assert!(check_cuts(first, false).is_err(), "{first}");
        let after = format!("{index}; {first}; SELECT 2");
        assert_eq!(check_cuts(&after, true), Ok(()), "{first}");
        assert_eq!(check_cuts(first, true), Ok(()), "{first}");
    }
    for first in [
        "SELECT set_config('app.x', 'true', false)",
        "SELECT set_config('app.x', '42', 'off'), true",
        "CREATE FUNCTION \"{tenant}\".f() RETURNS text BEGIN ATOMIC SELECT set_config('app.x', '42', true); END",
        "CREATE VIEW \"{tenant}\".v AS SELECT set_config('app.x', '42', true)",
        "INSERT INTO \"{tenant}\".temp VALUES (1)",
        "INSERT INTO temp.a VALUES (1)",
    ] {
        assert_eq!(
            check_cuts(&format!("{first}; {index}"), true),
            Ok(()),
            "{first}"
        );
    }
    let limit = format!("SET LOCAL lock_timeout = '5s'; {index}");
    assert_eq!(check_cuts(&limit, true), Ok(()));
}

#[test]
fn slots_are_known_quoted_and_in_the_right_part() {
    assert!(refused("SELECT * FROM \"{tennant}\".x").contains("no slot `tennant`"));
    assert!(refused("SELECT * FROM {tenant}.x").contains("double quotes"));
    let body = "DO $$ BEGIN DELETE FROM {tenant}.x; END $$";
    assert_eq!(refused(body), "24: a slot is written in double quotes");
    for sql in [
        "SELECT * FROM \"{tenant}\".x",
        "DO $$ BEGIN PERFORM * FROM \"{tenant}\".x; END $$",
    ] {
        assert_eq!(check(sql, PlacementKind::Tenant), Ok(()));
        assert!(
            check(sql, PlacementKind::Shared)
                .unwrap_err()
                .message
                .contains("shared schema")
        );
    }
    for sql in [
        "SELECT '{1}'::int[], '{\"{a}\": 1}'",
        "INSERT INTO \"{shared}\".x VALUES ('{\"{tenant}\": 1}') -- \"{tennant}\"",
    ] {
        assert_eq!(check(sql, PlacementKind::Shared), Ok(()), "{sql}");
    }
    assert!(refused("SELECT '\"{tennant}\".x'::regclass").contains("no slot `tennant`"));
    let dynamic = "DO $$ BEGIN EXECUTE 'LOCK \"{tenant}\".x'; END $$";
    assert!(refused(dynamic).starts_with("26: `\"{tenant}\".`"));
    let escaped = "DO $$ BEGIN RAISE NOTICE E'\"\\x7btenant}\".x'; END $$";
    assert_eq!(check(escaped, PlacementKind::Shared), Ok(()));
}

#[test]
fn what_only_psql_understands_is_refused() {
    assert!(refused("\\set x 1").contains("psql"));
    assert!(refused("SELECT 1 \\gset").contains("psql"));
    assert!(refused("COPY \"{tenant}\".x FROM STDIN").contains("COPY"));
}

#[test]
fn a_text_of_comments_is_blank() {
    assert!(is_blank("-- nothing\n /* at all */ ;"));
    assert!(!is_blank("SELECT 1"));
}
