//! Enums that are types of PostgreSQL's own, one in each schema.

use tenantry::ErrorKind;
use tenantry::across::SeesAllTenants;
use tenantry::exec::blocking;
use tenantry::migrate::{Chain, Choices, changes, make_with};
use tenantry::model::{ModelDef, Schema};
use tenantry::prelude::*;
use tenantry::query::{Orders, count, excluded};

use crate::enum_changes::enum_labels;
use crate::given::{Given, TENANTS};

pub(crate) mod before {
    use super::*;

    /// From the worst to the best, which is no alphabet's order; one label needs quotes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Column)]
    #[column(enum_type = "current mood")]
    pub(crate) enum Mood {
        Sad,
        #[column(rename = "it's \"ok\", \\ so")]
        Okay,
        Happy,
    }

    #[tenant_model(table = "notes", unique(name))]
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub mood: Mood,
        pub was: Option<Mood>,
        #[field(default = "happy")]
        pub will_be: Mood,
    }

    #[tenant_model(table = "days")]
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Day {
        #[field(key)]
        pub id: i64,
        pub moods: Vec<Mood>,
        pub gaps: Vec<Option<Mood>>,
    }

    #[shared_model(table = "posts")]
    pub(crate) struct Post {
        #[field(key)]
        pub id: i64,
        pub mood: Mood,
    }

    pub(crate) const MODELS: [&ModelDef; 3] = [Note::DEF, Day::DEF, Post::DEF];
}

use before::{Day, MODELS, Mood, NewDay, NewNote, NewPost, Note, Post};

const ALL: [Mood; 3] = [Mood::Sad, Mood::Okay, Mood::Happy];

fn given() -> Given {
    Given::new(&MODELS, "SELECT 1")
}

struct Staff;

impl SeesAllTenants for Staff {}

#[test]
fn every_statement_writes_and_reads_it_for_several_tenants_on_one_connection() {
    let mut given = given();
    for schema in ["shared", "acme", "select"] {
        let found = enum_labels(&mut given, schema);
        assert_eq!(found, ["sad", "it's \"ok\", \\ so", "happy"], "{schema}");
    }
    let mut options = tenantry::scope::Options::default();
    options.max_connections = 1;
    let config = given.url().parse().unwrap();
    let db = Database::connect_with(&config, postgres::NoTls, options).unwrap();
    for tenant in TENANTS {
        let mut scope = db.tenant(&TenantKey::new(tenant).unwrap()).unwrap();
        statements(&mut scope);
        lists(&mut scope);
    }
    let mut shared = db.shared().unwrap();
    Post::insert(NewPost::new(Mood::Okay))
        .execute(&mut shared)
        .unwrap();
    drop(shared);
    let mut scope = db.tenant(&TenantKey::new("acme").unwrap()).unwrap();
    assert_eq!(
        Post::query().select(Post::MOOD).all(&mut scope).unwrap(),
        [Mood::Okay]
    );
    drop(scope);
    let mut fleet = db.across(&Staff).unwrap();
    let moods = Note::query()
        .filter(Note::MOOD.gt(Mood::Sad))
        .select(Note::MOOD);
    let moods = moods.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(moods.len(), 4);
    let groups = Note::query().group_by(Note::MOOD).select(count());
    let groups = groups.across(&mut fleet).unwrap().whole().unwrap();
    assert_eq!(groups.len(), 3);
    assert!(groups.iter().all(|(_, count)| *count == 2));
    let greatest = Note::query().select(Note::MOOD.max());
    let error = greatest.across(&mut fleet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("by_tenant"), "{error}");
}

fn statements(scope: &mut TenantScope) {
    let one = Note::insert(NewNote::new("one", Mood::Happy))
        .returning(scope)
        .unwrap();
    assert_eq!(
        (one.mood, one.was, one.will_be),
        (Mood::Happy, None, Mood::Happy)
    );
    let others = [("two", Mood::Okay), ("three", Mood::Sad)];
    let others = others.map(|(name, mood)| NewNote::new(name, mood).was(mood).will_be(Mood::Sad));
    let others = Note::insert_many(others).returning(scope).unwrap();
    assert_eq!(
        (others[0].mood, others[1].was),
        (Mood::Okay, Some(Mood::Sad))
    );
    assert_eq!(Note::find(one.id).one(scope).unwrap(), one);
    queries(scope);
    changes_of_rows(scope, [one.id, others[0].id]);
    by_hand(scope);
}

fn queries(scope: &mut TenantScope) {
    let ordered = Note::query().order_by(Note::MOOD.asc()).select(Note::MOOD);
    assert_eq!(ordered.all(scope).unwrap(), ALL);
    let worst = Note::query()
        .order_by(Note::MOOD.desc())
        .all(scope)
        .unwrap();
    assert_eq!(worst[2].name, "three");
    let mut number = |condition| Note::query().filter(condition).count(scope).unwrap();
    assert_eq!(number(Note::MOOD.ge(Mood::Okay)), 2);
    assert_eq!(number(Note::MOOD.eq(Mood::Okay)), 1);
    assert_eq!(number(Note::MOOD.between(Mood::Sad, Mood::Okay)), 2);
    assert_eq!(number(Note::MOOD.is_in([Mood::Okay, Mood::Happy])), 2);
    assert_eq!(number(!Note::MOOD.is_in([Mood::Okay, Mood::Happy])), 1);
    assert_eq!(number(Note::WAS.is_in([None, Some(Mood::Sad)])), 2);
    let distinct = Note::query()
        .select(Note::WILL_BE)
        .distinct()
        .order_by(Note::WILL_BE.desc());
    assert_eq!(distinct.all(scope).unwrap(), [Mood::Happy, Mood::Sad]);
    let groups = Note::query()
        .group_by(Note::MOOD)
        .order_by_key(Orders::desc)
        .select(count());
    assert_eq!(
        groups.all(scope).unwrap(),
        [(Mood::Happy, 1), (Mood::Okay, 1), (Mood::Sad, 1)]
    );
    let edges = Note::query().select((
        Note::MOOD.min(),
        Note::WAS.max(),
        Note::WAS.coalesce(Mood::Happy).max(),
    ));
    let edges = edges.one(scope).unwrap();
    assert_eq!(
        edges,
        (Some(Mood::Sad), Some(Mood::Okay), Some(Mood::Happy))
    );
}

fn changes_of_rows(scope: &mut TenantScope, [one, two]: [i64; 2]) {
    let changed = Note::update_where(Note::MOOD.eq(Mood::Sad)).set(Note::WAS, Mood::Happy);
    assert_eq!(changed.returning(scope).unwrap()[0].was, Some(Mood::Happy));
    let mut two = Note::find(two).one(scope).unwrap();
    two.was = None;
    two.save(scope).unwrap();
    let mut all = Note::query().order_by(Note::ID.asc()).all(scope).unwrap();
    assert_eq!(all[1].was, None);
    all[0].was = Some(Mood::Okay);
    all[2].will_be = Mood::Okay;
    assert_eq!(Note::save_all(&mut all, scope).unwrap(), 2);
    let values = [(all[0].id, Mood::Sad), (all[1].id, Mood::Happy)];
    assert_eq!(
        Note::update_many(Note::WILL_BE, values)
            .execute(scope)
            .unwrap(),
        2
    );
    let again = Note::insert(NewNote::new("one", Mood::Sad))
        .on_conflict(Note::NAME)
        .set(Note::WAS, excluded(Note::MOOD))
        .returning(scope)
        .unwrap();
    assert_eq!(
        (again.id, again.was, again.will_be),
        (one, Some(Mood::Sad), Mood::Sad)
    );
    let copied = (0..3).map(|n| NewNote::new(format!("copied {n}"), Mood::Okay).was(Mood::Sad));
    assert_eq!(Note::copy_in(copied).execute(scope).unwrap(), 3);
    let gone = Note::delete_where(Note::NAME.starts_with("copied"))
        .returning(scope)
        .unwrap();
    assert!(
        gone.iter()
            .all(|note| (note.mood, note.was) == (Mood::Okay, Some(Mood::Sad)))
    );
}

fn by_hand(scope: &mut TenantScope) {
    let raw = sql!("SELECT mood::text FROM {Note} WHERE mood = $1");
    assert_eq!(
        scope.sql(raw).bind(Mood::Okay).rows::<Mood>().unwrap(),
        [Mood::Okay]
    );
    let raw = sql!("SELECT mood FROM {Note} ORDER BY mood");
    assert_eq!(scope.sql(raw).rows::<Mood>().unwrap(), ALL);
    let error = Note::query()
        .order_by(Note::MOOD.asc())
        .keyset(2)
        .all(scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let mut transaction = scope.begin().unwrap();
    Note::insert(NewNote::new("gone", Mood::Sad))
        .execute(&mut transaction)
        .unwrap();
    transaction.rollback().unwrap();
}

fn lists(scope: &mut TenantScope) {
    let new = NewDay::new(ALL.to_vec(), vec![Some(Mood::Okay), None]);
    let mut day = Day::insert(new).returning(scope).unwrap();
    assert_eq!(
        (&*day.moods, &*day.gaps),
        (&ALL[..], &[Some(Mood::Okay), None][..])
    );
    let rows = [
        NewDay::new(vec![], vec![]),
        NewDay::new(vec![Mood::Okay], vec![None]),
    ];
    assert_eq!(
        Day::insert_many(rows).returning(scope).unwrap()[1].moods,
        [Mood::Okay]
    );
    let has = Day::query().filter(Day::MOODS.has(Mood::Happy));
    assert_eq!(has.count(scope).unwrap(), 1);
    day.moods.pop();
    day.save(scope).unwrap();
    assert_eq!(Day::find(day.id).one(scope).unwrap().moods, ALL[..2]);
    let mut days = Day::query().order_by(Day::ID.asc()).all(scope).unwrap();
    days[1].moods = vec![Mood::Happy];
    days[2].gaps = vec![Some(Mood::Sad)];
    assert_eq!(Day::save_all(&mut days, scope).unwrap(), 2);
    let same = Day::query().filter(Day::MOODS.is_in([vec![Mood::Happy]]));
    assert_eq!(same.all(scope).unwrap(), [days[1].clone()]);
    let error = Day::copy_in([NewDay::new(vec![], vec![])])
        .execute(scope)
        .unwrap_err();
    assert!(error.to_string().contains("use `insert_many`"), "{error}");
}

#[tokio::test]
async fn tasks_write_and_read_it_the_same() {
    let given = blocking(given);
    let db = tenantry::tokio::Database::connect(given.url())
        .await
        .unwrap();
    for tenant in TENANTS {
        let mut scope = db.tenant(&TenantKey::new(tenant).unwrap()).await.unwrap();
        let notes = ALL.map(|mood| NewNote::new(format!("{mood:?}"), mood));
        let notes = Note::insert_many(notes)
            .returning(&mut scope)
            .await
            .unwrap();
        let found = Note::query()
            .order_by(Note::MOOD.asc())
            .all(&mut scope)
            .await;
        assert_eq!(found.unwrap(), notes);
    }
    blocking(|| drop(given));
}

mod clash {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    #[column(enum_type = "current mood")]
    pub(super) enum Other {
        Up,
    }

    #[tenant_model]
    pub(super) struct Wall {
        #[field(key)]
        pub id: i64,
        pub other: Other,
    }
}

#[test]
fn two_enums_of_one_type_are_told() {
    let models: &'static [&'static ModelDef] = &[Note::DEF, clash::Wall::DEF];
    let error = Schema::new(models, &[]).models().unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("`current mood`") && error.contains("help: "),
        "{error}"
    );
    let folder = tempfile::TempDir::new().unwrap();
    let chain = Chain::open_or_empty(folder.path()).unwrap();
    let made = make_with(&MODELS, &chain, None, &Choices::new())
        .unwrap()
        .unwrap();
    made.write(folder.path()).unwrap();
    assert_eq!(
        changes(&MODELS, &Chain::open(folder.path()).unwrap()).unwrap(),
        []
    );
}
