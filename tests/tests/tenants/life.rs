//! Opening, suspending, renaming and listing.

use tenantry::SchemaName;
use tenantry::tenant::{NewTenant, TenantFilter, TenantState};
use tenantry_tests::fleet::{create, key, shop_db};

#[test]
fn only_an_active_tenant_opens() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    let error = db.open("ghost").unwrap_err();
    assert!(error.is_unknown_tenant());

    let suspended = db.tenants().suspend(&key("acme")).unwrap();
    assert_eq!(suspended.state(), TenantState::Suspended);
    assert_eq!(suspended.epoch(), 1);
    let again = db.tenants().suspend(&key("acme")).unwrap();
    assert_eq!(again.epoch(), 1);
    let error = db.open("acme").unwrap_err();
    assert!(error.is_tenant_state());
    assert!(
        error.to_string().contains("suspended") && error.to_string().contains("resume"),
        "{error}"
    );

    db.tenants().resume(&key("acme")).unwrap();
    db.open("acme").unwrap();
    for state in TenantState::ALL {
        client
            .batch_execute(&format!("UPDATE tenantry.tenant SET state = '{state}'"))
            .unwrap();
        let opens = db.open("acme").is_ok();
        assert_eq!(opens, state == TenantState::Active, "{state}");
    }
}

#[test]
fn a_key_changes_without_its_schema() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    create(&mut client, "other");
    let renamed = db
        .tenants()
        .rename(&key("acme"), &key("Acme.Example"))
        .unwrap();
    assert_eq!(renamed.schema().as_str(), "acme");
    assert!(db.open("acme").unwrap_err().is_unknown_tenant());
    db.open("Acme.Example").unwrap();
    let error = db
        .tenants()
        .rename(&key("other"), &key("acme.example"))
        .unwrap_err();
    assert!(error.is_tenant_exists());
    let error = db.tenants().rename(&key("ghost"), &key("x")).unwrap_err();
    assert!(error.is_unknown_tenant());
    // The schema is still that tenant's, so a new one with the old key gets another.
    let acme = create(&mut client, "acme");
    assert_eq!(acme.schema().as_str(), format!("t{}_acme", acme.id()));
    let chosen = NewTenant::new(&key("x")).schema(SchemaName::new("acme").unwrap());
    let error = db.tenants().create(chosen).unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
}

#[test]
fn lists_are_paged_and_filtered() {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["b", "B2", "a", "a2"] {
        create(&mut client, name);
    }
    db.tenants().suspend(&key("a")).unwrap();
    let list = |filter: TenantFilter| -> Vec<String> {
        let tenants = db.tenants().list(&filter).unwrap();
        tenants
            .iter()
            .map(|tenant| tenant.key().to_string())
            .collect()
    };
    assert_eq!(list(TenantFilter::all()), ["B2", "a", "a2", "b"]);
    assert_eq!(list(TenantFilter::all().prefix("a")), ["a", "a2"]);
    assert_eq!(
        list(TenantFilter::all().state(TenantState::Suspended)),
        ["a"]
    );
    assert_eq!(list(TenantFilter::all().after(&key("a")).limit(1)), ["a2"]);
}
