//! Changes of tables that are big and in use: what looks at all rows keeps nobody from reading and writing.

use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry::testing::Server;
use tenantry_tests::dump::{difference, dump};
use tenantry_tests::fleet::{create, migrator, texts};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "order")]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub number: i64,
        pub part: i64,
        pub total: i64,
        pub note: Option<String>,
        pub customer: Fk<Customer>,

        pub payer: i64,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "order", unique(number, part), check = "total >= 0")]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub number: i64,
        pub part: i64,
        pub total: i64,
        #[field(default = "none")]
        pub note: String,
        #[field(on_delete = "cascade")]
        pub customer: Fk<Customer>,
        pub payer: Fk<Customer>,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 2] = [before::Customer::DEF, before::Order::DEF];
const AFTER: [&tenantry::model::ModelDef; 2] = [after::Customer::DEF, after::Order::DEF];

const ROWS: &str = "INSERT INTO {t}.customers SELECT FROM generate_series(1, 3); \
    INSERT INTO {t}.\"order\" (number, part, total, note, customer, payer) \
    VALUES (-1, 1, 5, NULL, 1, 2), (-2, 1, 0, 'a', 3, 3)";

const MANY: &str = "INSERT INTO {t}.\"order\" (number, part, total, note, customer, payer) \
    SELECT n, n % 3, n, CASE WHEN n % 2 = 0 THEN repeat('x', 200) END, 1 + n % 3, 1 + n % 2 FROM generate_series(1, 60000) AS n; \
    ANALYZE {t}.\"order\"";

/// Tenants of which `acme` is big.
fn given(db: tenantry::testing::TestDb) -> Given {
    let mut given = Given::on(db, &BEFORE, ROWS);
    given.run("acme", MANY);
    given
}

/// The statements of a server's log that name a schema, each message by itself.
fn messages(log: &str, schema: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in log.lines() {
        match all.last_mut() {
            Some(last) if line.starts_with('\t') => last.push_str(line),
            _ => all.push(line.to_owned()),
        }
    }
    let named = format!("\"{schema}\".");
    all.retain(|message| message.contains(&named));
    all
}

#[test]
fn whatever_looks_at_all_rows_has_a_transaction_of_its_own_where_tables_are_big() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let mut given = given(server.database().unwrap());
    given.write(&AFTER, &Choices::new().together());
    given.migrate();
    given.expect_structure(&AFTER);
    let log = server.log().unwrap();
    let scans = [
        "VALIDATE CONSTRAINT",
        "UPDATE \"acme\"",
        "UPDATE \"select\"",
    ];
    let locks = [
        " NOT VALID",
        "SET NOT NULL",
        "DROP CONSTRAINT",
        "USING INDEX",
    ];
    let mixed = |schema: &str| {
        let mut all = messages(&log, schema);
        all.retain(|message| {
            let count = |words: &[&str]| {
                words
                    .iter()
                    .map(|word| message.matches(word).count())
                    .sum::<usize>()
            };
            count(&scans) > 1 || count(&scans) == 1 && count(&locks) > 0
        });
        all
    };
    assert_eq!(mixed("acme"), Vec::<String>::new());
    assert_eq!(mixed("select").len(), 1, "what is small is done at once");
    for name in ["order_number_key", "order_number_part_key"] {
        let built = |how: &str, schema: &str| {
            log.contains(&format!("{how} \"{name}\" ON \"{schema}\".\"order\""))
        };
        assert!(built("CREATE UNIQUE INDEX CONCURRENTLY", "acme"), "{name}");
        assert!(built("CREATE UNIQUE INDEX", "select"), "{name}");
    }
    for schema in ["acme", "select"] {
        for name in ["fkey", "check"] {
            let validated = |message: &String| {
                message.contains("VALIDATE CONSTRAINT") && message.contains(name)
            };
            assert!(
                messages(&log, schema).iter().any(validated),
                "{schema}: {name}"
            );
        }
    }
}

#[test]
fn big_small_and_new_tenants_are_alike_up_and_down() {
    let db = tenantry::testing::TestDb::new();
    let mut given = given(db);
    given.become_(&AFTER, &Choices::new());
    // Rows apart, which differ in number.
    given.run(
        "acme",
        "DELETE FROM {t}.\"order\" WHERE number > 0; ANALYZE {t}.\"order\"",
    );
    let url = given.url().to_owned();
    let mut dumped = |schema: &str| {
        let text = dump(&mut given.client, &url, schema).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.contains("setval") && !line.contains("INSERT INTO"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let [big, small, new] = ["acme", "select", "later"].map(&mut dumped);
    assert!(big.contains("ON DELETE CASCADE"), "{big}");
    assert_eq!(difference(&big, &small), None);
    assert_eq!(difference(&big, &new), None);
    let rows = "SELECT note FROM {t}.\"order\" ORDER BY id";
    assert_eq!(given.finds(rows), ["none", "a"]);
}

#[test]
fn a_run_that_is_killed_at_any_segment_is_finished_by_the_next() {
    let mut given = given(tenantry::testing::TestDb::new());
    given.write(&AFTER, &Choices::new());
    given
        .client
        .batch_execute(
            "CREATE TABLE cut (step int); INSERT INTO cut VALUES (1); \
             CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); RETURN NEW; END $$; \
             CREATE FUNCTION is_cut(begun int) RETURNS boolean LANGUAGE sql AS 'SELECT begun = cut.step FROM public.cut'; \
             CREATE TRIGGER cut BEFORE UPDATE ON tenantry.tenant FOR EACH ROW \
             WHEN (OLD.key = 'acme' AND public.is_cut(OLD.step)) EXECUTE FUNCTION cut()",
        )
        .unwrap();
    let mut places = Vec::new();
    loop {
        let chain = given.chain();
        let Err(error) = migrator(chain).on(&mut given.client).attempt() else {
            break;
        };
        assert!(places.len() < 40, "{places:?} {error}");
        given.client = postgres::Client::connect(given.url(), postgres::NoTls).unwrap();
        places.extend(texts(
            &mut given.client,
            "SELECT step::text FROM tenantry.tenant WHERE key = 'acme'",
        ));
        let next = "UPDATE cut SET step = step + 1";
        given.client.batch_execute(next).unwrap();
    }
    let expected: Vec<String> = (1..=places.len()).map(|place| place.to_string()).collect();
    assert_eq!(places, expected);
    assert!(places.len() > 10, "{places:?}");
    given
        .client
        .batch_execute("DROP TRIGGER cut ON tenantry.tenant")
        .unwrap();
    create(&mut given.client, "later");
    given.expect_structure(&AFTER);
}

#[test]
fn nulls_that_are_written_before_the_check_is_there_are_filled() {
    let mut given = given(tenantry::testing::TestDb::new());
    given.write(&AFTER, &Choices::new());
    // Somebody who writes null after each step, as long as it is allowed.
    given
        .client
        .batch_execute(
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             UPDATE acme.\"order\" SET note = NULL WHERE number = -2; RETURN NEW; \
             EXCEPTION WHEN check_violation OR not_null_violation THEN RETURN NEW; END $$; \
             CREATE TRIGGER late BEFORE UPDATE ON tenantry.tenant FOR EACH ROW \
             WHEN (OLD.key = 'acme') EXECUTE FUNCTION late()",
        )
        .unwrap();
    given.migrate();
    given
        .client
        .batch_execute("DROP TRIGGER late ON tenantry.tenant")
        .unwrap();
    given.expect_structure(&AFTER);
    let note = "SELECT note FROM acme.\"order\" WHERE number = -2";
    assert_eq!(texts(&mut given.client, note), ["none"]);
}

#[test]
fn rows_that_violate_a_check_stop_where_they_are_looked_at_and_are_mended() {
    let mut given = given(tenantry::testing::TestDb::new());
    let bad = "UPDATE {t}.\"order\" SET total = -7 WHERE number = -1";
    given.run("acme", bad);
    given.run("select", bad);
    given.write(&AFTER, &Choices::new());
    let chain = given.chain();
    let report = migrator(chain).on(&mut given.client).attempt().unwrap();
    assert_eq!(report.failed.len(), 2);
    for failure in &report.failed {
        let error = failure.error.as_ref().unwrap().message.clone();
        assert!(error.contains("order_"), "{error}");
        assert!(!error.contains("-7"), "{error}");
    }
    // The big one goes on where it was: new rows are looked at already.
    let steps = texts(
        &mut given.client,
        "SELECT key || ' ' || (step > 0) FROM tenantry.tenant ORDER BY key",
    );
    assert_eq!(steps, ["acme true", "select false"]);
    let new = "UPDATE \"acme\".\"order\" SET total = -8 WHERE number = -2";
    given.client.batch_execute(new).unwrap_err();
    for tenant in ["acme", "select"] {
        given.run(
            tenant,
            "UPDATE {t}.\"order\" SET total = 7 WHERE number = -1",
        );
    }
    given.migrate();
    given.expect_structure(&AFTER);
}
