//! Uniqueness by other columns than before, and indexes of another name: the former is there until the other is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, texts};

use crate::given::Given;

/// A model of the table in question.
macro_rules! order {
    ($name:ident, $($parts:tt)*) => {
        mod $name {
            use super::*;

            #[tenant_model(table = "order", $($parts)*)]
            pub(super) struct Order {
                #[field(key)]
                pub(super) shop: i32,
                #[field(key)]
                pub(super) number: i32,
                pub(super) rank: i32,
                pub(super) part: i32,
                pub(super) note: String,
            }

            pub(super) const MODELS: [&ModelDef; 1] = [Order::DEF];
        }
    };
}

order!(
    before,
    unique(part, rank),
    unique(rank, note, shop),
    index(note, name = "user")
);
order!(
    after,
    unique(part, number),
    unique(rank, note),
    index(note, part, name = "check")
);
order!(indexed, index(part, name = "user"));
order!(indexed_otherwise, index(part, rank, name = "select"));
order!(unique_by_it, unique(part, rank));
order!(unique_by_others, unique(note, shop));
order!(plain, index(part));

const ROWS: &str = "INSERT INTO {t}.\"order\" VALUES (1, -1, 5, 1, 'a'), (2, -2, 6, 1, 'b')";

const MANY: &str = "INSERT INTO {t}.\"order\" SELECT 1, n, n + 100, n % 7, repeat('x', 200) FROM generate_series(1, 40000) AS n; \
    ANALYZE {t}.\"order\"";

/// The columns of the indexes that are there for queries and writes, but for those of the key.
const FOUND: &str = "
    SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || string_agg(a.attname, ',' ORDER BY a.attname)
    FROM pg_index AS i CROSS JOIN unnest(i.indkey) AS k (attnum) JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = 'acme.\"order\"'::regclass AND i.indisvalid AND NOT i.indisprimary GROUP BY i.indexrelid, i.indisunique ORDER BY 1";

fn given(before: &[&'static ModelDef]) -> Given {
    let mut given = Given::new(before, ROWS);
    given.run("acme", MANY);
    given
}

/// For each of what changes there is the former or the other.
fn expect_one_of_each(client: &mut Client) {
    let found = texts(client, FOUND);
    for pair in [
        ["unique part,rank", "unique number,part"],
        ["unique note,rank,shop", "unique note,rank"],
        ["note", "note,part"],
    ] {
        assert!(
            pair.iter().any(|it| found.iter().any(|other| other == it)),
            "{pair:?} {found:?}"
        );
    }
}

#[test]
fn the_phases_are_those_in_which_each_version_finds_what_it_relies_on() {
    let steps = |from: &[&'static ModelDef], to: &[&'static ModelDef]| {
        Given::new(from, ROWS).steps(to, &Choices::new())
    };
    // What is stricter, or otherwise, waits, and so does what it comes for.
    assert_eq!(
        steps(&before::MODELS, &after::MODELS),
        [
            "expand",
            "  create index `check` on tenant table `order`",
            "  drop index `user` of tenant table `order`",
            "contract",
            "  add unique constraint `order_part_number_key` to tenant table `order`",
            "  add unique constraint `order_rank_note_key` to tenant table `order`",
            "  drop unique constraint `order_rank_note_shop_key` from tenant table `order`",
            "  drop unique constraint `order_part_rank_key` from tenant table `order`",
        ]
    );
    assert_eq!(
        steps(&indexed::MODELS, &indexed_otherwise::MODELS),
        [
            "expand",
            "  create index `select` on tenant table `order`",
            "  drop index `user` of tenant table `order`",
        ]
    );
    // Queries have the index until there is the other.
    assert_eq!(
        steps(&indexed::MODELS, &unique_by_it::MODELS),
        [
            "contract",
            "  add unique constraint `order_part_rank_key` to tenant table `order`",
            "  drop index `user` of tenant table `order`",
        ]
    );
    // What is unique no more stays for the upserts that name it, and what has nothing to do with it comes for itself.
    assert_eq!(
        steps(&unique_by_it::MODELS, &plain::MODELS),
        [
            "expand",
            "  create index `order_part_idx` on tenant table `order`",
            "contract",
            "  drop unique constraint `order_part_rank_key` from tenant table `order`",
        ]
    );
    assert_eq!(
        steps(&unique_by_it::MODELS, &unique_by_others::MODELS),
        [
            "contract",
            "  add unique constraint `order_note_shop_key` to tenant table `order`",
            "  drop unique constraint `order_part_rank_key` from tenant table `order`",
        ]
    );
}

#[test]
fn what_is_unique_by_other_columns_is_taken_back() {
    let mut given = given(&before::MODELS);
    given.become_(&after::MODELS, &Choices::new());
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_the_former_or_the_other() {
    let mut given = given(&before::MODELS);
    given.write(&after::MODELS, &Choices::new());
    let killed = given.migrate_killed(|given| expect_one_of_each(&mut given.client));
    assert!(killed > 4, "{killed}");
    given.expect_structure(&after::MODELS);
    create(&mut given.client, "later");
    given.expect_structure(&after::MODELS);
}

#[test]
fn who_works_meanwhile_always_finds_one_and_never_writes_a_row_twice() {
    let mut given = given(&before::MODELS);
    given.write(&after::MODELS, &Choices::new());
    let is_over = AtomicBool::new(false);
    let url = given.url().to_owned();
    let counts = thread::scope(|threads| {
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let over = Over(&is_over);
        let repeat = |work: fn(&mut Client, i32)| {
            let (url, is_over) = (&url, &is_over);
            threads.spawn(move || {
                let mut client = Client::connect(url, NoTls).unwrap();
                let mut count = 0;
                while !is_over.load(Ordering::Relaxed) || count == 0 {
                    count += 1;
                    work(&mut client, count);
                }
                count
            })
        };
        let looks = repeat(|client, _| expect_one_of_each(client));
        let writes = repeat(|client, nth| {
            let mut write = |shop: i32| {
                let row = format!("({shop}, {nth}, {}, 8, 'c')", 1_000_000 + nth);
                let sql = format!("INSERT INTO acme.\"order\" VALUES {row}");
                let written = client.batch_execute(&sql);
                written.map_err(|error| error.code().unwrap().code().to_owned())
            };
            // Either refuses the same again, in another shop too.
            assert_eq!(write(3), Ok(()));
            assert_eq!(write(4), Err("23505".to_owned()));
        });
        given.migrate();
        drop(over);
        [looks, writes].map(|thread| thread.join().unwrap())
    });
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
    given.expect_structure(&after::MODELS);
    let written = "SELECT count(*)::text FROM acme.\"order\" WHERE shop > 2";
    assert_eq!(texts(&mut given.client, written), [counts[1].to_string()]);
}
