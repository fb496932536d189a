//! Rows that are deleted with the row that they reference, and brought back with it.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::shared_tables;

/// A team within teams.
#[shared_model]
#[derive(Debug, Clone)]
struct Team {
    #[field(key)]
    id: i64,
    name: String,
    #[field(on_delete = "cascade")]
    part_of: Option<Fk<Team>>,
    #[field(soft_delete)]
    gone: Option<Timestamp>,
}

#[shared_model]
#[derive(Debug, Clone)]
struct Task {
    #[field(key)]
    id: i64,
    #[field(on_delete = "cascade")]
    team: Fk<Team>,
    title: String,
    #[field(version)]
    version: i64,
    #[field(soft_delete, column = "order")]
    deleted_at: Option<Timestamp>,
}

/// It goes with a task and with a team.
#[shared_model]
#[derive(Debug, Clone)]
struct Comment {
    #[field(key)]
    id: i64,
    #[field(on_delete = "cascade")]
    task: Option<Fk<Task>>,
    #[field(on_delete = "cascade")]
    team: Option<Fk<Team>>,
    text: String,
    #[field(soft_delete)]
    deleted_at: Option<Timestamp>,
}

/// Its rows can't be brought back, and stay.
#[shared_model]
#[derive(Debug, Clone)]
struct Badge {
    #[field(key)]
    id: i64,
    #[field(on_delete = "cascade")]
    team: Fk<Team>,
}

/// It references a team, and does not go with it.
#[shared_model]
#[derive(Debug, Clone)]
struct Invoice {
    #[field(key)]
    id: i64,
    team: Fk<Team>,
    #[field(soft_delete)]
    deleted_at: Option<Timestamp>,
}

const MODELS: [&tenantry::model::ModelDef; 5] =
    [Team::DEF, Task::DEF, Comment::DEF, Badge::DEF, Invoice::DEF];

fn team(name: &str, part_of: Option<&Stored<Team>>, scope: &mut SharedScope) -> Stored<Team> {
    let new = NewTeam::new(name);
    let new = match part_of {
        Some(other) => new.part_of(other),
        None => new,
    };
    let team = Team::insert(new).returning(scope).unwrap();
    let task = Task::insert(NewTask::new(&team, name))
        .returning(scope)
        .unwrap();
    let comments = [
        NewComment::new(name).task(&task),
        NewComment::new(name).team(&team),
        NewComment::new(name).team(&team).task(&task),
    ];
    Comment::insert_many(comments).execute(scope).unwrap();
    Badge::insert(NewBadge::new(&team)).execute(scope).unwrap();
    Invoice::insert(NewInvoice::new(&team))
        .execute(scope)
        .unwrap();
    team
}

/// How many there are of teams, tasks, comments, badges and invoices.
fn counts(scope: &mut SharedScope) -> [i64; 5] {
    [
        Team::query().count(scope).unwrap(),
        Task::query().count(scope).unwrap(),
        Comment::query().count(scope).unwrap(),
        Badge::query().count(scope).unwrap(),
        Invoice::query().count(scope).unwrap(),
    ]
}

#[test]
fn what_goes_with_a_row_is_deleted_and_brought_back_with_it() {
    let (_database, mut scope) = shared_tables(&MODELS);
    let scope = &mut scope;
    let root = team("root", None, scope);
    let left = team("left", Some(&root), scope);
    let leaf = team("leaf", Some(&left), scope);
    team("other", None, scope);
    // What was deleted before is not brought back.
    let before = Comment::delete_where(Comment::TEXT.eq("leaf") & Comment::TASK.is_null());
    assert_eq!(before.execute(scope).unwrap(), 1);
    assert_eq!(counts(scope), [4, 4, 11, 4, 4]);
    left.clone().delete(scope).unwrap();
    assert_eq!(counts(scope), [2, 2, 6, 4, 4]);
    let tasks = Task::query().only_deleted().all(scope).unwrap();
    assert!(
        tasks.iter().all(|task| task.version == 2),
        "a delete is a change"
    );
    let mut left = Team::find(&left).with_deleted().one(scope).unwrap();
    let leaf = Team::find(&leaf).with_deleted().one(scope).unwrap();
    assert_eq!(left.gone, leaf.gone);
    left.name = "left again".to_owned();
    left.restore(scope).unwrap();
    assert_eq!((left.gone, &*left.name), (None, "left again"));
    assert_eq!(counts(scope), [4, 4, 11, 4, 4]);
    assert_eq!(left.name, Team::find(&left).one(scope).unwrap().name);
    left.name = "left".to_owned();
    left.save(scope).unwrap();

    // By a condition, some of which go with others anyway.
    let deleted = Team::delete_where(Team::NAME.ne("other"));
    let mut names: Vec<String> = deleted
        .returning(scope)
        .unwrap()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    names.sort();
    assert_eq!(names, ["leaf", "left", "root"]);
    assert_eq!(counts(scope), [1, 1, 3, 4, 4]);
    assert_eq!(
        Team::delete_where(Team::everything())
            .execute(scope)
            .unwrap(),
        1
    );
    assert_eq!(counts(scope), [0, 0, 0, 4, 4]);
    // For good, the database does what is declared.
    let error = Team::delete_where(Team::everything())
        .permanently()
        .execute(scope)
        .unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::ForeignKey,
        "invoices keep their team: {error}"
    );
    Invoice::delete_where(Invoice::everything())
        .permanently()
        .execute(scope)
        .unwrap();
    let removed = Team::delete_where(Team::everything())
        .permanently()
        .execute(scope);
    assert_eq!(removed.unwrap(), 4);
    assert_eq!(Comment::query().with_deleted().count(scope).unwrap(), 0);
    assert_eq!(Badge::query().count(scope).unwrap(), 0);
}

#[test]
fn teams_that_are_part_of_each_other_go_together() {
    let (_database, mut scope) = shared_tables(&MODELS);
    let scope = &mut scope;
    let mut one = team("one", None, scope);
    let two = team("two", Some(&one), scope);
    one.part_of = Some(two.key());
    one.save(scope).unwrap();
    let mut own = team("own", None, scope);
    own.part_of = Some(own.key());
    own.save(scope).unwrap();
    one.delete(scope).unwrap();
    own.clone().delete(scope).unwrap();
    assert_eq!(counts(scope), [0, 0, 0, 3, 3]);
    let mut two = Team::find(&two).with_deleted().one(scope).unwrap();
    two.restore(scope).unwrap();
    own.reload(scope).unwrap();
    own.restore(scope).unwrap();
    assert_eq!(counts(scope), [3, 3, 9, 3, 3]);
}

#[test]
fn what_is_stale_takes_nothing_with_it() {
    let (_database, mut scope) = shared_tables(&MODELS);
    let scope = &mut scope;
    let root = team("root", None, scope);
    let task = Task::query().one(scope).unwrap();
    let mut newer = task.clone();
    newer.title = "newer".to_owned();
    newer.save(scope).unwrap();
    let error = task.delete(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(counts(scope), [1, 1, 3, 1, 1]);
    newer.delete(scope).unwrap();
    assert_eq!(counts(scope), [1, 0, 1, 1, 1]);
    root.clone().delete(scope).unwrap();
    let error = root.delete(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    // The task went before its team.
    let mut root = Team::query().only_deleted().one(scope).unwrap();
    root.restore(scope).unwrap();
    assert_eq!(counts(scope), [1, 0, 1, 1, 1]);
}

#[test]
fn a_restore_that_was_rolled_back_brings_all_back_the_second_time() {
    let (_database, mut scope) = shared_tables(&MODELS);
    let scope = &mut scope;
    team("root", None, scope).delete(scope).unwrap();
    let mut root = Team::query().only_deleted().one(scope).unwrap();
    let undone: Result<(), Option<tenantry::Error>> = scope.transaction_with_error(|tx| {
        root.restore(tx).unwrap();
        Err(None)
    });
    assert!(undone.unwrap_err().is_none());
    assert_eq!(counts(scope), [0, 0, 0, 1, 1]);
    root.restore(scope).unwrap();
    assert_eq!(counts(scope), [1, 1, 3, 1, 1]);
}

#[test]
fn a_row_that_was_deleted_again_is_not_brought_back_as_it_was_before() {
    let (_database, mut scope) = shared_tables(&MODELS);
    let scope = &mut scope;
    team("root", None, scope).delete(scope).unwrap();
    let find = |scope: &mut SharedScope| Team::query().only_deleted().one(scope).unwrap();
    let (mut first, mut other) = (find(scope), find(scope));
    other.restore(scope).unwrap();
    let error = first.restore(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    other.delete(scope).unwrap();
    // It would come back without those that were deleted with it the second time.
    first.reload(scope).unwrap();
    let mut stale = first.clone();
    first.restore(scope).unwrap();
    first.clone().delete(scope).unwrap();
    let error = stale.restore(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(counts(scope), [0, 0, 0, 1, 1]);
    find(scope).restore(scope).unwrap();
    assert_eq!(counts(scope), [1, 1, 3, 1, 1]);
}

mod circle {
    use super::*;

    #[shared_model]
    #[derive(Debug)]
    pub(super) struct Hen {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "cascade")]
        pub egg: Option<Fk<Egg>>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }

    #[shared_model]
    #[derive(Debug)]
    pub(super) struct Egg {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "cascade")]
        pub hen: Option<Fk<Hen>>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

#[test]
fn models_that_go_with_each_other_in_a_circle_are_refused() {
    use circle::{Egg, Hen, NewHen};
    let (_database, mut scope) = shared_tables(&[Hen::DEF, Egg::DEF]);
    let hen = Hen::insert(NewHen::new()).returning(&mut scope).unwrap();
    let error = hen.delete(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`Hen`, `Egg`") && text.contains("help: "),
        "{text}"
    );
    assert_eq!(Hen::query().count(&mut scope).unwrap(), 1);
}
