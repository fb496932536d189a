//! Changes in two steps, between which the version of the application from before works as well as the next.

use tenantry::migrate::{Choices, Phase, changes};
use tenantry::prelude::*;
use tenantry_tests::fleet::{app, key, migrator, texts};

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum Rank {
        Low,
        High,
        Top,
    }

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub text: String,
        pub old: i32,
        pub rank: Rank,
        pub order: Option<i32>,
    }

    #[tenant_model]
    pub(crate) struct Draft {
        #[field(key)]
        pub id: i64,
        pub text: String,
    }
}

mod after {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum Rank {
        Low,
        High,
    }

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub text: String,
        pub rank: Rank,
        pub stars: i64,
        #[field(default = 0)]
        pub order: i32,
    }

    #[tenant_model]
    pub(crate) struct Tag {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 2] = [before::Note::DEF, before::Draft::DEF];
const AFTER: [&tenantry::model::ModelDef; 2] = [after::Note::DEF, after::Tag::DEF];

const ROWS: &str = "INSERT INTO {t}.notes (text, old, rank, \"order\") VALUES ('a', 1, 'low', 1), ('b', 2, 'high', 2)";

fn choices() -> Choices {
    Choices::new()
        .fill("notes.stars", "5")
        .accept_loss("notes.old")
        .accept_loss("notes.rank:top")
        .accept_loss("drafts")
}

#[test]
fn both_versions_of_the_application_work_between_the_two_steps() {
    let mut given = Given::new(&BEFORE, ROWS);
    let phases: Vec<(String, Phase)> = given
        .write(&AFTER, &choices())
        .iter()
        .map(|migration| (migration.id().to_owned(), migration.phase()))
        .collect();
    assert_eq!(
        phases.iter().map(|(_, phase)| *phase).collect::<Vec<_>>(),
        [Phase::Expand, Phase::Contract],
        "{phases:?}"
    );
    let report = migrator(given.chain())
        .phase(Phase::Expand)
        .on(&mut given.client)
        .run()
        .unwrap();
    assert_eq!(report.blocked.unwrap().migration, phases[1].0);
    let db = app(given.url());
    for tenant in TENANTS {
        let mut scope = db.tenant(&key(tenant)).unwrap();
        // The version from before writes rows that the next one reads, and the other way.
        let old = new!(before::Note {
            text: "c",
            old: 3,
            rank: before::Rank::Low,
            order: 3
        });
        before::Note::insert(old).execute(&mut scope).unwrap();
        before::Draft::insert(before::NewDraft::new("d"))
            .execute(&mut scope)
            .unwrap();
        let new = after::NewNote::new("d", after::Rank::High, 9);
        after::Note::insert(new).execute(&mut scope).unwrap();
        after::Tag::insert(after::NewTag::new("t"))
            .execute(&mut scope)
            .unwrap();
        let read = after::Note::query()
            .order_by(after::Note::TEXT.asc())
            .all(&mut scope)
            .unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|note| (note.text.as_str(), note.stars))
            .collect();
        assert_eq!(read, [("a", 5), ("b", 5), ("c", 5), ("d", 9)]);
    }
    drop(db);
    migrator(given.chain())
        .phase(Phase::Contract)
        .on(&mut given.client)
        .run()
        .unwrap();
    given.expect_structure(&AFTER);
    let rows = "SELECT text || rank || stars || \"order\" FROM {t}.notes ORDER BY 1";
    assert_eq!(
        given.finds(rows),
        ["alow51", "bhigh52", "clow53", "dhigh90"]
    );
    // Back to the first step, where the version from before writes again.
    migrator(given.chain())
        .on(&mut given.client)
        .rollback(Some(&phases[0].0))
        .unwrap();
    given.run(
        "acme",
        "INSERT INTO {t}.notes (text, rank) VALUES ('e', 'top')",
    );
}

#[test]
fn a_value_of_a_column_that_goes_is_there_for_the_version_from_before() {
    let mut given = Given::new(&BEFORE, ROWS);
    let choices = choices().fill("notes.old", "-1");
    let told = given.become_(&AFTER, &choices);
    assert!(
        told.iter()
            .any(|told| told.contains("set the default of column `old`")),
        "{told:#?}"
    );
    migrator(given.chain())
        .on(&mut given.client)
        .rollback(Some("2"))
        .unwrap();
    for tenant in TENANTS {
        given.run(
            tenant,
            "INSERT INTO {t}.notes (text, rank, stars) VALUES ('n', 'low', 1)",
        );
    }
    let old = "SELECT text || old FROM {t}.notes ORDER BY 1";
    assert_eq!(given.finds(old), ["a-1", "b-1", "n-1"]);
}

#[test]
fn who_has_no_version_from_before_gets_one_migration() {
    let given = Given::new(&BEFORE, ROWS);
    let made = given.write(&AFTER, &choices().together());
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].phase(), Phase::Contract);
    assert_eq!(changes(&AFTER, &given.chain()).unwrap(), []);
}

#[test]
fn what_can_not_be_cut_stays_together() {
    let given = Given::new(&BEFORE, ROWS);
    let choices = choices().rename("drafts=tags").rename("tags.text=name");
    let made = given.write(&AFTER, &choices);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].phase(), Phase::Contract);
}

#[test]
fn what_only_takes_away_from_nobody_is_one_migration() {
    mod less {
        use super::*;

        #[tenant_model]
        pub(crate) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub old: i32,
            pub rank: before::Rank,
        }
    }
    let mut given = Given::new(&BEFORE, ROWS);
    let choices = Choices::new()
        .accept_loss("notes.order")
        .accept_loss("drafts");
    let made = given.write(&[less::Note::DEF], &choices);
    assert_eq!(made.len(), 1, "nothing has to be made ready for it");
    assert_eq!(made[0].phase(), Phase::Contract);
    let waits = migrator(given.chain())
        .phase(Phase::Expand)
        .on(&mut given.client)
        .run()
        .unwrap();
    assert_eq!(waits.migrated, 0);
    let there = texts(&mut given.client, "SELECT to_regclass('acme.drafts')::text");
    assert_eq!(there, ["acme.drafts"]);
}
