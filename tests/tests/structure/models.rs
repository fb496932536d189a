//! The structure that models ask for.

use tenantry::SchemaName;
use tenantry::structure::{Slots, State, diff, drift, fill, render};
use tenantry::testing::TestDb;
use tenantry_tests::shop::SHOP;

#[test]
fn what_models_ask_for_is_valid_and_is_what_is_read_back() {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA shared; CREATE SCHEMA acme")
        .unwrap();
    let (shared, acme) = (
        SchemaName::new("shared").unwrap(),
        SchemaName::new("acme").unwrap(),
    );
    let slots = Slots {
        shared: &shared,
        tenant: Some(&acme),
    };
    let wanted = State::from_models(&SHOP.models().unwrap());
    let ops = diff(&State::default(), &wanted);
    let statements: Vec<String> = ops.iter().flat_map(render).collect();
    for sql in &statements {
        client.batch_execute(&fill(sql, &slots).unwrap()).unwrap();
    }
    assert_eq!(
        drift(&mut client, &wanted, &shared, Some(&acme)).unwrap(),
        []
    );
    insta::assert_snapshot!(statements.join(";\n\n"));
}
