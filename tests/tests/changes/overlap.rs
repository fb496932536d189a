//! Indexes and constraints that give way to others while a big table is in use: at no time is there none.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::migrate::{Choices, NewMigration};
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, migrator, texts};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(
        table = "order",
        unique(rank, part),
        index(part, name = "select"),
        check(name = "calm", "rank >= 0")
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub shop: i32,
        #[field(key)]
        pub number: i32,
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "order",
        unique(part, rank),
        index(part, rank, name = "select"),
        check(name = "calm", "rank >= -5")
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub number: i32,
        #[field(key)]
        pub shop: i32,
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 1] = [before::Order::DEF];
const AFTER: [&tenantry::model::ModelDef; 1] = [after::Order::DEF];

const ROWS: &str = "INSERT INTO {t}.\"order\" VALUES (1, -1, 5, 1, 'a'), (2, -1, 6, 1, 'b')";

const MANY: &str = "INSERT INTO {t}.\"order\" SELECT 1, n, n + 100, n % 7, repeat('x', 200) FROM generate_series(1, 40000) AS n; \
    ANALYZE {t}.\"order\"";

/// The indexes and checks of the table, before and after, by what they are of.
const SERVED: [&str; 4] = ["calm", "part", "unique number, shop", "unique part, rank"];

/// Those that queries and writes can count on.
const FOUND: &str = "
    SELECT CASE WHEN i.indisunique THEN 'unique ' || c.names ELSE c.first END FROM pg_index AS i CROSS JOIN LATERAL (
        SELECT string_agg(a.attname, ', ' ORDER BY a.attname) AS names, min(a.attname) FILTER (WHERE k.nth = 1) AS first
        FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, nth) JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    ) AS c WHERE i.indrelid = 'acme.\"order\"'::regclass AND i.indisvalid
    UNION SELECT conname FROM pg_constraint WHERE conrelid = 'acme.\"order\"'::regclass AND contype = 'c'
    ORDER BY 1";

/// Tenants of which `acme` is big.
fn given() -> Given {
    let mut given = Given::new(&BEFORE, ROWS);
    given.run("acme", MANY);
    given
}

/// Says that the work is over, also where it has failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The index that was made last.
fn last_index(client: &mut Client) -> String {
    let sql = "SELECT indexrelid::text FROM pg_index WHERE indrelid = 'acme.\"order\"'::regclass ORDER BY indexrelid DESC LIMIT 1";
    texts(client, sql).concat()
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_the_former_or_the_next() {
    let mut given = given();
    given.write(&AFTER, &Choices::new().together());
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
    let (mut killed, mut left, mut is_left) = (0, 0, false);
    loop {
        let built = last_index(&mut given.client);
        let chain = given.chain();
        let Err(error) = migrator(chain).on(&mut given.client).attempt() else {
            break;
        };
        killed += 1;
        assert!(killed < 30, "{error}");
        given.client = Client::connect(given.url(), NoTls).unwrap();
        assert_eq!(texts(&mut given.client, FOUND), SERVED, "step {killed}");
        let last = last_index(&mut given.client);
        // What was left is built again by the next run, and two are never built one behind the other.
        is_left = !is_left && last != built;
        if is_left {
            // As if it had been killed while it built.
            left += 1;
            let broken = format!(
                "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = {last}"
            );
            given.client.batch_execute(&broken).unwrap();
            assert_eq!(texts(&mut given.client, FOUND), SERVED, "step {killed}");
        }
        let drift = migrator(given.chain())
            .on(&mut given.client)
            .drift()
            .unwrap();
        assert!(drift.found.is_empty() && drift.uncompared.is_empty());
        let next = "UPDATE cut SET step = step + 1";
        given.client.batch_execute(next).unwrap();
    }
    assert_eq!(left, 3, "of {killed}");
    given
        .client
        .batch_execute("DROP TRIGGER cut ON tenantry.tenant")
        .unwrap();
    given.expect_structure(&AFTER);
    create(&mut given.client, "later");
    given.expect_structure(&AFTER);
    let state = fs::read_to_string(given.folder().join("state.json")).unwrap();
    assert!(!state.contains("next"), "{state}");
}

#[test]
fn who_works_meanwhile_always_finds_an_index_and_never_writes_what_is_there() {
    let mut given = given();
    given.write(&AFTER, &Choices::new().together());
    let is_over = AtomicBool::new(false);
    let url = given.url().to_owned();
    let (looks, writes) = thread::scope(|threads| {
        let over = Over(&is_over);
        let looks = threads.spawn(|| {
            let mut client = Client::connect(&url, NoTls).unwrap();
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) || count == 0 {
                assert_eq!(texts(&mut client, FOUND), SERVED);
                count += 1;
            }
            count
        });
        let writes = threads.spawn(|| {
            let mut client = Client::connect(&url, NoTls).unwrap();
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) || count == 0 {
                count += 1;
                let mut write = |number: i32, rank: i32| {
                    let sql =
                        format!("INSERT INTO acme.\"order\" VALUES (3, {number}, {rank}, 3, 'c')");
                    let written = client.batch_execute(&sql);
                    written.map_err(|error| error.code().unwrap().code().to_owned())
                };
                assert_eq!(write(count, 1_000_000 + count), Ok(()));
                let unique = Err("23505".to_owned());
                assert_eq!(write(count, 2_000_000 + count), unique);
                assert_eq!(write(-count, 1_000_000 + count), unique);
                assert_eq!(write(-count, -6), Err("23514".to_owned()));
            }
            count
        });
        given.migrate();
        drop(over);
        (looks.join().unwrap(), writes.join().unwrap())
    });
    assert!(looks > 1 && writes > 1, "{looks} {writes}");
    given.expect_structure(&AFTER);
    let written = "SELECT count(*)::text FROM acme.\"order\" WHERE shop = 3";
    assert_eq!(texts(&mut given.client, written), [writes.to_string()]);
}

#[test]
fn what_is_taken_back_is_built_before_the_other_goes() {
    let mut given = given();
    let operations = given.become_(&AFTER, &Choices::new().together());
    let written: Vec<&str> = operations.iter().map(String::as_str).collect();
    assert_eq!(
        written,
        [
            "change primary key `order_pkey` of tenant table `order` from `shop, number` to `number, shop`",
            "add unique constraint `order_part_rank_key` to tenant table `order`",
            "drop check `calm` from tenant table `order`",
            "add check `calm` to tenant table `order`",
            "create index `order_select_5508353b_next` on tenant table `order`",
            "drop index `select` of tenant table `order`",
            "rename index `order_select_5508353b_next` of tenant table `order` to `select`",
            "drop unique constraint `order_rank_part_key` from tenant table `order`",
        ]
    );
    let migration = fs::read_dir(given.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().join("tenant.down.sql"))
        .find(|path| path.to_string_lossy().contains("0002"))
        .unwrap();
    let down = fs::read_to_string(migration).unwrap();
    let at = |words: &str| {
        down.find(words)
            .unwrap_or_else(|| panic!("{words}: {down}"))
    };
    assert!(at("CREATE INDEX \"select\"") < at("DROP INDEX"));
    assert!(
        at("ADD CONSTRAINT \"order_rank_part_key\"")
            < at("DROP CONSTRAINT \"order_part_rank_key\"")
    );
}

mod wider {
    use super::*;

    #[tenant_model(table = "order", unique(part, rank, shop))]
    pub(crate) struct Order {
        #[field(key)]
        pub shop: i32,
        #[field(key)]
        pub number: i32,
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

mod narrow {
    use super::*;

    #[tenant_model(table = "order", unique(part, rank))]
    pub(crate) struct Order {
        #[field(key)]
        pub shop: i32,
        #[field(key)]
        pub number: i32,
        pub rank: i32,
        pub part: i32,
        pub note: String,
    }
}

/// Upserts of the version from before name the former, and those of the next one the other.
#[test]
fn a_unique_constraint_over_more_columns_is_there_before_the_former_goes() {
    let mut given = Given::new(&[narrow::Order::DEF], ROWS);
    let made = given.write(&[wider::Order::DEF], &Choices::new());
    let steps: Vec<(String, Vec<String>)> = made
        .iter()
        .map(|it: &NewMigration| {
            let operations = it.operations().iter().map(ToString::to_string);
            (it.phase().to_string(), operations.collect())
        })
        .collect();
    let step = |phase: &str, operation: &str| (phase.to_owned(), vec![operation.to_owned()]);
    assert_eq!(
        steps,
        [
            step(
                "expand",
                "add unique constraint `order_part_rank_shop_key` to tenant table `order`"
            ),
            step(
                "contract",
                "drop unique constraint `order_part_rank_key` from tenant table `order`"
            ),
        ]
    );
    given.migrate();
    given.expect_structure(&[wider::Order::DEF]);
}
