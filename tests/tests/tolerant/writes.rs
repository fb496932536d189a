//! Rows that are written for tenants that lack columns.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};

use crate::common::{ALL, Author, Fleet, MIDDLE, NEW, NewAuthor, NewNote, Note, OLD, assert_lacks};

const SINCE: (&str, &str) = ("Note.color", "since `0002_colors`");
const UNTIL: (&str, &str) = ("Note.mark", "until `0003_no_marks`");

/// Nothing is written where a column is lacked.
fn assert_nothing_was_written(scope: &mut TenantScope, error: &Error, lacked: (&str, &str)) {
    let tenant = scope.key().as_str().to_owned();
    assert_lacks(error, &tenant, lacked.0, lacked.1);
    assert_eq!(Note::query().count(scope).unwrap(), 0, "{error}");
}

#[test]
fn rows_without_the_field_are_written_for_all_tenants() {
    let mut fleet = Fleet::new();
    for tenant in ALL {
        let mut scope = fleet.open(tenant);
        let mut note = Note::insert(NewNote::new("one"))
            .returning(&mut scope)
            .unwrap();
        assert_eq!((&*note.color, note.place), ("it's none", None));
        note.text = "two".to_owned();
        note.save(&mut scope).unwrap();
        note.reload(&mut scope).unwrap();
        assert_eq!((&*note.text, &*note.color), ("two", "it's none"));
        // Null is what is read, so nothing is lost.
        let author = None::<Fk<Author>>;
        let set = NewNote::new("two").place(None).mark(None).editor(author);
        let upserted = Note::insert(set).on_conflict(Note::TEXT).update(Note::TEXT);
        assert_eq!(upserted.returning(&mut scope).unwrap().id, note.id);
        let found = Note::insert(NewNote::new("two"))
            .on_conflict(Note::TEXT)
            .get_or_insert(&mut scope);
        assert_eq!(found.unwrap().into_row().id, note.id);
        let update = Note::update_where(Note::TEXT.eq("two")).set(Note::TEXT, "three");
        assert_eq!(update.returning(&mut scope).unwrap()[0].color, "it's none");
        assert_eq!(fleet.stored(tenant, "text").as_deref(), Some("three"));
        note.reload(&mut scope).unwrap();
        note.text = "four".to_owned();
        assert_eq!(Note::save_all([&mut note], &mut scope).unwrap(), 1);
        let rows = Note::update_many(Note::TEXT, [(note.id, "five")]).returning(&mut scope);
        assert_eq!(
            (&*rows.unwrap()[0].text, &*note.color),
            ("five", "it's none")
        );
        let gone = Note::delete_where(Note::TEXT.eq("five"))
            .returning(&mut scope)
            .unwrap();
        assert_eq!(gone[0].color, "it's none");
        let many = ["a", "b", "c"].map(NewNote::new);
        let many = Note::insert_many(many).returning(&mut scope).unwrap();
        assert!(many.iter().all(|note| note.color == "it's none"));
        assert_eq!(
            Note::copy_in(["d", "e"].map(NewNote::new))
                .execute(&mut scope)
                .unwrap(),
            2
        );
        assert_eq!(Note::query().count(&mut scope).unwrap(), 5);
        many.into_iter().next().unwrap().delete(&mut scope).unwrap();
    }
}

#[test]
fn a_row_with_the_field_is_refused_where_its_column_is_not() {
    let fleet = Fleet::new();
    for (tenant, lacked) in [(OLD, SINCE), (NEW, UNTIL)] {
        let mut scope = fleet.open(tenant);
        let new = |text: &str| match tenant {
            OLD => NewNote::new(text).color("red"),
            _ => NewNote::new(text).mark("red".to_owned()),
        };
        let plain = || NewNote::new("plain");
        let errors = [
            Note::insert(new("one")).execute(&mut scope),
            Note::insert(new("one")).returning(&mut scope).map(drop),
            Note::insert(new("one"))
                .on_conflict(Note::TEXT)
                .update(Note::TEXT)
                .execute(&mut scope),
            Note::insert(new("one"))
                .on_conflict(Note::TEXT)
                .get_or_insert(&mut scope)
                .map(drop),
            Note::insert(new("one"))
                .unless_conflict()
                .execute(&mut scope)
                .map(drop),
            Note::insert_many([plain(), new("two")])
                .execute(&mut scope)
                .map(drop),
            Note::copy_in([plain(), new("two")])
                .execute(&mut scope)
                .map(drop),
        ];
        for error in errors {
            assert_nothing_was_written(&mut scope, &error.unwrap_err(), lacked);
        }
        // An empty text is no default, and neither is the default itself: who sets a field means it.
        if tenant == OLD {
            let same = Note::insert(NewNote::new("one").color("it's none")).execute(&mut scope);
            assert_nothing_was_written(&mut scope, &same.unwrap_err(), lacked);
        }
    }
    let mut middle = fleet.open(MIDDLE);
    let both = NewNote::new("one")
        .color("red")
        .mark("x".to_owned())
        .place(7);
    let both = Note::insert(both).returning(&mut middle).unwrap();
    assert_eq!(
        (&*both.color, both.mark.as_deref(), both.place),
        ("red", Some("x"), Some(7))
    );
}

#[test]
fn a_change_of_the_field_is_refused_where_its_column_is_not() {
    let fleet = Fleet::new();
    for (tenant, lacked) in [(OLD, SINCE), (NEW, UNTIL)] {
        let mut scope = fleet.open(tenant);
        let mut notes = ["one", "two"].map(|text| {
            Note::insert(NewNote::new(text))
                .returning(&mut scope)
                .unwrap()
        });
        let change = |note: &mut Stored<Note>| match tenant {
            OLD => note.color = "red".to_owned(),
            _ => note.mark = Some("red".to_owned()),
        };
        let same = Note::TEXT.eq("one");
        let update = || Note::update_where(same.clone());
        let update = if tenant == OLD {
            update().set(Note::COLOR, "red")
        } else {
            update().set(Note::MARK, Some("red".to_owned()))
        };
        let many = if tenant == OLD {
            Note::update_many(Note::COLOR, [(notes[0].id, "red")]).execute(&mut scope)
        } else {
            Note::update_many(Note::MARK, [(notes[0].id, Some("red".to_owned()))])
                .execute(&mut scope)
        };
        let upsert = Note::insert(NewNote::new("one")).on_conflict(Note::TEXT);
        let upsert = if tenant == OLD {
            upsert.update(Note::COLOR)
        } else {
            upsert.update(Note::MARK)
        };
        for error in [
            update.execute(&mut scope).map(drop),
            many.map(drop),
            upsert.execute(&mut scope).map(drop),
        ] {
            assert_lacks(&error.unwrap_err(), tenant, lacked.0, lacked.1);
        }
        change(&mut notes[0]);
        notes[0].text = "changed".to_owned();
        let error = notes[0].save(&mut scope).unwrap_err();
        assert_lacks(&error, tenant, lacked.0, lacked.1);
        notes[1].text = "changed too".to_owned();
        let error = Note::save_all(&mut notes, &mut scope).unwrap_err();
        assert_lacks(&error, tenant, lacked.0, lacked.1);
        assert!(
            error.to_string().contains("row 1 of those given"),
            "{error}"
        );
        // Nothing was sent, and the row has its changes still.
        assert_eq!(notes[0].text, "changed");
        let texts = Note::query().select(Note::TEXT).order_by(Note::TEXT.asc());
        assert_eq!(texts.all(&mut scope).unwrap(), ["one", "two"]);
    }
}

#[test]
fn a_reference_that_is_not_there_is_no_hindrance() {
    let fleet = Fleet::new();
    for tenant in ALL {
        let mut scope = fleet.open(tenant);
        let ann = Author::insert(NewAuthor::new("Ann"))
            .returning(&mut scope)
            .unwrap();
        let new = NewNote::new("one");
        let edited = Note::insert(new.editor(&ann)).execute(&mut scope);
        assert_eq!(edited.is_ok(), tenant != OLD);
        if let Err(error) = edited {
            assert_eq!(error.kind(), ErrorKind::TenantVersion);
        }
        ann.delete(&mut scope).unwrap();
        for note in Note::query().all(&mut scope).unwrap() {
            assert!(note.editor.is_none());
        }
    }
}
