//! Keys of any kind, and names that need quotes.

use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, check_whole, create, migrate, migrator, texts};

/// Does a statement in batches of a big table with this key, and looks that each row got it once.
fn each_row_once(columns: &str, key: &str, comment: &str, rows: &str) {
    let make = format!(
        "CREATE TABLE \"{{tenant}}\".\"Läng \"\"e\" ({columns}, \"from\" text NOT NULL DEFAULT repeat('x', 150), PRIMARY KEY ({key}))"
    );
    let up = format!(
        "ALTER TABLE \"{{tenant}}\".\"Läng \"\"e\" ADD COLUMN times int NOT NULL DEFAULT 0;\n\
         -- tenantry: batch \"Läng \"\"e\" by {comment}, size 7000\n\
         UPDATE \"{{tenant}}\".\"Läng \"\"e\" AS \"of\" SET times = times + 1 WHERE \"of\".\"{{batch}}\""
    );
    let first = ("0001_first", &[("tenant.up.sql", make.as_str())][..]);
    let chain_of = chain(&[first, ("0002_times", &[("tenant.up.sql", up.as_str())])]);
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[first]));
    create(&mut client, "many");
    client
        .batch_execute(&format!(
            "INSERT INTO many.\"Läng \"\"e\" ({key}) {rows}; ANALYZE many.\"Läng \"\"e\""
        ))
        .unwrap();
    // The settings of a database do not change what a key is.
    client
        .batch_execute("SET DateStyle = 'SQL, DMY'; SET bytea_output = 'escape'")
        .unwrap();
    migrator(chain_of.clone()).on(&mut client).run().unwrap();
    let found = "SELECT count(*) || ' ' || count(*) FILTER (WHERE times <> 1) || ' ' || count(DISTINCT xmin::text) \
                 FROM many.\"Läng \"\"e\"";
    assert_eq!(texts(&mut client, found), ["60000 0 9"], "{columns}");
    create(&mut client, "new");
    check_whole(&mut client, &chain_of);
}

#[test]
fn keys_are_uuids_texts_dates_and_bytes() {
    let series = |of: &str| format!("SELECT {of} FROM generate_series(1, 60000) AS n");
    each_row_once("id uuid", "id", "id", &series("gen_random_uuid()"));
    each_row_once(
        "\"Kéy\" text",
        "\"Kéy\"",
        "\"Kéy\"",
        &series("chr(97 + n % 26) || '''\\ü' || n"),
    );
    each_row_once(
        "at timestamptz",
        "at",
        "at",
        &series("timestamptz '2020-01-31 23:59:59.123456+02' + n * interval '7 hours'"),
    );
    each_row_once(
        "data bytea",
        "data",
        "data",
        &series("decode(md5(n::text), 'hex')"),
    );
    each_row_once("code char(12)", "code", "code", &series("'c' || n"));
    each_row_once(
        "price numeric(12, 3)",
        "price",
        "price",
        &series("n * 1.5 - 30000"),
    );
}

#[test]
fn a_key_is_of_several_columns() {
    each_row_once(
        "\"Order\" int, region text",
        "\"Order\", region",
        "(\"Order\", region)",
        "SELECT n % 40, 'r' || n FROM generate_series(1, 60000) AS n",
    );
}

#[test]
fn a_key_is_compared_as_its_index_does_wherever_the_operators_are() {
    let make = "CREATE TABLE \"{tenant}\".words (id extras.citext PRIMARY KEY, text text NOT NULL)";
    let up = "ALTER TABLE \"{tenant}\".words ADD COLUMN times int NOT NULL DEFAULT 0;\n\
              -- tenantry: batch words by id, size 7000\n\
              UPDATE \"{tenant}\".words SET times = times + 1 WHERE \"{batch}\"";
    let first = ("0001_words", &[("tenant.up.sql", make)][..]);
    let all = chain(&[first, ("0002_times", &[("tenant.up.sql", up)])]);
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA extras; CREATE EXTENSION citext SCHEMA extras")
        .unwrap();
    migrate(&mut client, chain(&[first]));
    create(&mut client, "many");
    client
        .batch_execute(
            "INSERT INTO many.words SELECT CASE WHEN n % 2 = 0 THEN 'a' ELSE 'B' END || n, repeat('x', 150) \
             FROM generate_series(1, 60000) AS n; ANALYZE many.words",
        )
        .unwrap();
    migrator(all).on(&mut client).run().unwrap();
    let found = "SELECT count(*) FILTER (WHERE times <> 1) || ' ' || count(DISTINCT xmin::text) FROM many.words";
    assert_eq!(texts(&mut client, found), ["0 9"]);
}
