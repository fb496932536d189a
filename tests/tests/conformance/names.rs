//! Names of tenants and of their schemas.

use std::collections::BTreeSet;

use tenantry::prelude::*;
use tenantry::tenant::TenantFilter;
use tenantry::{Error, ErrorKind, NameReason};
use tenantry_tests::Shop;
use tenantry_tests::fleet::texts;
use tenantry_tests::shop::{Customer, NewCustomer};

use crate::common::{customer, customers, key, live, open};

/// Texts that leave their quotes, end a statement, are cut or folded, look like another, or like a slot in a migration.
const HOSTILE: [&str; 24] = [
    "",
    " ",
    "acme ",
    " acme",
    "ac me",
    "o'brien",
    "x'; create table public.pwned(); --",
    "x\"; create table public.pwned(); --",
    "a\"b",
    "a\"\"b",
    "a;b",
    "a\\b",
    "a\\'b",
    "a\0b",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "$$",
    "$1",
    "{tenant}",
    "\"{tenant}\"",
    "a/b",
    "a%b",
    "a,b",
];

/// A text that could leave its quotes is neither a key nor a schema name, so it gets into no statement at all.
#[test]
fn a_text_that_could_leave_its_quotes_is_no_name() {
    for text in HOSTILE {
        for error in [
            TenantKey::new(text).unwrap_err(),
            SchemaName::new(text).unwrap_err(),
        ] {
            assert_eq!(error.name(), text);
            assert_eq!(Error::from(error).kind(), ErrorKind::Name);
        }
        text.parse::<TenantKey>().unwrap_err();
        text.parse::<SchemaName>().unwrap_err();
    }
}

/// When the registry has been tampered with: a name is validated again when it is read, so what somebody has
/// written there by hand is an error, and is not executed.
#[test]
fn a_name_that_was_written_into_the_registry_by_hand_is_not_used() {
    let shop = Shop::new();
    let db = shop.db();
    let acme = key("acme");
    customer(&mut shop.tenant("acme"), "Ann");
    let mut client = shop.database().connect();
    let reserved = ["public", "tenantry", "information_schema", "pg_catalog"];
    for text in HOSTILE
        .iter()
        .filter(|text| !text.contains('\0'))
        .chain(&reserved)
    {
        let write = "UPDATE tenantry.tenant SET schema_name = $1";
        client.execute(write, &[text]).unwrap();
        let errors = [
            db.tenant_now(&acme).unwrap_err(),
            db.tenants().get(&acme).unwrap_err(),
            db.tenants().list(&TenantFilter::all()).unwrap_err(),
            db.tenants().suspend(&acme).unwrap_err(),
            db.tenants().drop(&acme).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Name, "{text:?}: {error}");
        }
    }
    assert_eq!(
        texts(
            &mut client,
            "SELECT relname::text FROM pg_catalog.pg_class WHERE relname = 'pwned'"
        ),
        [""; 0]
    );
    client
        .batch_execute("UPDATE tenantry.tenant SET schema_name = 'acme', state = 'active'")
        .unwrap();
    assert_eq!(customers(&mut open(db, "acme")), ["Ann"]);
}

/// All that a key can have, it can have from creation to drop, in DDL and in DML.
#[test]
fn every_character_of_a_key_goes_through_the_whole_life_of_a_tenant() {
    let shop = Shop::new();
    for text in [
        "a.b", "a-b", "a:b", "a@b", "a_b", "--", "-", ".", "..", "@", ":", "_", "7", "0x", "e-1",
        "a.--b",
    ] {
        live(&shop, &key(text));
    }
}

/// Keys that differ only in what a schema name can't have are tenants with schemas of their own.
#[test]
fn keys_that_look_alike_to_a_schema_have_schemas_of_their_own() {
    let shop = Shop::new();
    let names = [
        "a.b", "a-b", "a:b", "a@b", "a_b", "-a-b-", "t1_a_b", "t2_a_b",
    ];
    for name in names {
        customer(&mut shop.tenant(name), name);
    }
    let found: BTreeSet<String> = names
        .iter()
        .map(|name| open(shop.db(), name).schema().to_string())
        .collect();
    assert_eq!(found.len(), names.len());
    for name in names {
        assert_eq!(customers(&mut open(shop.db(), name)), [name]);
    }
}

/// A key keeps its case, and is found in no other; the schema's name is made without capitals, so that nothing
/// that is not quoted folds to another schema.
#[test]
fn a_key_keeps_its_case() {
    let shop = Shop::new();
    let mut scope = shop.tenant("TenantX");
    customer(&mut scope, "Ann");
    assert_eq!(scope.key().as_str(), "TenantX");
    let schema = scope.schema().to_string();
    assert!(
        schema.ends_with("_tenantx") && schema.starts_with('t'),
        "{schema}"
    );
    for other in ["tenantx", "TENANTX", "tenantX"] {
        assert!(
            shop.db()
                .tenant(&key(other))
                .unwrap_err()
                .is_unknown_tenant()
        );
    }
    assert_eq!(customers(&mut shop.tenant("TenantX")), ["Ann"]);
    shop.db()
        .tenants()
        .rename(&key("TenantX"), &key("tenantx"))
        .unwrap();
    assert_eq!(customers(&mut open(shop.db(), "tenantx")), ["Ann"]);
    shop.db().tenants().drop(&key("tenantx")).unwrap();
    live(&shop, &key("TenantX"));
    assert!(SchemaName::new("TenantX").is_err());
}

/// The limit is counted in bytes. A name of 63 lives, and what is longer is refused before PostgreSQL can cut it.
#[test]
fn the_limit_of_a_schema_name_is_counted_in_bytes() {
    let shop = Shop::new();
    let longest = "x".repeat(63);
    assert_eq!(shop.tenant(&longest).schema().as_str(), longest);
    live(&shop, &key(&"y".repeat(63)));

    let multibyte = "é".repeat(63);
    for text in [multibyte.as_str(), &"é".repeat(32), &"x".repeat(64)] {
        let error = SchemaName::new(text).unwrap_err();
        assert_eq!(
            error.reason(),
            &NameReason::TooLong {
                bytes: text.len(),
                limit: 63
            }
        );
    }
    assert!(TenantKey::new(&multibyte).is_err());
}

/// For keys: a longer key is cut to a schema's name by tenantry and not by PostgreSQL, and two that are equal in
/// all that is left of them have two schemas.
#[test]
fn long_keys_that_begin_alike_have_schemas_of_their_own() {
    let shop = Shop::new();
    let long = |end: &str| format!("{}{end}", "x".repeat(199));
    for end in ["a", "b"] {
        let mut scope = shop.tenant(&long(end));
        assert_eq!(scope.schema().as_str().len(), 63);
        customer(&mut scope, end);
    }
    for end in ["a", "b"] {
        assert_eq!(customers(&mut open(shop.db(), &long(end))), [end]);
    }
    assert!(TenantKey::new(long("ab")).is_err());
    shop.db().tenants().drop(&key(&long("a"))).unwrap();
    live(&shop, &key(&long("a")));
}

/// Texts that are equal after normalisation, or look equal, are not both tenants: outside of ASCII there are none,
/// and in it none that differ only in case.
#[test]
fn names_that_are_equal_to_a_reader_do_not_coexist() {
    let shop = Shop::new();
    let composed_and_not = ["caf\u{e9}", "cafe\u{301}"];
    let look_alikes = [
        "\u{430}cme",
        "ａｃｍｅ",
        "ac\u{200b}me",
        "acme\u{a0}",
        "ﬁrm",
        "İstanbul",
        "ı",
        "ſ",
        "\u{212a}",
    ];
    for text in composed_and_not.into_iter().chain(look_alikes) {
        assert!(TenantKey::new(text).is_err(), "{text}");
        assert!(SchemaName::new(text).is_err(), "{text}");
    }
    customer(&mut shop.tenant("acme"), "Ann");
    shop.tenant("other");
    for text in ["Acme", "ACME", "acmE"] {
        let error = shop.db().tenants().create(&key(text)).unwrap_err();
        assert!(error.is_tenant_exists(), "{error}");
        assert!(
            error.to_string().contains("there is a tenant `acme`"),
            "{error}"
        );
        let error = shop
            .db()
            .tenants()
            .rename(&key("other"), &key(text))
            .unwrap_err();
        assert!(error.is_tenant_exists(), "{error}");
        assert!(
            error.to_string().contains("there is a tenant `acme`"),
            "{error}"
        );
    }
    let mut acme = open(shop.db(), "acme");
    Customer::insert(NewCustomer::new("Bob", "bob@x.example", 1))
        .execute(&mut acme)
        .unwrap();
    assert_eq!(customers(&mut acme), ["Ann", "Bob"]);
}
