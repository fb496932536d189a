//! Chains that are more than one transaction.

use tenantry_tests::fleet::Folder;

/// A folder with a part for tenants only.
macro_rules! part {
    ($name:literal, $sql:literal) => {{
        const FOLDER: Folder<'static> = (
            $name,
            &[("tenant.up.sql", $sql), ("tenant.down.sql", "SELECT 1")],
        );
        FOLDER
    }};
}

/// Chains that are more than one transaction, and a query of the schema `$` that tells what they have led to.
pub(crate) fn chains() -> Vec<(&'static str, Vec<Folder<'static>>, &'static str)> {
    let enums = vec![
        part!(
            "0001_a",
            "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); CREATE TABLE \"{tenant}\".t (m \"{tenant}\".mood)"
        ),
        part!("0002_b", "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'"),
        part!(
            "0003_c",
            "INSERT INTO \"{tenant}\".t VALUES ('sent'); ALTER TABLE \"{tenant}\".t ALTER m SET DEFAULT 'sent'"
        ),
    ];
    let deferred = vec![
        part!(
            "0001_a",
            "CREATE TABLE \"{tenant}\".a (id int PRIMARY KEY); CREATE TABLE \"{tenant}\".b (a int REFERENCES \"{tenant}\".a DEFERRABLE INITIALLY DEFERRED)"
        ),
        part!(
            "0002_b",
            "INSERT INTO \"{tenant}\".b VALUES (1); INSERT INTO \"{tenant}\".a VALUES (1)"
        ),
        part!("0003_c", "ALTER TABLE \"{tenant}\".b ADD c int DEFAULT 7"),
    ];
    let temporary = vec![
        part!(
            "0001_a",
            "CREATE TABLE \"{tenant}\".t (x text); INSERT INTO \"{tenant}\".t VALUES ('1')"
        ),
        part!(
            "0002_b",
            "CREATE TEMP TABLE old ON COMMIT DROP AS SELECT * FROM \"{tenant}\".t; INSERT INTO \"{tenant}\".t SELECT x || 'a' FROM old"
        ),
        part!(
            "0003_c",
            "CREATE TEMP TABLE old ON COMMIT DROP AS SELECT * FROM \"{tenant}\".t; INSERT INTO \"{tenant}\".t SELECT x || 'b' FROM old"
        ),
        part!(
            "0004_d",
            "CREATE TEMP TABLE IF NOT EXISTS kept AS SELECT * FROM \"{tenant}\".t; CREATE TABLE \"{tenant}\".n AS SELECT * FROM kept"
        ),
        part!(
            "0005_e",
            "CREATE TEMP TABLE IF NOT EXISTS kept AS SELECT 'other' AS x; INSERT INTO \"{tenant}\".t SELECT x FROM kept"
        ),
    ];
    let settings = vec![
        part!("0001_a", "CREATE TABLE \"{tenant}\".t (x text)"),
        part!(
            "0002_b",
            "SELECT set_config('app.x', 'two', true); INSERT INTO \"{tenant}\".t VALUES (current_setting('app.x', true))"
        ),
        part!(
            "0003_c",
            "INSERT INTO \"{tenant}\".t VALUES (COALESCE(NULLIF(current_setting('app.x', true), ''), 'none'))"
        ),
        part!(
            "0004_d",
            "SELECT set_config('app.y', 'four', false); PREPARE p AS SELECT 1; LISTEN something; SELECT pg_advisory_lock(7)"
        ),
        part!(
            "0005_e",
            "INSERT INTO \"{tenant}\".t VALUES (COALESCE(NULLIF(current_setting('app.y', true), ''), 'none')); PREPARE p AS SELECT 1"
        ),
    ];
    let cut = vec![
        part!("0001_a", "CREATE TABLE \"{tenant}\".t (x text)"),
        part!(
            "0002_b",
            "INSERT INTO \"{tenant}\".t VALUES ('1'); CREATE INDEX CONCURRENTLY t_x ON \"{tenant}\".t (x); INSERT INTO \"{tenant}\".t VALUES ('2'); VACUUM \"{tenant}\".t"
        ),
        part!("0003_c", "ALTER TABLE \"{tenant}\".t ADD y int DEFAULT 3"),
    ];
    let without = vec![
        part!(
            "0001_a",
            "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); CREATE TABLE \"{tenant}\".t (m \"{tenant}\".mood)"
        ),
        part!("0002_b", "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'"),
        part!(
            "0003_c",
            "DO $$ BEGIN INSERT INTO \"{tenant}\".t VALUES ('sent'); EXCEPTION WHEN OTHERS THEN \
             INSERT INTO \"{tenant}\".t VALUES ('new'); END $$"
        ),
    ];
    let detached = vec![
        part!(
            "0001_a",
            "CREATE TABLE \"{tenant}\".t (n int) PARTITION BY RANGE (n); \
             CREATE TABLE \"{tenant}\".part PARTITION OF \"{tenant}\".t FOR VALUES FROM (0) TO (9)"
        ),
        part!(
            "0002_b",
            "ALTER TABLE \"{tenant}\".t DETACH PARTITION \"{tenant}\".part CONCURRENTLY"
        ),
    ];
    vec![
        (
            "a part that is detached while others go on is given a check",
            detached,
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '$.part'::regclass AND contype = 'c'",
        ),
        (
            "a label that a block would do without",
            without,
            "SELECT m::text FROM $.t",
        ),
        (
            "a label of an enum that is used",
            enums,
            "SELECT m::text FROM $.t",
        ),
        (
            "rows under a deferred key",
            deferred,
            "SELECT concat(a, ' ', c) FROM $.b",
        ),
        (
            "tables that are dropped with the transaction",
            temporary,
            "SELECT concat(x, ' ', (SELECT count(*) FROM $.n)) FROM $.t ORDER BY 1",
        ),
        ("settings", settings, "SELECT x FROM $.t"),
        (
            "an index that is built while others go on",
            cut,
            "SELECT concat(x, y, (SELECT count(*) FROM pg_index WHERE indrelid = '$.t'::regclass)) FROM $.t",
        ),
    ]
}
