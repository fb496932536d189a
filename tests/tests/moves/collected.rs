//! A tenant's model becomes a shared one.

use tenantry::migrate::{Choices, Phase};
use tenantry::prelude::*;

use crate::given::{Given, TENANTS};

pub(crate) mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key, given, max_length = 20)]
        pub code: String,
        #[field(unique)]
        pub text: String,
        pub stars: Option<i32>,
    }

    #[tenant_model]
    pub(crate) struct Mark {
        #[field(key)]
        pub id: i64,
        pub note: Fk<Note>,
    }
}

mod after {
    use super::*;

    #[shared_model]
    pub(crate) struct Note {
        #[field(key, given, max_length = 20)]
        pub code: String,
        pub tenant: String,
        #[field(unique)]
        pub text: String,
        pub stars: Option<i32>,
    }

    #[tenant_model]
    pub(crate) struct Mark {
        #[field(key)]
        pub id: i64,
        pub note: Fk<Note>,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 2] = [before::Note::DEF, before::Mark::DEF];
pub(crate) const AFTER: [&tenantry::model::ModelDef; 2] = [after::Note::DEF, after::Mark::DEF];

pub(crate) fn collect() -> Choices {
    Choices::new().move_table("notes=collect:tenant")
}

/// Two notes for each tenant, one of which is marked.
pub(crate) fn with_rows() -> Given {
    let given = Given::new(&BEFORE);
    for name in TENANTS {
        let mut tenant = given.tenant(name);
        for (code, stars) in [("a", Some(5)), ("b", None)] {
            let code = format!("{name}-{code}");
            let text = format!("text of {code}");
            before::Note::insert(before::NewNote::new(code, text).stars(stars))
                .execute(&mut tenant)
                .unwrap();
        }
        let marked = format!("{name}-a");
        before::Mark::insert(before::NewMark::new(marked))
            .execute(&mut tenant)
            .unwrap();
    }
    given
}

#[test]
fn rows_of_all_tenants_are_read_by_the_shared_type() {
    let mut given = with_rows();
    let migrations = given.write(&AFTER, &collect());
    assert_eq!(migrations.len(), 1);
    assert_eq!(migrations[0].phase(), Phase::Contract);
    given.migrate();

    let mut shared = given.shared();
    let notes = after::Note::query().order_by(after::Note::CODE.asc());
    let notes = notes.all(&mut shared).unwrap();
    let read: Vec<String> = notes
        .iter()
        .map(|note| {
            format!(
                "{} {} {} {:?}",
                note.tenant, note.code, note.text, note.stars
            )
        })
        .collect();
    let mut wanted = Vec::new();
    for name in TENANTS {
        wanted.push(format!("{name} {name}-a text of {name}-a Some(5)"));
        wanted.push(format!("{name} {name}-b text of {name}-b None"));
    }
    assert_eq!(read, wanted);

    // What references it goes on doing so.
    for name in TENANTS {
        let mut tenant = given.tenant(name);
        let mark = after::Mark::query().one(&mut tenant).unwrap();
        let note = mark.follow(after::Mark::NOTE, &mut tenant).unwrap();
        assert_eq!(note.code, format!("{name}-a"));
    }
}

#[test]
fn the_old_table_is_kept_and_refuses_writes_until_it_is_dropped() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    let error = before::Note::delete_where(before::Note::everything())
        .execute(&mut given.tenant("acme"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the rows of `notes` were moved to the shared schema"),
        "{error}"
    );
    let kept = before::Note::query().count(&mut given.tenant("acme"));
    assert_eq!(kept.unwrap(), 2);

    let models: Vec<_> = AFTER.to_vec();
    let migrations = given.write(&models, &Choices::new().drop_moved("notes"));
    assert_eq!(migrations[0].id(), "0003_drop_moved_notes");
    given.migrate();
    assert_eq!(
        given
            .finds("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'notes'"),
        ["shared"]
    );
    assert_eq!(
        given.finds("SELECT proname::text FROM pg_proc WHERE proname = 'notes_kept'"),
        [""; 0]
    );
}

#[test]
fn a_rollback_brings_rows_back_as_they_are_by_then() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    given.run(
        "UPDATE shared.notes SET stars = 1 WHERE code = 'acme-b';
         DELETE FROM shared.notes WHERE code = 'globex-b';
         INSERT INTO shared.notes (code, tenant, text) VALUES ('new', 'globex', 'after the move')",
    );
    given.roll_back("1");
    let rows = |given: &mut Given, tenant: &str| {
        given.finds(&format!(
            "SELECT concat_ws(' ', code, stars, text) FROM {tenant:?}.notes ORDER BY 1"
        ))
    };
    assert_eq!(
        rows(&mut given, "acme"),
        ["acme-a 5 text of acme-a", "acme-b 1 text of acme-b"]
    );
    assert_eq!(
        rows(&mut given, "globex"),
        ["globex-a 5 text of globex-a", "new after the move"]
    );
    // It can be written to again, and be moved again.
    before::Note::insert(before::NewNote::new("acme-c", "more"))
        .execute(&mut given.tenant("acme"))
        .unwrap();
    given.migrate();
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.notes"),
        ["7"]
    );
}

#[test]
fn rows_that_would_collide_are_refused_by_their_keys() {
    let mut given = with_rows();
    given.run("UPDATE globex.notes SET text = 'text of acme-a' WHERE code = 'globex-b'");
    given.write(&AFTER, &collect());
    let error = given.fails_to_migrate();
    assert!(error.contains("have the same text"), "{error}");
    assert!(error.contains("their keys: globex-b"), "{error}");
    assert!(!error.contains("text of"), "{error}");
    // The others are moved, and this tenant is as it was.
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.notes"),
        ["4"]
    );
    given.run("UPDATE globex.notes SET text = 'another' WHERE code = 'globex-b'");
    given.migrate();
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.notes"),
        ["6"]
    );
}

#[test]
fn rows_that_other_tenants_reference_are_not_taken_from_under_them() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    given.run(
        "ALTER TABLE globex.marks DROP CONSTRAINT marks_note_fkey, ADD CONSTRAINT marks_note_fkey \
         FOREIGN KEY (note) REFERENCES shared.notes ON DELETE CASCADE;
         INSERT INTO globex.marks (note) VALUES ('acme-b')",
    );
    let one = tenantry::migrate::Selection::all().keys([tenantry_tests::fleet::key("acme")]);
    let one = tenantry_tests::fleet::migrator(given.chain()).select(one);
    let failed = one.on(&mut given.client).rollback(Some("1"));
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("rows of others reference"), "{error}");
    assert!(error.contains("acme-b by globex.marks"), "{error}");
    assert_eq!(
        given.finds("SELECT note FROM globex.marks ORDER BY note"),
        ["acme-b", "globex-a"]
    );
    given.run("DELETE FROM globex.marks WHERE note = 'acme-b'");
    given.roll_back("1");
}

#[test]
fn rows_that_went_back_to_nobody_are_not_dropped() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    given.run("INSERT INTO shared.notes (code, tenant, text) VALUES ('lost', 'nobody', 'lost')");
    let error = given.fails_to_roll_back("1");
    assert!(
        error.contains("went back to no tenant, and would be lost; their keys: lost"),
        "{error}"
    );
    given.run("DELETE FROM shared.notes");
    given.roll_back("1");
}

#[test]
fn a_new_tenant_is_made_like_the_others() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    given.expect_baseline();
    tenantry_tests::fleet::create(&mut given.client, "later");
    let moved = given.finds("SELECT count(*)::text FROM shared.notes");
    assert_eq!(moved, ["6"]);
    let drift = given.drift();
    assert_eq!(drift, [""; 0]);
}

#[test]
fn it_is_never_guessed() {
    let given = with_rows();
    let open = tenantry::migrate::questions(&AFTER, &given.chain(), &Choices::new()).unwrap();
    let Some(tenantry::migrate::Question::Moved { table, ways, .. }) = open.first() else {
        panic!("{open:?}");
    };
    assert_eq!(table, "notes");
    assert_eq!(ways, &["notes=collect:tenant"]);
    assert_eq!(open.len(), 1);
    let answered = tenantry::migrate::questions(&AFTER, &given.chain(), &collect()).unwrap();
    assert_eq!(answered, []);
    for (wrong, why) in [
        ("notes=copy", "can't go that way"),
        ("notes=collect:stars", "no text column `stars`"),
        ("notes=collect:text", "has values already"),
        ("notes=deal", "is no way"),
        ("notes", "is no way"),
        ("marks=collect:tenant", "moves nothing"),
    ] {
        let error = given.refused(&AFTER, &Choices::new().move_table(wrong));
        assert!(error.contains(why), "{wrong}: {error}");
        assert!(error.contains("help:"), "{error}");
    }
}
