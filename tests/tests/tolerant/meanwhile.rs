//! Tenants that are migrated while a program knows them at another version.

use std::time::Duration;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::fleet::key;
use tenantry_tests::wait::until;

use crate::common::{Fleet, MIDDLE, NEW, NewNote, Note, OLD, until_colors, whole};

/// A tenant that the program knows with all columns, and that lacks some by now.
fn taken_back(fleet: &mut Fleet) -> TenantScope {
    let mut scope = fleet.open(MIDDLE);
    Note::insert(NewNote::new("one").color("red"))
        .execute(&mut scope)
        .unwrap();
    fleet.roll_back(MIDDLE, "0001_notes");
    scope
}

#[test]
fn a_statement_whose_column_is_gone_is_made_again() {
    let mut fleet = Fleet::new();
    let mut scope = taken_back(&mut fleet);
    let note = Note::query()
        .filter(Note::TEXT.eq("one"))
        .one(&mut scope)
        .unwrap();
    assert_eq!(note.color, "it's none");
    assert!(!scope.has(Note::COLOR));
    // All scopes of the tenant have learned it.
    assert!(!fleet.open(MIDDLE).has(Note::COLOR));
    let error = Note::query()
        .filter(Note::COLOR.eq("red"))
        .all(&mut scope)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (ErrorKind::TenantVersion, None)
    );
}

#[test]
fn each_kind_of_statement_finds_out_by_itself() {
    type Work = fn(&mut TenantScope) -> tenantry::Result<()>;
    let works: [(&str, Work); 6] = [
        ("find", |scope| {
            Note::find(1)
                .one(scope)
                .map(|note| assert_eq!(note.color, "it's none"))
        }),
        ("all", |scope| {
            Note::query().all(scope).map(|all| assert_eq!(all.len(), 1))
        }),
        ("insert", |scope| {
            Note::insert(NewNote::new("two")).execute(scope)
        }),
        ("returning", |scope| {
            Note::insert(NewNote::new("two")).returning(scope).map(drop)
        }),
        ("reload", |scope| {
            let mut note = Note::find(1).one(scope)?;
            note.reload(scope)
        }),
        ("save", |scope| {
            let mut note = Note::find(1).one(scope)?;
            note.text = "changed".to_owned();
            note.save(scope)
        }),
    ];
    for (name, work) in works {
        let mut fleet = Fleet::new();
        let mut scope = taken_back(&mut fleet);
        if let Err(error) = work(&mut scope) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn a_save_whose_columns_went_between_is_made_again() {
    let mut fleet = Fleet::new();
    let mut scope = fleet.open(MIDDLE);
    let mut note = Note::insert(NewNote::new("one").color("red"))
        .returning(&mut scope)
        .unwrap();
    note.text = "two".to_owned();
    fleet.roll_back(MIDDLE, "0001_notes");
    note.save(&mut scope).unwrap();
    assert_eq!((&*note.text, &*note.color), ("two", "it's none"));
    // What has changed is the column itself.
    fleet.migrate(MIDDLE, until_colors());
    let mut scope = fleet.db.tenant_now(&key(MIDDLE)).unwrap();
    note.color = "blue".to_owned();
    fleet.roll_back(MIDDLE, "0001_notes");
    let error = note.save(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantVersion, "{error}");
    assert_eq!(note.color, "blue");
}

#[test]
fn a_column_that_a_contract_has_dropped_is_found_out_too() {
    let mut fleet = Fleet::new();
    let mut scope = fleet.open(MIDDLE);
    let mut note = Note::insert(NewNote::new("one").mark("x".to_owned()))
        .returning(&mut scope)
        .unwrap();
    fleet.migrate(MIDDLE, whole());
    assert_eq!(Note::query().one(&mut scope).unwrap().mark, None);
    assert!(!scope.has(Note::MARK));
    note.text = "two".to_owned();
    note.save(&mut scope).unwrap();
    assert_eq!(note.mark, None);
}

#[test]
fn a_transaction_that_has_failed_so_can_be_run_again() {
    let mut fleet = Fleet::new();
    let mut scope = taken_back(&mut fleet);
    let error = scope.transaction(|tx| Note::query().all(tx)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantVersion, "{error}");
    assert!(
        error.is_retryable() && error.sqlstate() == Some("42703"),
        "{error}"
    );
    let said = error.to_string();
    for part in [
        "tenant `middle`",
        "color",
        "was migrated meanwhile",
        "\nhelp: run it again",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // The next one asks before it begins.
    assert_eq!(scope.transaction(|tx| Note::query().count(tx)).unwrap(), 1);
    assert_eq!(
        scope.transaction(|tx| Note::query().all(tx)).unwrap().len(),
        1
    );

    let mut fleet = Fleet::new();
    let mut scope = taken_back(&mut fleet);
    let mut runs = 0;
    let all = scope.build_transaction().retrying(3).run(|tx| {
        runs += 1;
        Note::insert(NewNote::new("two")).execute(tx)?;
        Note::query().all(tx)
    });
    assert_eq!((all.unwrap().len(), runs), (2, 2));
}

#[test]
fn statements_that_are_not_made_again_fail_once() {
    type Work = fn(&mut TenantScope) -> tenantry::Result<()>;
    let works: [(&str, Work); 4] = [
        ("insert_many", |scope| {
            Note::insert_many([NewNote::new("two"), NewNote::new("three")])
                .returning(scope)
                .map(drop)
        }),
        ("update_where", |scope| {
            Note::update_where(Note::TEXT.eq("one"))
                .set(Note::TEXT, "two")
                .returning(scope)
                .map(drop)
        }),
        ("for_each", |scope| {
            Note::query().for_each(scope, |_| Ok(())).map(drop)
        }),
        ("upsert", |scope| {
            Note::insert(NewNote::new("two"))
                .on_conflict(Note::TEXT)
                .update(Note::TEXT)
                .execute(scope)
        }),
    ];
    for (name, work) in works {
        let mut fleet = Fleet::new();
        let mut scope = taken_back(&mut fleet);
        let first = work(&mut scope);
        if let Err(error) = &first {
            assert!(error.is_retryable(), "{name}: {error:?}");
            assert_eq!(error.kind(), ErrorKind::TenantVersion, "{name}: {error}");
            if let Err(error) = work(&mut scope) {
                panic!("{name}: {error}");
            }
        }
    }
}

#[test]
fn a_column_that_is_missing_for_another_reason_is_told_as_missing() {
    let mut fleet = Fleet::new();
    let mut scope = fleet.open(MIDDLE);
    fleet
        .client
        .batch_execute("ALTER TABLE middle.notes DROP COLUMN color")
        .unwrap();
    for _ in 0..2 {
        let error = Note::query().all(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingColumn, "{error}");
        assert!(!error.is_retryable());
    }
    // Those that name no such column go on.
    Note::query().select(Note::TEXT).all(&mut scope).unwrap();
}

#[test]
fn a_tenant_that_has_got_a_column_is_known_to_within_the_bound() {
    let mut fleet = Fleet::knowing_for(Duration::from_millis(200));
    let mut scope = fleet.open(OLD);
    Note::insert(NewNote::new("one"))
        .execute(&mut scope)
        .unwrap();
    fleet.migrate(OLD, whole());
    // Also a scope that is open learns it, as long as others are opened.
    until("the tenant has the column", || {
        drop(fleet.open(OLD));
        scope.has(Note::COLOR) && !scope.has(Note::MARK)
    });
    let mut note = Note::query().one(&mut scope).unwrap();
    note.color = "red".to_owned();
    note.save(&mut scope).unwrap();
    assert_eq!(fleet.stored(OLD, "color").as_deref(), Some("red"));
}

#[test]
fn who_was_refused_a_column_asks_when_the_next_scope_is_opened() {
    let mut fleet = Fleet::new();
    let mut scope = fleet.open(OLD);
    fleet.migrate(OLD, whole());
    let red = || Note::insert(NewNote::new("one").color("red"));
    let error = red().execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantVersion);
    red().execute(&mut fleet.open(OLD)).unwrap();
}

#[test]
fn a_tenant_that_is_renamed_suspended_or_dropped_meanwhile_is_told_as_such() {
    let mut fleet = Fleet::new();
    let mut scope = taken_back(&mut fleet);
    let elsewhere = fleet.program();
    elsewhere
        .tenants()
        .rename(&key(MIDDLE), &key("renamed"))
        .unwrap();
    // It is the same tenant by its number.
    assert_eq!(Note::query().one(&mut scope).unwrap().color, "it's none");
    elsewhere.tenants().suspend(&key("renamed")).unwrap();
    assert_eq!(Note::query().one(&mut scope).unwrap().text, "one");
    elsewhere.tenants().drop(&key("renamed")).unwrap();
    let error = Note::query().one(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable, "{error}");
    let mut new = fleet.open(NEW);
    assert!(Note::query().all(&mut new).unwrap().is_empty());
}

#[test]
fn many_threads_find_it_out_at_once() {
    let mut fleet = Fleet::new();
    drop(taken_back(&mut fleet));
    let db = &fleet.db;
    std::thread::scope(|threads| {
        for _ in 0..6 {
            threads.spawn(move || {
                for _ in 0..20 {
                    let mut scope = db.tenant(&key(MIDDLE)).unwrap();
                    let all = Note::query().all(&mut scope).unwrap();
                    assert!(all.iter().all(|note| note.color == "it's none"));
                }
            });
        }
    });
}
