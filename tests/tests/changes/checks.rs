//! Checks that change: in between a row has to satisfy the former or the next, whichever version of the application writes it.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::migrate::{Choices, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, migrator, texts};
use tenantry_tests::wait::until;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(
        table = "order",
        check(name = "select", "\"limit\" >= 0 AND \"limit\" <= 10"),
        check = "part > 0"
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        #[field(column = "limit")]
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "order",
        check(name = "select", "\"limit\" >= 5 AND \"limit\" <= 15"),
        check = "part > 0 AND note <> ''"
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        #[field(column = "limit")]
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

const BEFORE: [&ModelDef; 1] = [before::Order::DEF];
const AFTER: [&ModelDef; 1] = [after::Order::DEF];

const ROWS: &str =
    "INSERT INTO {t}.\"order\" (\"limit\", part, note) VALUES (5, 1, 'a'), (10, 1, 'b')";

const MANY: &str = "INSERT INTO {t}.\"order\" (\"limit\", part, note) SELECT 5 + n % 6, 100 + n, repeat('x', 200) \
    FROM generate_series(1, 40000) AS n; ANALYZE {t}.\"order\"";

/// Tenants of which `acme` is big.
fn given() -> Given {
    let mut given = Given::new(&BEFORE, ROWS);
    given.run("acme", MANY);
    given
}

/// Writes a row into `acme`. Returns the server's code if it is refused.
fn write(client: &mut Client, rank: i32, (part, note): (i32, &str)) -> Result<(), String> {
    let sql = "INSERT INTO acme.\"order\" (\"limit\", part, note) VALUES ($1, $2, $3)";
    let written = client.execute(sql, &[&rank, &part, &note]);
    let code = |error: postgres::Error| error.code().unwrap().code().to_owned();
    written.map(drop).map_err(code)
}

/// Nobody may write what neither version may.
fn expect_checked(client: &mut Client) {
    for (rank, rest) in [(-1, (1, "n")), (16, (1, "n")), (7, (0, "n"))] {
        assert_eq!(write(client, rank, rest), Err("23514".to_owned()), "{rank}");
    }
    let names = texts(
        client,
        "SELECT conname FROM pg_constraint WHERE conrelid = 'acme.\"order\"'::regclass AND contype = 'c' ORDER BY 1",
    );
    assert!(names.len() == 2 && names[1] == "select", "{names:?}");
}

#[test]
fn what_stands_in_between_comes_before_the_deployment_and_goes_after_it() {
    let given = given();
    assert_eq!(
        given.steps(&AFTER, &Choices::new()),
        [
            "expand",
            "  drop check `order_part_check` from tenant table `order`",
            "  add check `order_part_note_check` to tenant table `order`",
            "  drop check `select` from tenant table `order`",
            "  add check `select` to tenant table `order`",
            "contract",
            "  drop check `order_part_note_check` from tenant table `order`",
            "  add check `order_part_note_check` to tenant table `order`",
            "  drop check `select` from tenant table `order`",
            "  add check `select` to tenant table `order`",
        ]
    );
    let state = std::fs::read_to_string(given.folder().join("state.json")).unwrap();
    assert!(!state.contains(" OR "), "{state}");
}

#[test]
fn a_check_that_changes_is_taken_back() {
    given().become_(&AFTER, &Choices::new());
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_rows_checked() {
    let mut given = given();
    given.write(&AFTER, &Choices::new());
    let killed = given.migrate_killed(|given| expect_checked(&mut given.client));
    assert!(killed > 3, "{killed}");
    given.expect_structure(&AFTER);
    create(&mut given.client, "later");
    given.expect_structure(&AFTER);
}

#[test]
fn both_versions_write_what_they_may_and_nobody_what_neither_may() {
    let mut given = given();
    given.write(&AFTER, &Choices::new());
    let [old_is_over, is_over] = [(); 2].map(|()| AtomicBool::new(false));
    let [is_new, by_old, by_new, looks] = [(); 4].map(|()| AtomicI32::new(0));
    let url = given.url().to_owned();
    let repeat =
        |is_over: &AtomicBool, count: &AtomicI32, work: &mut dyn FnMut(&mut Client, i32)| {
            let mut client = Client::connect(&url, NoTls).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                let nth = count.load(Ordering::Relaxed);
                work(&mut client, nth);
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
    let more = |count: &AtomicI32| {
        let before = count.load(Ordering::Relaxed);
        until("it is gone on with", || {
            count.load(Ordering::Relaxed) > before + 20
        });
    };
    thread::scope(|threads| {
        let over = Over([&old_is_over, &is_over]);
        threads.spawn(|| {
            repeat(&is_over, &looks, &mut |client, _| expect_checked(client));
        });
        let old = threads.spawn(|| {
            repeat(&old_is_over, &by_old, &mut |client, nth| {
                assert_eq!(write(client, nth % 11, (2, "")), Ok(()));
            });
        });
        more(&by_old);
        let expand = migrator(given.chain()).phase(Phase::Expand);
        expand.on(&mut given.client).run().unwrap();
        let new = threads.spawn(|| {
            is_new.store(1, Ordering::Relaxed);
            repeat(&is_over, &by_new, &mut |client, nth| {
                assert_eq!(write(client, 5 + nth % 11, (3, "new")), Ok(()));
            });
        });
        [&by_old, &by_new, &looks].into_iter().for_each(more);
        old_is_over.store(true, Ordering::Relaxed);
        old.join().unwrap();
        given.run(
            "acme",
            "UPDATE {t}.\"order\" SET \"limit\" = greatest(\"limit\", 5), note = 'mended' WHERE part = 2",
        );
        let contract = migrator(given.chain()).phase(Phase::Contract);
        contract.on(&mut given.client).run().unwrap();
        [&by_new, &looks].into_iter().for_each(more);
        drop(over);
        new.join().unwrap();
    });
    let refused = Err("23514".to_owned());
    assert_eq!(write(&mut given.client, 4, (1, "n")), refused);
    assert_eq!(write(&mut given.client, 7, (1, "")), refused);
    for (part, count) in [(2, &by_old), (3, &by_new)] {
        let sql = format!(
            "SELECT count(*)::text FROM {{t}}.\"order\" WHERE part = {part} AND note IN ('mended', 'new')"
        );
        let found = given.finds_in("acme", &sql);
        assert_eq!(found, [count.load(Ordering::Relaxed).to_string()]);
    }
    given.expect_structure(&AFTER);
}

/// Ends the threads however the test goes on.
struct Over<'a>([&'a AtomicBool; 2]);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        for over in self.0 {
            over.store(true, Ordering::Relaxed);
        }
    }
}
