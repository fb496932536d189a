//! Values come back bit by bit, or are refused before they are sent; one odd row hides no other.

mod computed;
mod defaults;
mod edges;
mod json;
mod numbers;
mod odd;
mod raw;
mod settings;
mod times;

use std::cell::RefCell;
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};

/// Writes values of a strategy into a column, one row each, and reads them again.
///
/// `same` compares what was written with what came back.
pub(crate) fn every<T, M, N>(
    scope: &mut SharedScope,
    strategy: impl Strategy<Value = T>,
    new: impl Fn(T) -> N,
    same: impl Fn(&T, &M) -> bool,
) where
    T: Debug + Clone,
    M: Model<Placement = SharedSchema> + tenantry::model::Writable + Debug,
    N: tenantry::model::NewRow<Model = M>,
{
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let scope = RefCell::new(scope);
    TestRunner::new(config)
        .run(&strategy, |value| {
            let mut scope = scope.borrow_mut();
            let stored = M::insert(new(value.clone())).returning(*scope).unwrap();
            prop_assert!(same(&value, &stored), "{stored:?} was returned");
            let read = M::find(&stored).one(*scope).unwrap();
            prop_assert!(same(&value, &read), "{read:?} was read");
            Ok(())
        })
        .unwrap();
}

/// Checks that a value was refused by tenantry, and not by the server.
#[track_caller]
pub(crate) fn refused<T: Debug>(outcome: Result<T, Error>, kind: ErrorKind, words: &[&str]) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.sqlstate(), None, "the server refused it: {error}");
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` in {error}");
    }
}

/// Runs SQL beside tenantry.
pub(crate) fn by_hand(database: &tenantry::testing::TestDb, sql: &str) {
    database.connect().batch_execute(sql).unwrap();
}
