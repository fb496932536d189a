//! Two releases that follow each other, each a process of its own, on a fleet that is migrated between them.

use tenantry::migrate::{Choices, Phase, WaitsFor};
use tenantry::model::{Model as _, ModelDef};
use tenantry_tests::fleet::{check_whole, create, migrator};
use tenantry_tests::neighbours::{Running, after, before, number, stays};

use crate::given::Given;

const BEFORE: [&ModelDef; 1] = [before::Order::DEF];
const AFTER: [&ModelDef; 1] = [after::Order::DEF];

/// Of which nothing is asked before the contract.
const ROWS: &str = "INSERT INTO {t}.orders (number, total, stock, note, code) \
    SELECT -n, -n, n, CASE WHEN n % 2 = 0 THEN 'even' END, 'c' || n FROM generate_series(1, 200) AS n; \
    ANALYZE {t}.orders";

/// The tenants of which both releases serve requests. There are two more.
const TENANTS: usize = 48;

fn release(given: &Given, name: &str) -> Running {
    let chain = given.chain();
    let last = chain.migrations().last().unwrap();
    let program = env!("CARGO_BIN_EXE_fleet_worker");
    Running::start(program, name, given.url(), last.id(), TENANTS)
}

#[test]
fn no_request_of_either_fails_and_no_row_is_lost() {
    let mut given = Given::new(&BEFORE, ROWS);
    for at in 0..TENANTS {
        create(&mut given.client, &format!("t{at}"));
        given.run(&format!("t{at}"), ROWS);
    }
    let mut former = release(&given, "before");
    let choices = Choices::new()
        .rename("orders.total=amount")
        .fill("orders.note", "'nothing'")
        .accept_loss("orders.is_marked");
    given.write(&AFTER, &choices);
    former.go_on();
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    let mut latter = release(&given, "after");
    latter.go_on();
    former.go_on();
    // Nothing is taken from the former as long as it runs.
    let contract = || migrator(given.chain()).phase(Phase::Contract);
    let mut client = given.connect();
    let blocked = contract().on(&mut client).run().unwrap().blocked.unwrap();
    let WaitsFor::Applications(running) = &blocked.waits_for else {
        panic!("{blocked:?}");
    };
    let running: Vec<&str> = running.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(running, ["orders before"]);
    former.go_on();
    latter.go_on();
    let ended = former.end();
    let applied = contract().on(&mut client).run().unwrap();
    assert!(
        applied.blocked.is_none() && applied.failed.is_empty(),
        "{applied:?}"
    );
    latter.go_on();
    let all = [("before", ended), ("after", latter.end())];
    let chain = given.chain();
    check_whole(&mut given.client, &chain);
    given.expect_structure(&AFTER);
    let mut expected: Vec<i64> = Vec::new();
    for (name, (done, longest)) in &all {
        assert!(*done >= 120, "{name}: {done}");
        expected.extend(
            (1..=*done)
                .filter(|it| stays(*it))
                .map(|it| number(name, it)),
        );
        println!("{done} requests of the release {name}, the longest {longest:?}");
    }
    let mut found: Vec<i64> = Vec::new();
    for at in 0..TENANTS {
        let tenant = format!("t{at}");
        let numbers = "SELECT number::text FROM {t}.orders WHERE number > 0 AND amount = number AND stock = 8 \
            AND code = number::text AND note = CASE number % 2 WHEN 1 THEN 'latter' ELSE 'former' END \
            AND color = CASE number % 2 WHEN 1 THEN 'red' ELSE 'none' END";
        let numbers = given.finds_in(&tenant, numbers);
        found.extend(numbers.iter().map(|it| it.parse::<i64>().unwrap()));
        let rows = "SELECT count(*) FILTER (WHERE number < 0 AND amount = number AND stock = -number AND color = 'none' \
            AND note = CASE number % 2 WHEN 0 THEN 'even' ELSE 'nothing' END) || ' ' || count(*) FILTER (WHERE number < 0) || ' ' \
            || count(*) FROM {t}.orders";
        let [rows] = &given.finds_in(&tenant, rows)[..] else {
            panic!("one row");
        };
        let of_requests = numbers.len();
        assert_eq!(*rows, format!("200 200 {}", 200 + of_requests), "{tenant}");
    }
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}
