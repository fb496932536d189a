//! Properties that hold on a server.

use std::cell::RefCell;

use postgres::Transaction;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use tenantry::SchemaName;
use tenantry::structure::{Namespace, Op, Slots, State, diff, fill, introspect, render, reverse};
use tenantry::testing::TestDb;
use tenantry_tests::random;

use crate::generate::state;

fn name(name: &str) -> SchemaName {
    SchemaName::new(name).unwrap()
}

/// A shared schema and one of a tenant.
struct Pair {
    shared: SchemaName,
    tenant: SchemaName,
}

impl Pair {
    fn create(client: &mut Transaction<'_>, prefix: &str) -> Self {
        let pair = Self {
            shared: name(&format!("{prefix}_shared")),
            tenant: name(&format!("{prefix}_tenant")),
        };
        for schema in [&pair.shared, &pair.tenant] {
            let sql = format!("CREATE SCHEMA {}", schema.quoted());
            client.batch_execute(&sql).unwrap();
        }
        pair
    }

    /// Executes operations.
    fn execute(&self, client: &mut Transaction<'_>, ops: &[Op]) -> Result<(), TestCaseError> {
        let slots = Slots {
            shared: &self.shared,
            tenant: Some(&self.tenant),
        };
        for op in ops {
            for sql in render(op) {
                client
                    .batch_execute(&fill(&sql, &slots).unwrap())
                    .map_err(|error| {
                        let reason = error.as_db_error().map(ToString::to_string);
                        TestCaseError::fail(format!("{sql}: {reason:?}, in {ops:#?}"))
                    })?;
            }
        }
        Ok(())
    }

    /// Reads what is there.
    fn read(&self, client: &mut Transaction<'_>) -> State {
        let schemas = [self.shared.clone(), self.tenant.clone()];
        let mut read = introspect(client, &schemas, &self.shared).unwrap();
        State::new(
            read.remove(&self.shared).unwrap(),
            read.remove(&self.tenant).unwrap(),
        )
    }
}

/// Fails with what leads from the one to the other.
fn same(found: &State, expected: &State) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    let ops = diff(found, expected);
    let objects = [&found.shared.objects, &found.tenant.objects];
    Err(TestCaseError::fail(format!("{ops:#?}, {objects:#?}")))
}

#[test]
fn executing_a_difference_makes_what_building_from_scratch_makes() {
    let db = TestDb::new();
    let client = RefCell::new(db.connect());
    let config = Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(random::seed()),
        max_shrink_iters: 60,
        ..Config::default()
    };
    let law = |(a, b): (State, State)| {
        let mut client = client.borrow_mut();
        // Never committed, so that each case starts with an empty database.
        let mut client = client.transaction().unwrap();
        let nothing = State::default();
        let [migrated, first, second] =
            ["migrated", "first", "second"].map(|prefix| Pair::create(&mut client, prefix));
        first.execute(&mut client, &diff(&nothing, &a))?;
        second.execute(&mut client, &diff(&nothing, &b))?;
        migrated.execute(&mut client, &diff(&nothing, &a))?;
        let (first, second) = (first.read(&mut client), second.read(&mut client));
        let ops = diff(&a, &b);
        migrated.execute(&mut client, &ops)?;
        same(&migrated.read(&mut client), &second)?;
        migrated.execute(&mut client, &reverse(&ops))?;
        same(&migrated.read(&mut client), &first)?;
        migrated.execute(&mut client, &reverse(&diff(&nothing, &a)))?;
        same(&migrated.read(&mut client), &nothing)?;
        Ok(())
    };
    TestRunner::new(config)
        .run(&(state(), state()), law)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn reading_finds_all_that_was_rendered() {
    let db = TestDb::new();
    let client = RefCell::new(db.connect());
    let config = Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(random::seed()),
        max_shrink_iters: 60,
        ..Config::default()
    };
    let law = |wanted: State| {
        let mut client = client.borrow_mut();
        let mut client = client.transaction().unwrap();
        let pair = Pair::create(&mut client, "one");
        pair.execute(&mut client, &diff(&State::default(), &wanted))?;
        let read = pair.read(&mut client);
        // PostgreSQL writes expressions in its own way; nothing else may differ.
        same(&without_expressions(&read), &without_expressions(&wanted))?;
        Ok(())
    };
    TestRunner::new(config)
        .run(&state(), law)
        .unwrap_or_else(|error| panic!("{error}"));
}

fn without_expressions(state: &State) -> State {
    let blank = |sql: &mut String| "…".clone_into(sql);
    let mut state = state.clone();
    let Namespace { tables, .. } = &mut state.shared;
    let all: Vec<_> = tables
        .values_mut()
        .chain(state.tenant.tables.values_mut())
        .collect();
    for table in all {
        for column in &mut table.columns {
            column.default.as_mut().map(blank);
            column.generated.as_mut().map(blank);
        }
        table
            .checks
            .values_mut()
            .for_each(|check| blank(&mut check.condition));
        for index in table.indexes.values_mut() {
            index.filter.as_mut().map(blank);
            for part in &mut index.parts {
                if let tenantry::structure::IndexKey::Expression(sql) = &mut part.key {
                    blank(sql);
                }
            }
        }
    }
    state
}
