//! Columns that the database computes of others.

use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::migrate::{Choices, Phase, make_with};
use tenantry::model::{ModelDef, NewRow, Source};
use tenantry::prelude::*;
use tenantry::query::excluded;
use tenantry_tests::tables::shared_table;

use crate::given::Given;

#[shared_model(
    unique(name = "people_by_folded", folded),
    index(initials, filter = "total > 0"),
    check = "length(folded) < 40"
)]
#[derive(Debug, Clone, PartialEq)]
struct Person {
    #[field(key)]
    id: i64,
    first: String,
    last: Option<String>,
    #[field(column = "user")]
    email: String,
    #[field(generated = "lower(\"user\")", max_length = 40)]
    folded: String,
    #[field(generated = "left(first, 1) || left(last, 1)", column = "order")]
    initials: Option<String>,
    net: i32,
    tax: i32,
    #[field(generated = "net + tax", index)]
    total: i32,
    #[field(version)]
    version: i64,
}

fn ann() -> NewPerson {
    NewPerson::new("Ann", "Ann@X.example", 40, 2).last("Bee")
}

fn computed(person: &Person) -> (&str, Option<&str>, i32) {
    (&person.folded, person.initials.as_deref(), person.total)
}

#[test]
fn values_are_computed_at_each_write_and_read_back() {
    let (_database, mut scope) = shared_table::<Person>();
    let mut ann = Person::insert(ann()).returning(&mut scope).unwrap();
    assert_eq!(computed(&ann), ("ann@x.example", Some("AB"), 42));
    ann.last = None;
    ann.net = -100;
    ann.save(&mut scope).unwrap();
    assert_eq!(computed(&ann), ("ann@x.example", None, -98));
    assert_eq!(ann, Person::find(&ann).one(&mut scope).unwrap());
    let rows = [("Bob", i32::MAX - 1, 1), ("Cid", 0, i32::MIN)]
        .map(|(name, net, tax)| NewPerson::new(name, format!("{name}@x"), net, tax));
    let rows = Person::insert_many(rows).returning(&mut scope).unwrap();
    let totals: Vec<i32> = rows.iter().map(|row| row.total).collect();
    assert_eq!(totals, [i32::MAX, i32::MIN]);
    let changed = Person::update_where(Person::FOLDED.eq("bob@x"))
        .set(Person::NET, Person::NET - 1)
        .returning(&mut scope)
        .unwrap();
    assert_eq!(changed[0].total, i32::MAX - 1);
    let big = Person::query()
        .filter(Person::TOTAL.gt(0))
        .order_by(Person::INITIALS.asc())
        .all(&mut scope)
        .unwrap();
    assert_eq!(big.len(), 1);
    let sum: Option<i64> = Person::query()
        .select(Person::TOTAL.sum())
        .one(&mut scope)
        .unwrap();
    assert_eq!(
        sum,
        Some(i64::from(i32::MAX - 1) - 98 + i64::from(i32::MIN))
    );
}

#[test]
fn what_does_not_fit_the_computed_column_is_told_as_of_any_other() {
    let (_database, mut scope) = shared_table::<Person>();
    let long = NewPerson::new("Ann", "x".repeat(41), 1, 1);
    let error = Person::insert(long).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    let large = NewPerson::new("Ann", "a", i32::MAX, 1);
    let error = Person::insert(large).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    Person::insert(ann()).execute(&mut scope).unwrap();
    let again = NewPerson::new("Anne", "ANN@x.example", 1, 1);
    let error = Person::insert(again).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
}

#[test]
fn nobody_gives_it_a_value() {
    let (_database, mut scope) = shared_table::<Person>();
    let mut ann = Person::insert(ann()).returning(&mut scope).unwrap();
    let update = Person::update_where(Person::everything()).set(Person::TOTAL, 5);
    let of_query = update.execute(&mut scope).unwrap_err();
    let upsert = |columns| {
        Person::insert(NewPerson::new("Ann", "ann@x.example", 1, 1))
            .on_conflict(Person::FOLDED)
            .update(columns)
    };
    let of_upsert = upsert((Person::NET, Person::TOTAL)).execute(&mut scope);
    ann.total = 7;
    let of_save = ann.save(&mut scope).unwrap_err();
    for error in [of_query, of_upsert.unwrap_err(), of_save] {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("`total`") && text.contains("help: "),
            "{text}"
        );
        assert!(text.contains("`Person`"), "{text}");
    }
    ann.reload(&mut scope).unwrap();
    assert_eq!((ann.total, ann.version), (42, 1));
    // A row of the same values is the same row.
    let same = (*ann).clone();
    *ann = same;
    ann.save(&mut scope).unwrap();
    assert_eq!(ann.version, 1);
    assert_eq!(Person::DEF.given, [1, 2, 3, 6, 7]);
    let values = self::ann().into_values().unwrap();
    assert!(values[4].is_none() && values[5].is_none() && values[8].is_none());
}

#[test]
fn a_conflict_may_be_met_by_it() {
    let (_database, mut scope) = shared_table::<Person>();
    Person::insert(ann()).execute(&mut scope).unwrap();
    let met = Person::insert(NewPerson::new("Anne", "ANN@X.EXAMPLE", 60, 3))
        .on_conflict(Person::FOLDED)
        .update((Person::FIRST, Person::EMAIL))
        .set(Person::NET, Person::TOTAL + excluded(Person::TOTAL))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(computed(&met), ("ann@x.example", Some("AB"), 42 + 63 + 2));
    // Two of the new rows are the same only once they are computed.
    let twins = ["DAN@x", "dan@X"].map(|email| NewPerson::new("Dan", email, 1, 1));
    let error = Person::insert_many(twins)
        .on_conflict_with("people_by_folded")
        .update(Person::NET)
        .execute(&mut scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    assert!(error.to_string().contains("help: "), "{error}");
}

#[test]
fn a_row_is_saved_again_after_a_rollback() {
    let (_database, mut scope) = shared_table::<Person>();
    let mut ann = Person::insert(ann()).returning(&mut scope).unwrap();
    let undone: Result<(), Option<tenantry::Error>> = scope.transaction_with_error(|scope| {
        ann.net = 1;
        ann.save(scope).map_err(Some)?;
        assert_eq!(ann.total, 3);
        Err(None)
    });
    assert!(undone.unwrap_err().is_none());
    ann.save(&mut scope).unwrap();
    assert_eq!((ann.total, ann.version), (3, 2));
    assert_eq!(ann, Person::find(&ann).one(&mut scope).unwrap());
}

#[tokio::test]
async fn tasks_read_and_write_it_the_same() {
    let (database, scope) = blocking(shared_table::<Person>);
    blocking(|| drop(scope));
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = db.shared();
    let mut ann = Person::insert(ann()).returning(&mut scope).await.unwrap();
    ann.tax = 0;
    ann.save(&mut scope).await.unwrap();
    assert_eq!(computed(&ann), ("ann@x.example", Some("AB"), 40));
    let total = Person::query().select(Person::TOTAL).one(&mut scope).await;
    assert_eq!(total.unwrap(), 40);
    ann.total = 5;
    let error = ann.save(&mut scope).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

mod plain {
    use super::*;

    #[tenant_model]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        pub word: String,
        pub amount: i32,
        #[field(default = "none", unique)]
        pub folded: String,
        pub rest: Option<i64>,
    }
}

mod computed {
    use super::*;

    /// Entries.
    #[tenant_model(index(twice, word), unique("folded || 'x'"), check = "twice < 1000")]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        pub word: String,
        pub amount: i32,
        /// For searches.
        #[field(generated = "lower(word)", unique, max_length = 30)]
        pub folded: Option<String>,
        pub rest: Option<i64>,
        #[field(generated = "amount * 2")]
        pub twice: i32,
    }
}

mod otherwise {
    use super::*;

    #[tenant_model(index(twice, term), unique("folded || 'x'"), check = "twice < 1000")]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        #[field(was = "word")]
        pub term: String,
        // Another type of what is computed with.
        pub amount: i64,
        #[field(generated = "upper(term)", unique, max_length = 30)]
        pub folded: Option<String>,
        pub rest: Option<i64>,
        #[field(generated = "amount * 2")]
        pub twice: i32,
    }
}

const ROWS: &str =
    "INSERT INTO {t}.entries (word, amount, folded) VALUES ('Ab', 4, '1'), ('CD', -3, '2')";

const FOUND: &str = "SELECT concat_ws('|', folded, twice) FROM {t}.entries ORDER BY 1";

#[test]
fn columns_become_computed_and_stop_it_and_go_back() {
    let mut given = Given::new(&[plain::Entry::DEF], ROWS);
    let words = given.become_(&[computed::Entry::DEF], &Choices::new());
    assert!(
        words.contains(
            &"compute column `folded` of tenant table `entries` as `lower(word)`".to_owned()
        ),
        "{words:#?}"
    );
    assert_eq!(given.finds(FOUND), ["ab|8", "cd|-6"]);

    let mut given = Given::new(
        &[computed::Entry::DEF],
        "INSERT INTO {t}.entries (word, amount) VALUES ('Ab', 4), ('CD', -3)",
    );
    let chain = given.chain();
    let made = make_with(&[plain::Entry::DEF], &chain, None, &Choices::new());
    let made = made.unwrap().unwrap();
    let losses: Vec<String> = made.losses().map(ToString::to_string).collect();
    assert_eq!(
        losses,
        Vec::<String>::new(),
        "what is computed can be computed again"
    );
    assert_eq!(made.migrations()[0].phase(), Phase::Contract);
    given.become_(&[plain::Entry::DEF], &Choices::new());
    let found = given.finds("SELECT folded FROM {t}.entries ORDER BY 1");
    assert_eq!(found, ["ab", "cd"], "the values stay");
}

#[test]
fn an_expression_changes_with_what_is_built_upon_it() {
    let rows = "INSERT INTO {t}.entries (word, amount) VALUES ('Ab', 4), ('CD', -3)";
    let mut given = Given::new(&[computed::Entry::DEF], rows);
    given.become_(&[otherwise::Entry::DEF], &Choices::new());
    assert_eq!(given.finds(FOUND), ["AB|8", "CD|-6"]);
}

mod only_expression {
    use super::*;

    /// Entries.
    #[tenant_model(index(twice, word), unique("folded || 'x'"), check = "twice < 1000")]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        pub word: String,
        pub amount: i32,
        /// For searches.
        #[field(generated = "upper(word)", unique, max_length = 30)]
        pub folded: Option<String>,
        pub rest: Option<i64>,
        #[field(generated = "amount * 2")]
        pub twice: i32,
    }
}

mod searched {
    use super::*;

    #[tenant_model(table = "entries", index("folded || 'x'"))]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        pub word: String,
        #[field(generated = "lower(word)", index)]
        pub folded: Option<String>,
    }
}

mod searched_otherwise {
    use super::*;

    #[tenant_model(table = "entries", index("folded || 'x'"))]
    pub(super) struct Entry {
        #[field(key)]
        pub id: i64,
        pub word: String,
        #[field(generated = "upper(word)", index)]
        pub folded: Option<String>,
    }
}

/// The phase of a migration from one expression to another.
fn phase(before: &'static ModelDef, after: &'static ModelDef) -> Phase {
    let given = Given::new(&[before], "");
    let made = make_with(&[after], &given.chain(), None, &Choices::new());
    let made = made.unwrap().unwrap();
    assert_eq!(made.losses().count(), 0);
    made.migrations()[0].phase()
}

#[test]
fn versions_from_before_live_with_another_expression_that_refuses_none_of_their_rows() {
    let (before, after) = (searched::Entry::DEF, searched_otherwise::Entry::DEF);
    assert_eq!(phase(before, after), Phase::Expand);
    // They may write rows that are alike by the new expression, and not by theirs.
    let (before, after) = (computed::Entry::DEF, only_expression::Entry::DEF);
    assert_eq!(phase(before, after), Phase::Contract);
}

#[test]
fn no_column_that_is_computed_is_filled() {
    let given = Given::new(&[computed::Entry::DEF], "");
    let choices = Choices::new().fill("entries.folded", "'x'");
    let error = make_with(
        &[only_expression::Entry::DEF],
        &given.chain(),
        None,
        &choices,
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("`entries.folded` is no column that"),
        "{error}"
    );
}

#[test]
fn the_definition_says_what_it_is_computed_of() {
    let column = &computed::Entry::DEF.columns[3];
    assert_eq!(column.source, Source::Generated("lower(word)"));
    assert_eq!(column.source.generated_sql(), Some("lower(word)"));
    assert_eq!(column.default_sql(), None);
}
