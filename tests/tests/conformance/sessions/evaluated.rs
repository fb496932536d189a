//! DDL that evaluates what it does not name, a check of a domain or the key of a partition, is not shared.

use super::{BASE, chain, left, log, migrate, names, texts, young};

/// A function that leaves something in its transaction, or in its session.
fn sly(local: bool) -> String {
    format!(
        "CREATE FUNCTION \"{{tenant}}\".sly(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         PERFORM pg_advisory_lock_shared(1), set_config('app.x', COALESCE(current_setting('app.x', true), '') || 'x', {local}); \
         RETURN n; END $$; "
    )
}

/// Applies what makes something sly and what uses it, and looks for traces of it afterwards.
fn leaves_nothing(making: &str, using: &str, is_before: bool) {
    const STORED: &str = "ALTER TABLE \"{tenant}\".me ADD COLUMN seen text DEFAULT COALESCE(current_setting('app.x', true), '');";
    const SEEN: &str = "INSERT INTO \"{tenant}\".log (what) SELECT 'x' || COALESCE(current_setting('app.x', true), '') || \
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid());";
    let names = names(3);
    let (_db, mut client) = young(&names);
    let files = [making, using, STORED, SEEN].map(|sql| [("tenant.up.sql", sql)]);
    let made = [BASE, ("0002_made", &files[0])];
    if is_before {
        migrate(&mut client, chain(&made));
    }
    let rest = [
        ("0003_used", &files[1][..]),
        ("0004_stored", &files[2]),
        ("0005_seen", &files[3]),
    ];
    migrate(&mut client, chain(&[&made[..], &rest[..]].concat()));
    for name in &names {
        let what = format!("{name}, {is_before}: {using}");
        let seen = texts(&mut client, &format!("SELECT DISTINCT seen FROM {name}.me"));
        assert_eq!(seen, [""], "{what}");
        assert_eq!(log(&mut client, name), ["x0"], "{what}");
    }
    assert_eq!(left(&mut client), Vec::<String>::new(), "{using}");
}

#[test]
fn a_check_of_a_domain_that_a_text_is_read_by_reaches_no_other_tenant() {
    for (using, local) in [
        (
            "ALTER TABLE \"{tenant}\".word ALTER list SET DEFAULT '{1}'",
            true,
        ),
        (
            "ALTER TABLE \"{tenant}\".word ALTER pair SET DEFAULT '(1)'",
            false,
        ),
        (
            "CREATE TABLE \"{tenant}\".other (list \"{tenant}\".d[] DEFAULT '{1}')",
            true,
        ),
        (
            "CREATE VIEW \"{tenant}\".v AS SELECT '{1}'::\"{tenant}\".d[] AS list",
            true,
        ),
        (
            "CREATE POLICY p ON \"{tenant}\".word USING (list = '{1}')",
            true,
        ),
        (
            "ALTER TABLE \"{tenant}\".word ADD CHECK (list <> '{1}')",
            true,
        ),
        (
            "CREATE FUNCTION \"{tenant}\".f() RETURNS \"{tenant}\".d[] LANGUAGE sql AS $$ SELECT '{1}'::\"{tenant}\".d[] $$",
            true,
        ),
        (
            "CREATE AGGREGATE \"{tenant}\".g(\"{tenant}\".d[]) (SFUNC = pg_catalog.array_cat, STYPE = \"{tenant}\".d[], INITCOND = '{1}')",
            false,
        ),
    ] {
        let making = sly(local)
            + "CREATE DOMAIN \"{tenant}\".d AS int CHECK (\"{tenant}\".sly(VALUE) > 0); \
               CREATE TYPE \"{tenant}\".pair AS (one \"{tenant}\".d); \
               CREATE TABLE \"{tenant}\".word (list \"{tenant}\".d[], pair \"{tenant}\".pair);";
        // In the run that makes the domain, and in a later one.
        leaves_nothing(&making, using, local);
    }
    let making = sly(true)
        + "CREATE DOMAIN \"{tenant}\".d AS int CHECK (\"{tenant}\".sly(VALUE) > 0); CREATE TABLE \"{tenant}\".word (list \"{tenant}\".d[]);";
    let using = "ALTER TABLE \"{tenant}\".word ALTER list SET DEFAULT '{1}'";
    leaves_nothing(&making, using, false);
}

#[test]
fn a_key_that_rows_of_a_default_partition_are_looked_at_by_reaches_no_other_tenant() {
    for local in [true, false] {
        let making = sly(local)
            + "CREATE TABLE \"{tenant}\".p (n int) PARTITION BY LIST ((\"{tenant}\".sly(n))); \
               CREATE TABLE \"{tenant}\".rest PARTITION OF \"{tenant}\".p DEFAULT; \
               INSERT INTO \"{tenant}\".rest VALUES (1);";
        let using = "CREATE TABLE \"{tenant}\".five PARTITION OF \"{tenant}\".p FOR VALUES IN (5)";
        leaves_nothing(&making, using, true);
    }
}
