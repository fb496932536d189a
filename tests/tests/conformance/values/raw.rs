//! Statements written by hand give models by the names of their columns.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::{shared_table, shared_tables};

use super::by_hand;

#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Label {
    #[field(key)]
    id: i64,
    short: String,
    long: String,
    note: Option<String>,
}

#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Tag {
    #[field(key)]
    id: i64,
    short: String,
    label: Option<Fk<Label>>,
}

fn labels() -> (tenantry::testing::TestDb, SharedScope, Stored<Label>) {
    let (database, mut scope) = shared_tables(&[Label::DEF, Tag::DEF]);
    let label = NewLabel::new("s", "l").note("n");
    let label = Label::insert(label).returning(&mut scope).unwrap();
    (database, scope, label)
}

#[test]
fn columns_in_any_order_come_into_their_fields() {
    let (database, mut scope, label) = labels();
    let read = |scope: &mut SharedScope| {
        let all = scope.sql(sql!("SELECT * FROM {Label}"));
        all.row::<Stored<Label>>().unwrap()
    };
    assert_eq!(read(&mut scope), label);
    // A column in the middle is dropped and added again, so it comes last; another is not the model's.
    by_hand(
        &database,
        "ALTER TABLE shared.labels ADD COLUMN later text NOT NULL DEFAULT 'x', ADD COLUMN again text;
         UPDATE shared.labels SET again = short; ALTER TABLE shared.labels DROP COLUMN short;
         ALTER TABLE shared.labels RENAME COLUMN again TO short",
    );
    assert_eq!(read(&mut scope), label);
    let turned = sql!("SELECT {Label.note}, {Label.long}, {Label.short}, {Label.id} FROM {Label}");
    assert_eq!(scope.sql(turned).row::<Stored<Label>>().unwrap(), label);
    let mut row = read(&mut scope);
    row.long = "changed".to_owned();
    row.save(&mut scope).unwrap();
    assert_eq!(Label::find(row.id).one(&mut scope).unwrap(), row);
}

#[test]
fn a_column_that_is_missing_or_there_twice_is_an_error_that_names_it() {
    let (_database, mut scope, _label) = labels();
    let failed = |outcome: tenantry::Result<Vec<Stored<Label>>>, word: &str| {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(word), "{error}");
    };
    let missing = sql!("SELECT {Label.id}, {Label.short}, {Label.note} FROM {Label}");
    failed(scope.sql(missing).rows(), "`long`");
    let renamed =
        sql!("SELECT {Label.id}, {Label.short} AS long, {Label.note} AS short FROM {Label}");
    failed(scope.sql(renamed).rows(), "`note`");
    let twice = sql!("SELECT l.*, l.{Label.note} AS short FROM {Label} l");
    failed(scope.sql(twice).rows(), "`short`");
    let twice = sql!("SELECT l.{Label.note} AS short, l.* FROM {Label} l");
    failed(scope.sql(twice).rows(), "`short`");
    Tag::insert(NewTag::new("t")).execute(&mut scope).unwrap();
    let both = sql!("SELECT l.*, t.* FROM {Label} l CROSS JOIN {Tag} t");
    failed(scope.sql(both).rows(), "`id`");
}

#[test]
fn a_value_of_another_type_or_too_few_values_are_told_with_what_to_do() {
    let (_database, mut scope, _label) = labels();
    let failed = |outcome: tenantry::Result<()>, words: [&str; 2]| {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        for word in words {
            assert!(error.to_string().contains(word), "{error}");
        }
    };
    let one = scope.sql(sql!("SELECT 1 AS one")).rows::<i16>();
    failed(one.map(drop), ["column `one`", "help: read it as `i32`"]);
    let sum = scope.sql(sql!("SELECT sum({Label.id}) FROM {Label}"));
    failed(
        sum.rows::<i64>().map(drop),
        ["column `sum`", "help: read it as `Decimal`"],
    );
    let range = scope.sql(sql!("SELECT int4range(1, 2)"));
    failed(
        range.rows::<String>().map(drop),
        [
            "`int4range`",
            "help: in a statement of your own, write a cast",
        ],
    );
    let few = scope.sql(sql!("SELECT 1::bigint")).rows::<(i64, i64)>();
    failed(few.map(drop), ["the row has 1 values", "help: select"]);
}

#[test]
fn models_in_a_tuple_are_read_one_after_the_other() {
    let (_database, mut scope, label) = labels();
    let tag = Tag::insert(NewTag::new("t").label(&label))
        .returning(&mut scope)
        .unwrap();
    let alone = Tag::insert(NewTag::new("u")).returning(&mut scope).unwrap();
    let joined = sql!(
        "SELECT t.*, 7::bigint, l.*, 'end'::text FROM {Tag} t LEFT JOIN {Label} l ON l.{Label.id} = t.{Tag.label} ORDER BY t.{Tag.id}"
    );
    let rows = scope
        .sql(joined)
        .rows::<(Stored<Tag>, i64, Option<Stored<Label>>, String)>();
    assert_eq!(
        rows.unwrap(),
        [
            (tag, 7, Some(label), "end".to_owned()),
            (alone, 7, None, "end".to_owned())
        ]
    );
}

#[test]
fn a_null_among_listed_values_stands_for_null() {
    let (_database, mut scope) = shared_table::<Label>();
    for note in [Some("a"), Some("b"), None] {
        let mut new = NewLabel::new("s", "l");
        if let Some(note) = note {
            new = new.note(note);
        }
        Label::insert(new).execute(&mut scope).unwrap();
    }
    let some = |text: &str| Some(text.to_owned());
    let mut notes = |condition: tenantry::query::Expr<Label, bool>| {
        let query = Label::query().filter(condition).order_by(Label::ID.asc());
        let rows = query.all(&mut scope).unwrap();
        rows.iter().map(|row| row.note.clone()).collect::<Vec<_>>()
    };
    assert_eq!(notes(Label::NOTE.is_in([None::<String>])), [None]);
    assert_eq!(
        notes(Label::NOTE.is_in([None, some("a")])),
        [some("a"), None]
    );
    assert_eq!(notes(Label::NOTE.is_in([None, None::<String>])), [None]);
    assert_eq!(notes(Label::NOTE.is_in(Vec::<Option<String>>::new())), []);
    assert_eq!(
        notes(Label::NOTE.is_not_in([None::<String>])),
        [some("a"), some("b")]
    );
    assert_eq!(notes(Label::NOTE.is_not_in([None, some("a")])), [some("b")]);
    assert_eq!(
        notes(Label::NOTE.is_not_in([some("a")])),
        notes(Label::NOTE.ne("a"))
    );
    assert_eq!(notes(!Label::NOTE.is_in([None, some("a")])), [some("b")]);
    assert_eq!(
        notes(!Label::NOTE.is_not_in([None, some("a")])),
        [some("a"), None]
    );
    assert_eq!(
        notes(Label::NOTE.is_in([None, some("a")]) & Label::SHORT.eq("s") | Label::NOTE.eq("b")),
        [some("a"), some("b"), None]
    );
    let delete = Label::delete_where(Label::NOTE.is_in([None::<String>]));
    assert_eq!(delete.execute(&mut scope).unwrap(), 1);
    let delete = Label::delete_where(Label::NOTE.is_not_in([None, some("a")]));
    assert_eq!(delete.execute(&mut scope).unwrap(), 1);
}

#[shared_model]
#[derive(Debug)]
struct Listed {
    #[field(key)]
    id: i64,
    numbers: Vec<i64>,
    maybe: Option<Vec<i64>>,
}

#[test]
fn arrays_are_listed_too() {
    let (_database, mut scope) = shared_table::<Listed>();
    for numbers in [vec![], vec![1], vec![1, 2]] {
        Listed::insert(NewListed::new(numbers))
            .execute(&mut scope)
            .unwrap();
    }
    let mut count = |condition: tenantry::query::Expr<Listed, bool>| {
        Listed::query().filter(condition).count(&mut scope).unwrap()
    };
    assert_eq!(
        count(Listed::NUMBERS.is_in([vec![], vec![1, 2], vec![3]])),
        2
    );
    assert_eq!(count(Listed::NUMBERS.is_not_in([vec![], vec![1, 2]])), 1);
    assert_eq!(count(Listed::NUMBERS.is_in(Vec::<Vec<i64>>::new())), 0);
    assert_eq!(count(Listed::NUMBERS.is_not_in(Vec::<Vec<i64>>::new())), 3);
    assert_eq!(count(Listed::MAYBE.is_in([None, Some(vec![1])])), 3);
    assert_eq!(count(Listed::MAYBE.is_not_in([None, Some(vec![1])])), 0);
}
