//! Queries of queries, tuples, trees and roll-ups over enums that are types of PostgreSQL's own.

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::query::expr::{Expr, Over, row_number};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

use crate::enum_types::before::Mood;

/// A person, led by another; its table and columns need quotes.
#[tenant_model(table = "order", unique(mood, level))]
#[derive(Debug, Clone, PartialEq)]
struct Person {
    #[field(key)]
    id: i64,
    #[field(column = "user")]
    mood: Mood,
    was: Option<Mood>,
    level: i32,
    #[field(column = "group", inverse = "led")]
    leader: Option<Fk<Person>>,
}

/// A key of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
struct OfMood(Mood);

/// The word for a mood.
#[tenant_model(table = "words")]
#[derive(Debug, Clone, PartialEq)]
struct Word {
    #[field(key, given)]
    key: OfMood,
    #[field(unique)]
    mood: Mood,
    text: String,
}

const ALL: [Mood; 3] = [Mood::Sad, Mood::Okay, Mood::Happy];

fn each_tenant(test: fn(&mut TenantScope)) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Person::DEF, Word::DEF]))
        .run()
        .unwrap();
    for name in ["acme", "select"] {
        let key = TenantKey::new(name).unwrap();
        db.tenants().create(&key).unwrap();
        let mut scope = db.tenant(&key).unwrap();
        let people = [
            (Mood::Happy, None, 1, None),
            (Mood::Sad, Some(Mood::Happy), 2, Some(1)),
            (Mood::Okay, Some(Mood::Okay), 3, Some(2)),
            (Mood::Sad, Some(Mood::Sad), 4, Some(2)),
        ];
        for (mood, was, level, leader) in people {
            let mut new = NewPerson::new(mood, level);
            if let Some(was) = was {
                new = new.was(was);
            }
            if let Some(leader) = leader {
                new = new.leader(leader);
            }
            Person::insert(new).execute(&mut scope).unwrap();
        }
        let words = [
            NewWord::new(OfMood(Mood::Sad), Mood::Sad, "sad"),
            NewWord::new(OfMood(Mood::Happy), Mood::Happy, "merry"),
        ];
        Word::insert_many(words).execute(&mut scope).unwrap();
        test(&mut scope);
    }
}

fn levels(scope: &mut TenantScope, condition: Expr<Person, bool>) -> Vec<i32> {
    let query = Person::query().filter(condition).order_by(Person::ID.asc());
    query.select(Person::LEVEL).all(scope).unwrap()
}

#[test]
fn queries_within_queries_compare_by_the_type() {
    each_tenant(|scope| {
        let named = || Word::query().select(Word::MOOD);
        assert_eq!(levels(scope, Person::MOOD.in_query(named())), [1, 2, 4]);
        assert_eq!(levels(scope, !Person::MOOD.in_query(named())), [3]);
        let best = Person::query().select(Person::MOOD.max()).scalar();
        assert_eq!(levels(scope, Person::MOOD.eq(best)), [1]);
        let led = Person::query().select((Person::LEVEL, Person::LED.of(Person::MOOD.min())));
        let led = led.order_by(Person::ID.asc()).all(scope).unwrap();
        assert_eq!(led[1], (2, Some(Mood::Sad)));
    });
}

#[test]
fn tuples_and_comparisons_of_nulls_know_the_type() {
    each_tenant(|scope| {
        let both = (Person::MOOD, Person::LEVEL);
        assert_eq!(levels(scope, both.eq((Mood::Sad, 2))), [2]);
        assert_eq!(levels(scope, both.gt((Mood::Sad, 2))), [1, 3, 4]);
        let some = [(Mood::Sad, 2), (Mood::Okay, 3), (Mood::Happy, 9)];
        assert_eq!(levels(scope, both.is_in(some)), [2, 3]);
        assert_eq!(levels(scope, !both.is_in(some)), [1, 4]);
        assert_eq!(
            levels(scope, Person::WAS.is_distinct_from(Mood::Sad)),
            [1, 2, 3]
        );
        assert_eq!(
            levels(scope, Person::WAS.is_distinct_from(Person::MOOD)),
            [1, 2]
        );
        let words = Word::find_many([Mood::Happy, Mood::Okay].map(OfMood))
            .all(scope)
            .unwrap();
        assert_eq!(words.len(), 1);
    });
}

#[test]
fn rows_are_put_together_in_the_order_of_the_type() {
    each_tenant(|scope| {
        let moods = || Person::query().select(Person::MOOD);
        let words = || Word::query().select(Word::MOOD);
        let all = moods().union(words()).order_by(Person::MOOD.asc());
        assert_eq!(all.all(scope).unwrap(), ALL);
        let both = moods().intersect(words()).order_by(Person::MOOD.desc());
        assert_eq!(both.all(scope).unwrap(), [Mood::Happy, Mood::Sad]);
        assert_eq!(moods().except(words()).all(scope).unwrap(), [Mood::Okay]);
        assert_eq!(moods().union_all(words()).count(scope).unwrap(), 6);
        let happy = Person::query().filter(Person::MOOD.eq(Mood::Happy));
        let sad = Person::query().filter(Person::MOOD.eq(Mood::Sad));
        let rows = happy
            .union(sad)
            .order_by(Person::MOOD.desc())
            .all(scope)
            .unwrap();
        assert_eq!(rows[0].mood, Mood::Happy);
        assert_eq!(rows.len(), 3);
        let once = Person::query().filter(Person::LEVEL.gt(1)).once();
        let rows = once
            .query()
            .filter(Person::MOOD.gt(Mood::Sad))
            .union(once.query());
        assert_eq!(
            rows.order_by(Person::MOOD.desc()).all(scope).unwrap()[0].mood,
            Mood::Okay
        );
        let groups = Person::query()
            .group_by(Person::MOOD)
            .select(count())
            .once();
        let again = groups.query().filter(Person::MOOD.eq(Mood::Sad));
        assert_eq!(again.all(scope).unwrap(), [(Mood::Sad, 2)]);
        let distinct = moods().distinct().once();
        let ordered = distinct.query().order_by(Person::MOOD.desc());
        assert_eq!(
            ordered.all(scope).unwrap(),
            [Mood::Happy, Mood::Okay, Mood::Sad]
        );
    });
}

#[test]
fn trees_are_walked_by_rows_that_have_the_type() {
    each_tenant(|scope| {
        let below = || Person::LEADER.descendants_of(1);
        let rows = below()
            .query()
            .order_by(Person::MOOD.desc())
            .all(scope)
            .unwrap();
        assert_eq!(rows[0].mood, Mood::Okay);
        let moods = below().query().select(Person::MOOD).distinct();
        assert_eq!(
            moods.order_by(Person::MOOD.asc()).all(scope).unwrap(),
            [Mood::Sad, Mood::Okay]
        );
        let above = Person::LEADER
            .ancestors_of(3)
            .query()
            .filter(Person::MOOD.gt(Mood::Sad));
        assert_eq!(above.all(scope).unwrap().len(), 1);
        let leader = Person::query().filter(Person::LEADER.on(Person::MOOD.eq(Mood::Happy)));
        assert_eq!(leader.count(scope).unwrap(), 1);
    });
}

#[test]
fn keys_of_the_type_are_met_and_numbered() {
    each_tenant(|scope| {
        let again = [
            NewWord::new(OfMood(Mood::Sad), Mood::Sad, "blue"),
            NewWord::new(OfMood(Mood::Okay), Mood::Okay, "so-so"),
        ];
        let met = Word::insert_many(again)
            .on_conflict(Word::MOOD)
            .update(Word::TEXT);
        assert_eq!(met.returning(scope).unwrap().len(), 2);
        let new = || NewPerson::new(Mood::Sad, 4);
        let met = Person::insert(new()).on_conflict((Person::MOOD, Person::LEVEL));
        let met = met.get_or_insert(scope).unwrap();
        assert!(!met.is_new());
        let new = NewPerson::new(Mood::Okay, 4);
        let met = Person::insert(new).on_conflict((Person::MOOD, Person::LEVEL));
        assert!(met.get_or_insert(scope).unwrap().is_new());
        let values = [(Mood::Sad, "down"), (Mood::Okay, "fine")];
        let values = values.map(|(mood, word)| (OfMood(mood), word.to_owned()));
        assert_eq!(
            Word::update_many(Word::TEXT, values)
                .execute(scope)
                .unwrap(),
            2
        );
        let numbers = Person::query().select((
            Person::MOOD,
            row_number().over(
                Over::all()
                    .order_by(Person::MOOD.desc())
                    .order_by(Person::ID.asc()),
            ),
        ));
        let numbers = numbers.order_by(Person::ID.asc()).all(scope).unwrap();
        assert_eq!(numbers[0], (Mood::Happy, 1));
        let locked = scope.transaction(|tx| {
            Word::query()
                .filter(Word::KEY.eq(OfMood(Mood::Sad)))
                .for_update()
                .one(tx)
        });
        assert_eq!(locked.unwrap().text, "down");
        let first = Word::find(OfMood(Mood::Sad)).one(scope).unwrap();
        first.delete(scope).unwrap();
        assert_eq!(Word::query().count(scope).unwrap(), 2);
    });
}
