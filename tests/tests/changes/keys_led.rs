//! Foreign keys that lead to another table, or react in another way: the former is there until the other is, and never both for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, texts};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Person {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "order")]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "group")]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        #[field(column = "select")]
        pub of: Fk<Person>,
        pub payer: Fk<Person>,
        pub note: String,
    }
}

mod after {
    use super::*;

    #[tenant_model(table = "group", unique(id, note))]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        #[field(column = "select")]
        pub of: Fk<before::Order>,
        #[field(on_delete = "cascade")]
        pub payer: Fk<before::Person>,
        pub note: String,
    }
}

mod alone {
    use super::*;

    #[tenant_model(table = "group")]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        #[field(column = "select")]
        pub of: Fk<before::Order>,
        pub payer: Fk<before::Order>,
        pub note: String,
    }
}

const BEFORE: [&ModelDef; 3] = [before::Person::DEF, before::Order::DEF, before::Line::DEF];
const AFTER: [&ModelDef; 3] = [before::Person::DEF, before::Order::DEF, after::Line::DEF];
const ALONE: [&ModelDef; 2] = [before::Order::DEF, alone::Line::DEF];

/// Persons 1 to 3, and orders 2 to 4.
const ROWS: &str = "INSERT INTO {t}.persons SELECT FROM generate_series(1, 3); INSERT INTO {t}.\"order\" SELECT FROM generate_series(1, 4); \
    DELETE FROM {t}.\"order\" WHERE id = 1; INSERT INTO {t}.\"group\" (\"select\", payer, note) VALUES (2, 2, 'a')";

const MANY: &str = "INSERT INTO {t}.\"group\" (\"select\", payer, note) SELECT 2 + n % 2, 2, repeat('x', 200) FROM generate_series(1, 40000) AS n; \
    ANALYZE {t}.\"group\"";

/// Where the foreign keys lead, and what they do.
const FOUND: &str = "
    SELECT a.attname || ' ' || k.confrelid::regclass::text || ' ' || k.confdeltype::text FROM pg_constraint AS k
    JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.conrelid = 'acme.\"group\"'::regclass AND k.contype = 'f' ORDER BY 1";

fn given() -> Given {
    let mut given = Given::new(&BEFORE, ROWS);
    given.run("acme", MANY);
    given
}

fn choices() -> Choices {
    Choices::new().accept_loss("group.select")
}

fn expect_led(client: &mut Client) {
    let found = texts(client, FOUND);
    let (led, payers): (Vec<&String>, Vec<&String>) =
        found.iter().partition(|it| it.starts_with("select "));
    assert!(
        led == ["select acme.persons a"] || led == ["select acme.\"order\" a"],
        "{found:?}"
    );
    assert!(!payers.is_empty(), "{found:?}");
}

#[test]
fn a_key_that_leads_elsewhere_stays_until_the_contract() {
    let given = given();
    assert_eq!(
        given.steps(&AFTER, &choices()),
        [
            "expand",
            "  change foreign key `group_payer_fkey` of tenant table `group` from `on delete no action, on update no action` to \
             `on delete cascade, on update no action`",
            "contract",
            "  add unique constraint `group_id_note_key` to tenant table `group`",
            "  drop foreign key `group_select_fkey` from tenant table `group`",
            "  add foreign key `group_select_fkey` to tenant table `group`",
        ]
    );
}

#[test]
fn a_key_that_leads_elsewhere_is_taken_back() {
    given().become_(&AFTER, &choices());
}

#[test]
fn a_key_leads_elsewhere_where_the_former_table_goes() {
    let mut given = Given::new(&BEFORE, ROWS);
    let choices = choices().accept_loss("group.payer").accept_loss("persons");
    given.write(&ALONE, &choices);
    given.migrate();
    given.expect_structure(&ALONE);
    create(&mut given.client, "later");
    given.expect_structure(&ALONE);
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_the_former_or_the_next() {
    let mut given = given();
    given.write(&AFTER, &choices());
    let killed = given.migrate_killed(|given| expect_led(&mut given.client));
    assert!(killed > 3, "{killed}");
    given.expect_structure(&AFTER);
    create(&mut given.client, "later");
    given.expect_structure(&AFTER);
}

#[test]
fn nobody_writes_a_key_that_leads_nowhere_and_what_leads_to_both_is_never_refused() {
    struct Over<'a>(&'a AtomicBool);

    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let mut given = given();
    given.write(&AFTER, &choices());
    let is_over = AtomicBool::new(false);
    let url = given.url().to_owned();
    let writes = thread::scope(|threads| {
        let over = Over(&is_over);
        let writes = threads.spawn(|| {
            let mut client = Client::connect(&url, NoTls).unwrap();
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) || count == 0 {
                count += 1;
                expect_led(&mut client);
                let mut write = |of: i64, payer: i64| {
                    let sql =
                        "INSERT INTO acme.\"group\" (\"select\", payer, note) VALUES ($1, $2, 'c')";
                    let written = client.execute(sql, &[&of, &payer]);
                    let code = |error: postgres::Error| error.code().unwrap().code().to_owned();
                    written.map(drop).map_err(code)
                };
                assert_eq!(write(2 + i64::from(count) % 2, 1), Ok(()));
                assert_eq!(write(5, 1), Err("23503".to_owned()));
                assert_eq!(write(2, 4), Err("23503".to_owned()));
            }
            count
        });
        given.migrate();
        drop(over);
        writes.join().unwrap()
    });
    assert!(writes > 1);
    given.expect_structure(&AFTER);
    let written = "SELECT count(*)::text FROM acme.\"group\" WHERE note = 'c'";
    assert_eq!(texts(&mut given.client, written), [writes.to_string()]);
}
