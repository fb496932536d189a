//! The same of asynchronous programs.

use std::time::Duration;

use postgres::NoTls;
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::{Database, Options};
use tenantry_tests::fleet::key;

use crate::common::{ALL, Fleet, MIDDLE, NewNote, Note, OLD, assert_lacks};

async fn program(fleet: &Fleet) -> Database {
    let mut options = Options::default();
    options.registry_staleness = Duration::from_mins(10);
    let config = fleet.url().parse().unwrap();
    Database::connect_with(&config, NoTls, options)
        .await
        .unwrap()
}

#[tokio::test]
async fn tasks_read_and_write_tenants_on_both_sides() {
    let fleet = blocking(Fleet::new);
    let db = program(&fleet).await;
    for tenant in ALL {
        let mut scope = db.tenant(&key(tenant)).await.unwrap();
        let mut note = Note::insert(NewNote::new("one"))
            .returning(&mut scope)
            .await
            .unwrap();
        assert_eq!(note.color, "it's none");
        note.text = "two".to_owned();
        note.save(&mut scope).await.unwrap();
        let all = Note::query()
            .order_by(Note::TEXT.asc())
            .all(&mut scope)
            .await
            .unwrap();
        assert_eq!((all.len(), &*all[0].text), (1, "two"));
        assert_eq!(scope.has(Note::COLOR), tenant != OLD);
    }
    let mut old = db.tenant(&key(OLD)).await.unwrap();
    let red = Note::query()
        .filter(Note::COLOR.eq("red"))
        .all(&mut old)
        .await;
    assert_lacks(&red.unwrap_err(), OLD, "Note.color", "since `0002_colors`");
    blocking(|| drop((db, fleet)));
}

#[tokio::test]
async fn a_task_finds_out_that_a_column_is_gone() {
    let mut fleet = blocking(Fleet::new);
    let db = program(&fleet).await;
    let mut scope = db.tenant(&key(MIDDLE)).await.unwrap();
    Note::insert(NewNote::new("one").color("red"))
        .execute(&mut scope)
        .await
        .unwrap();
    blocking(|| fleet.roll_back(MIDDLE, "0001_notes"));
    // A future that is dropped before it was polled has asked nothing.
    drop(Note::query().all(&mut scope));
    assert_eq!(
        Note::query().one(&mut scope).await.unwrap().color,
        "it's none"
    );

    let mut scope = db.tenant(&key(OLD)).await.unwrap();
    Note::insert(NewNote::new("one"))
        .execute(&mut scope)
        .await
        .unwrap();
    blocking(|| {
        fleet.migrate(OLD, crate::common::whole());
        fleet.program().tenant_now(&key(OLD)).map(drop).unwrap();
    });
    let mut scope = db.tenant_now(&key(OLD)).await.unwrap();
    assert!(scope.has(Note::COLOR));
    blocking(|| fleet.roll_back(OLD, "0001_notes"));
    let mut tx = scope.begin().await.unwrap();
    let error = Note::query().all(&mut tx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantVersion, "{error}");
    assert!(error.is_retryable());
    tx.rollback().await.unwrap();
    let mut tx = scope.begin().await.unwrap();
    assert_eq!(Note::query().all(&mut tx).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    blocking(|| drop((db, fleet)));
}
