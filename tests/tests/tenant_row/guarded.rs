//! Tenants without their rows, and rows without their tenants: nobody can make either.

use tenantry::ErrorKind;
use tenantry::model::{Schema, SchemaViolation};
use tenantry::prelude::*;
use tenantry_tests::fleet::key;

use crate::application::{Account, App, User};

/// A row in each tenant's schema that names the tenant once more.
#[tenant_model]
#[derive(Debug)]
struct Owned {
    #[field(key)]
    id: i64,
    #[field(on_delete = "cascade")]
    account: Fk<Account>,
}

#[test]
fn a_tenants_own_rows_do_not_reference_its_row() {
    // The models of another crate are seen only here; in a list of models it does not compile.
    let schema = Schema::new(&[Account::DEF, User::DEF, Owned::DEF], &[]);
    let error = schema.models().unwrap_err();
    assert!(
        matches!(
            error.violations(),
            [SchemaViolation::OwnTenant { model, field, target }]
                if model == "Owned" && field == "account" && target == "Account"
        ),
        "{error}"
    );
    assert!(error.to_string().contains("`TenantKey`"), "{error}");
}

#[test]
fn no_tenant_is_made_without_a_row() {
    let app = App::new();
    let tenants = app.db.tenants();
    for standbys in [0, 1] {
        tenants.refill_standbys(standbys).unwrap();
        let plain = tenants.create(key("acme")).unwrap_err();
        let filled = tenants.create_with(key("acme"), |_| Ok(())).unwrap_err();
        let or_got = tenants.create_or_get(key("acme")).unwrap_err();
        for error in [plain, filled, or_got] {
            assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
            let text = error.to_string();
            assert!(
                text.contains("acme") && text.contains("help: create it with its row"),
                "{text}"
            );
        }
        assert_eq!(tenants.standbys().unwrap().ready, standbys);
    }
    assert_eq!(app.accounts(), [""; 0]);
    assert!(
        !tenants
            .create(app.account("acme"))
            .unwrap()
            .schema()
            .as_str()
            .is_empty()
    );
}

#[test]
fn no_row_is_made_without_a_tenant() {
    let app = App::new();
    let mut shared = app.db.shared().unwrap();
    let error = Account::insert(app.account("acme"))
        .execute(&mut shared)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    assert!(error.to_string().contains("help: "), "{error}");
    // A row that breaks a rule makes no tenant.
    let long = app.account("acme").plan("far too long");
    let error = app.db.tenants().create(long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    assert_eq!(app.accounts(), [""; 0]);
}

#[test]
fn no_row_is_taken_from_its_tenant() {
    let app = App::new();
    app.db.tenants().create(app.account("acme")).unwrap();
    app.db.tenants().create(app.account("globex")).unwrap();
    let mut client = app.database.connect();
    for sql in [
        "DELETE FROM shared.accounts",
        "TRUNCATE shared.accounts CASCADE",
        "UPDATE shared.accounts SET key = 'initech' WHERE key = 'acme'",
        "UPDATE shared.accounts SET key = CASE key WHEN 'acme' THEN 'globex' ELSE 'acme' END WHERE key = 'acme'",
        "DELETE FROM tenantry.tenant",
        "INSERT INTO tenantry.tenant (key, schema_name, state) VALUES ('initech', 'initech', 'active')",
    ] {
        let error = client.batch_execute(sql).expect_err(sql);
        assert!(error.as_db_error().is_some(), "{sql}: {error}");
    }
    // The row may go and come back within a transaction.
    client
        .batch_execute(
            "BEGIN; CREATE TEMPORARY TABLE kept AS SELECT * FROM shared.accounts; DELETE FROM shared.accounts; \
             INSERT INTO shared.accounts SELECT * FROM kept; COMMIT",
        )
        .unwrap();
    assert_eq!(app.accounts(), ["acme", "globex"]);
}
