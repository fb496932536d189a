//! Statements of `sql!` that read like mistakes and are none.

use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::Plan;

#[test]
fn the_name_of_the_search_path_is_a_text_like_any_other() {
    let shop = Shop::new();
    let mut scope = shop.db().shared().unwrap();
    let read = sql!("SELECT count(*) FROM {Plan} WHERE {Plan.code} = 'search_path'");
    let before = scope.sql(read).row::<i64>().unwrap();
    let write = sql!("INSERT INTO {Plan} ({Plan.code}, {Plan.monthly}) VALUES ('search_path', 0)");
    scope.sql(write).execute().unwrap();
    assert_eq!(scope.sql(read).row::<i64>().unwrap(), before + 1);
    let set = sql!("SELECT set_config('app.shown', 'search_path', true)");
    assert_eq!(scope.sql(set).row::<String>().unwrap(), "search_path");
}

#[test]
fn what_is_likely_a_mistake_is_run_if_its_author_says_so() {
    let shop = Shop::new();
    let mut scope = shop.db().shared().unwrap();
    let absolute = sql!(unchecked "SELECT @n FROM (VALUES (-5)) AS a (n) WHERE @n = @(-5)");
    assert_eq!(scope.sql(absolute).row::<i32>().unwrap(), 5);
    let price = sql!(unchecked "SELECT '$5'::text");
    assert_eq!(scope.sql(price).row::<String>().unwrap(), "$5");
    let path = sql!(unchecked "SELECT current_setting('search_path')");
    scope.sql(path).row::<String>().unwrap();
}

/// PostgreSQL has it since version 16.
#[test]
fn keys_and_values_of_json_are_separated_by_colons() {
    let shop = Shop::new();
    let mut scope = shop.db().shared().unwrap();
    let made = sql!("SELECT json_object('a': 1, 'b' : n.x)::text FROM (VALUES (2)) AS n (x)");
    let version = sql!("SELECT current_setting('server_version_num')::int4");
    let version: i32 = scope.sql(version).row().unwrap();
    let text = scope.sql(made).row::<String>();
    if version >= 160_000 {
        assert_eq!(text.unwrap(), r#"{"a" : 1, "b" : 2}"#);
    } else {
        assert!(text.is_err());
    }
}
