//! The books say what is so, also after they were restored from a copy.

use postgres::Client;
use tenantry::tenant::{self, NewTenant};
use tenantry::testing::TestDb;
use tenantry_tests::dump::dump_of;
use tenantry_tests::fleet::{CUSTOMERS, PLANS, chain, check_whole, create, key, migrate, texts};

/// Brings the books back to a copy of them, as a user does who has only the schema `tenantry` in the copy.
fn restore(client: &mut Client, copy: &str) {
    let sql: Vec<&str> = copy
        .lines()
        .filter(|line| !line.starts_with('\\'))
        .collect();
    client
        .batch_execute("DROP SCHEMA tenantry CASCADE")
        .unwrap();
    client.batch_execute(&sql.join("\n")).unwrap();
    client.batch_execute("RESET ALL").unwrap();
}

fn numbers(client: &mut Client) -> Vec<i64> {
    let rows = client.query_typed("SELECT id FROM tenantry.tenant ORDER BY id", &[]);
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn restored_books_give_no_number_twice() {
    let database = TestDb::new();
    let mut client = database.connect();
    let chain = chain(&[PLANS, CUSTOMERS]);
    migrate(&mut client, chain.clone());
    create(&mut client, "before");
    let Some(copy) = dump_of(&mut client, database.url(), &["--schema", "tenantry"]) else {
        return;
    };
    create(&mut client, "kept");
    create(&mut client, "dropped");
    let given = numbers(&mut client);
    tenant::drop(&mut client, &key("dropped")).unwrap();

    restore(&mut client, &copy);
    assert_eq!(numbers(&mut client), given[..1]);
    for name in ["one", "two"] {
        create(&mut client, name);
    }
    let now = numbers(&mut client);
    assert_eq!(now[0], given[0]);
    assert!(now[1..].iter().all(|id| !given.contains(id)), "{now:?}");
    // After the gap they go on one by one.
    assert!(now[2] - now[1] < 100, "{now:?}");

    // Whose schema is there, and not in the books, is not made anew.
    let kept = tenant::create(&mut client, &NewTenant::new(&key("kept"))).unwrap_err();
    assert!(kept.to_string().contains("`kept`"), "{kept}");
    client.batch_execute("DROP SCHEMA kept CASCADE").unwrap();
    check_whole(&mut client, &chain);

    // A second copy of what was restored is one too.
    let copy = dump_of(&mut client, database.url(), &["--schema", "tenantry"]).unwrap();
    create(&mut client, "three");
    let given = numbers(&mut client);
    client.batch_execute("DROP SCHEMA three CASCADE").unwrap();
    restore(&mut client, &copy);
    create(&mut client, "four");
    let last = texts(
        &mut client,
        "SELECT id::text FROM tenantry.tenant WHERE key = 'four'",
    );
    assert!(!given.contains(&last[0].parse().unwrap()), "{last:?}");
}
