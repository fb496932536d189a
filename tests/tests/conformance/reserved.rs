//! Names that mean something already.

use tenantry::prelude::*;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, NameReason};
use tenantry_tests::fleet::{schemas, texts};
use tenantry_tests::shop::Plan;
use tenantry_tests::{Shop, chain_of};

use crate::common::{customer, key, live, open};

/// Words that SQL keeps for itself are names like any other, because every name is quoted.
#[test]
fn reserved_words_of_sql_are_names_like_any_other() {
    let shop = Shop::new();
    for word in [
        "select",
        "user",
        "table",
        "order",
        "default",
        "null",
        "current_user",
        "session_user",
        "all",
        "only",
    ] {
        let scope = shop.tenant(word);
        assert_eq!(scope.schema().as_str(), word);
        drop(scope);
        shop.db().tenants().drop(&key(word)).unwrap();
        live(&shop, &key(word));
    }
}

/// A table and columns with names that SQL keeps for itself.
#[tenant_model(table = "order", index(user, group))]
#[derive(Debug)]
pub(crate) struct Order {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub user: String,
    pub group: String,
    #[field(default = 0)]
    pub limit: i32,
    #[field(inverse = "replacements")]
    pub references: Option<Fk<Order>>,
    #[field(check = "\"type\" <> ''")]
    pub r#type: String,
}

/// For tables and columns.
#[test]
fn reserved_words_of_sql_name_tables_and_columns() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Order::DEF])).run().unwrap();
    db.tenants().create(&key("select")).unwrap();
    let mut scope = open(&db, "select");
    let mut first = Order::insert(NewOrder::new("Ann", "a", "new"))
        .returning(&mut scope)
        .unwrap();
    let second = NewOrder::new("Bob", "b", "new").references(&first).limit(3);
    let second = Order::insert(second).returning(&mut scope).unwrap();
    first.group = "c".to_owned();
    first.save(&mut scope).unwrap();
    let replaced = Order::REFERENCES.on(Order::GROUP.eq("c") & Order::TYPE.ne("old"));
    let query = Order::query().filter(replaced).join(Order::REFERENCES);
    let by_user = query
        .order_by(Order::REFERENCES.by(Order::USER.asc()))
        .order_by(Order::LIMIT.desc());
    let (row, other) = by_user.one(&mut scope).unwrap();
    assert_eq!((row.id, other.unwrap().id), (second.id, first.id));
    let raw = sql!("SELECT {Order.user} FROM {Order} WHERE {Order.limit} = $1");
    assert_eq!(scope.sql(raw).bind(3).row::<String>().unwrap(), "Bob");
    let error = Order::insert(NewOrder::new("Cid", "c", ""))
        .execute(&mut scope)
        .unwrap_err();
    assert!(error.is_check(), "{error}");
}

/// No tenant's schema is one of PostgreSQL's, `public`, the bookkeeping schema or the shared schema.
#[test]
fn schemas_that_mean_something_else_are_no_tenants() {
    let shop = Shop::new();
    for name in [
        "information_schema",
        "pg_catalog",
        "pg_toast",
        "pg_temp_1",
        "pg_x",
        "public",
        "tenantry",
    ] {
        let error = SchemaName::new(name).unwrap_err();
        assert_eq!(error.reason(), &NameReason::Reserved);
        // As a key it is a word like any other, and names another schema.
        let scope = shop.tenant(name);
        assert!(
            scope.schema().as_str().ends_with(&format!("_{name}")),
            "{}",
            scope.schema()
        );
        drop(scope);
        shop.db().tenants().drop(&key(name)).unwrap();
        live(&shop, &key(name));
    }
    for new in [
        NewTenant::new(&key("shared")),
        NewTenant::new(&key("x")).schema(SchemaName::new("shared").unwrap()),
    ] {
        let error = shop.db().tenants().create(new).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{error}");
        assert!(
            error.to_string().contains("is the shared schema"),
            "{error}"
        );
    }
    assert_eq!(
        Plan::query()
            .count(&mut shop.db().shared().unwrap())
            .unwrap(),
        2
    );
}

/// Nor is it named like a role, whose `"$user"` in a search path would lead into it.
#[test]
fn a_schema_that_is_named_like_a_role_is_no_tenant() {
    let shop = Shop::new();
    let mut client = shop.database().connect();
    // Other roles of the server come and go with other tests.
    let own = format!("role_{}", shop.database().name());
    client.batch_execute(&format!("CREATE ROLE {own}")).unwrap();
    let here = "SELECT current_user::text WHERE current_user ~ '^[a-z_][a-z0-9_]*$' AND current_user !~ '^pg_'";
    let roles = texts(&mut client, here);
    for role in roles.into_iter().chain([own.clone()]) {
        let error = shop.db().tenants().create(&key(&role)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{error}");
        assert!(error.to_string().contains("role"), "{error}");
        assert!(!schemas(&mut client).contains(&role));
    }
    client.batch_execute(&format!("DROP ROLE {own}")).unwrap();
}

/// Nor is it a schema that holds an extension; and a tenant's schema that has come to hold one is not dropped with
/// what others may use.
#[test]
fn a_schema_that_holds_an_extension_is_no_tenant() {
    let shop = Shop::new();
    let mut client = shop.database().connect();
    let available =
        "SELECT name::text FROM pg_catalog.pg_available_extensions WHERE name = 'citext'";
    if texts(&mut client, available).is_empty() {
        println!("the server comes without citext, so there is nothing to be seen here");
        return;
    }
    client
        .batch_execute("CREATE SCHEMA extras; CREATE EXTENSION citext SCHEMA extras")
        .unwrap();
    let error = shop.db().tenants().create(&key("extras")).unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
    shop.tenant("acme");
    client
        .batch_execute("ALTER EXTENSION citext SET SCHEMA acme")
        .unwrap();
    let error = shop.db().tenants().drop(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    assert!(error.to_string().contains("citext"), "{error}");
    customer(&mut open(shop.db(), "acme"), "Ann");
}
