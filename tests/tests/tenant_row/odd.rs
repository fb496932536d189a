//! Customers under odd circumstances: others at once, lost sessions, roles without rights, copies, schemas that are there.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::chain_of_schema;
use tenantry_tests::dump::dump_of;
use tenantry_tests::fleet::{key, migrator};
use tenantry_tests::lossy::Lossy;
use tenantry_tests::wait::Meeting;

use crate::application::{
    Account, App, Membership, NewAccount, NewMembership, NewNote, Note, SCHEMA,
};

#[test]
fn of_two_creations_at_once_one_makes_the_tenant_and_its_row() {
    let app = App::new();
    let meeting = Meeting::new(4);
    let made = thread::scope(|threads| {
        let all: Vec<_> = (0..4)
            .map(|at| {
                let (app, meeting) = (&app, &meeting);
                threads.spawn(move || {
                    let new = app.account(if at == 3 { "globex" } else { "acme" });
                    meeting.wait();
                    app.db.tenants().create(new)
                })
            })
            .collect();
        all.into_iter()
            .map(|it| it.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(made[3].is_ok());
    let refused = made[..3].iter().filter_map(|it| it.as_ref().err());
    let kinds: Vec<ErrorKind> = refused.map(tenantry::Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::TenantExists; 2]);
    assert_eq!(app.accounts(), ["acme", "globex"]);
}

#[test]
fn a_lost_answer_is_unknown_and_can_be_asked_again() {
    let app = App::new();
    let lossy = Lossy::on_the_way_to(&app.database, "COMMIT");
    let db = Database::connect_with(&lossy.config(), NoTls, Options::default()).unwrap();
    let new = || NewTenant::with_row(NewAccount::new(key("acme"), app.ann.id)).token("4711");
    let error = db.tenants().create(new()).unwrap_err();
    assert!(lossy.has_lost());
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    let tenant = app.db.tenants().create(new()).unwrap();
    assert_eq!(tenant.key(), &key("acme"));
    assert_eq!(app.accounts(), ["acme"]);
}

#[test]
fn a_creation_that_is_killed_leaves_neither() {
    let app = App::new();
    for standbys in [0, 1] {
        app.db.tenants().refill_standbys(standbys).unwrap();
        let killed = app.db.tenants().create_with(app.account("acme"), |tx| {
            tx.row::<Account>()?;
            let pid: i32 = tx.sql(tenantry::sql!("SELECT pg_backend_pid()")).row()?;
            let mut client = app.database.connect();
            client
                .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid])
                .unwrap();
            tx.row::<Account>().map(drop)
        });
        assert_eq!(killed.unwrap_err().kind(), ErrorKind::Connection);
        assert_eq!(app.accounts(), [""; 0]);
    }
    app.db.tenants().create(app.account("acme")).unwrap();
    assert_eq!(app.accounts(), ["acme"]);
}

#[test]
fn a_role_changes_tenants_whose_rows_it_may_not_read() {
    let app = App::new();
    for name in ["acme", "globex"] {
        app.db.tenants().create(app.account(name)).unwrap();
    }
    let role = format!("support_{}", app.database.name());
    let mut client = app.database.connect();
    client
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA tenantry TO {role}; \
             GRANT SELECT ON ALL TABLES IN SCHEMA tenantry TO {role}; GRANT UPDATE ON tenantry.tenant TO {role}"
        ))
        .unwrap();
    let mut config = app.database.config();
    let db = Database::connect_with(config.user(&role), NoTls, Options::default()).unwrap();
    db.tenants().suspend(key("acme")).unwrap();
    db.tenants().resume(key("acme")).unwrap();
    db.tenants().rename(key("acme"), key("acme2")).unwrap();
    assert_eq!(app.accounts(), ["acme2", "globex"]);
    let error = db
        .tenant(key("acme2"))
        .unwrap()
        .row::<Account>()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    drop(db);
    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
}

#[test]
fn a_copy_by_pg_dump_has_all_of_it() {
    let app = App::new();
    let mut shared = app.db.shared().unwrap();
    for name in ["acme", "Globex.example"] {
        app.db.tenants().create(app.account(name)).unwrap();
        Membership::insert(NewMembership::new(&app.ann, key(name)))
            .execute(&mut shared)
            .unwrap();
    }
    let mut client = app.database.connect();
    let Some(copy) = dump_of(&mut client, app.database.url(), &[]) else {
        return;
    };
    let restored = TestDb::new();
    let mut psql = Command::new("psql")
        .args(["--quiet", "--set", "ON_ERROR_STOP=1", restored.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    psql.stdin
        .take()
        .unwrap()
        .write_all(copy.as_bytes())
        .unwrap();
    assert!(psql.wait().unwrap().success());
    let db = Database::connect(restored.url()).unwrap();
    assert_eq!(
        db.tenants().create(key("x")).unwrap_err().kind(),
        ErrorKind::TenantRow
    );
    db.tenants()
        .create(NewAccount::new(key("initech"), app.ann.id))
        .unwrap();
    db.tenants().rename(key("acme"), key("acme2")).unwrap();
    db.tenants().drop(key("Globex.example")).unwrap();
    let members = Membership::query().all(&mut db.shared().unwrap()).unwrap();
    assert_eq!(members.len(), 1);
    let drifted = migrator(chain_of_schema(&SCHEMA))
        .on(&mut restored.connect())
        .drift()
        .unwrap();
    assert_eq!((drifted.found, drifted.uncompared), (vec![], vec![]));
}

#[test]
fn a_schema_that_is_there_is_taken_over_with_a_row() {
    let app = App::new();
    let mut client = app.database.connect();
    client
        .batch_execute(
            "CREATE SCHEMA old; CREATE TABLE old.notes (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, text text NOT NULL); \
             COMMENT ON TABLE old.notes IS 'Something that a customer has written.'",
        )
        .unwrap();
    let migrator = migrator(chain_of_schema(&SCHEMA));
    let adopt = |new: NewTenant, client: &mut postgres::Client| migrator.on(client).adopt(&new);
    let error = adopt(NewTenant::new(&key("old")), &mut client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    // A connection by itself does not know which place a reference is to.
    let unfit = NewTenant::with_row(NewAccount::new(key("old"), app.ann.id).plan("far too long"));
    let error = adopt(unfit, &mut client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    let new = NewTenant::with_row(NewAccount::new(key("older"), app.ann.id))
        .schema(SchemaName::new("old").unwrap());
    adopt(new, &mut client).unwrap();
    assert_eq!(app.accounts(), ["older"]);
}

#[tokio::test]
async fn a_pool_of_one_connection_creates_and_reads_rows() {
    let app = blocking(App::new);
    let mut options = Options::default();
    options.max_connections = 1;
    let db = tenantry::tokio::Database::connect_with(&app.database.config(), NoTls, options)
        .await
        .unwrap();
    db.tenants().create(app.account("acme")).await.unwrap();
    let mut scope = db.tenant(key("acme")).await.unwrap();
    assert_eq!(scope.row::<Account>().await.unwrap().plan, "free");
    drop(scope);
    blocking(move || drop(app));
}

#[test]
fn hooks_find_the_row() {
    let app = App::new();
    app.db.on_create(|tx| {
        let account = tx.row::<Account>()?;
        Note::insert(NewNote::new(&*account.plan)).execute(tx)
    });
    app.db
        .tenants()
        .create(app.account("acme").plan("pro"))
        .unwrap();
    let note = Note::query().one(&mut app.db.tenant(key("acme")).unwrap());
    assert_eq!(note.unwrap().text, "pro");
}
