//! Tables of models without migrations: for tests of what happens inside them.

use tenantry::model::{Model, ModelDef};
use tenantry::structure::{Slots, State, diff, fill, render};
use tenantry::testing::TestDb;
use tenantry::{Database, SchemaName, SharedScope};

/// A database with the tables of some shared models, and a scope to use them in.
///
/// # Panics
///
/// When the server refuses the tables.
pub fn shared_tables(models: &[&ModelDef]) -> (TestDb, SharedScope) {
    shared_tables_after("", models)
}

/// The same, made after some SQL in the schema `shared`.
///
/// # Panics
///
/// When the server refuses the SQL or the tables.
pub fn shared_tables_after(first: &str, models: &[&ModelDef]) -> (TestDb, SharedScope) {
    let database = TestDb::new();
    let shared = SchemaName::new("shared").expect("a valid name");
    let mut sql = vec!["CREATE SCHEMA shared".to_owned(), first.to_owned()];
    for op in diff(&State::default(), &State::from_models(models)) {
        for statement in render(&op) {
            sql.push(
                fill(
                    &statement,
                    &Slots {
                        shared: &shared,
                        tenant: None,
                    },
                )
                .expect("shared models have shared slots only"),
            );
        }
    }
    database
        .connect()
        .batch_execute(&sql.join(";\n"))
        .expect("the rendered tables are valid");
    let scope = Database::connect(database.url())
        .and_then(|database| database.shared())
        .expect("the server is there");
    (database, scope)
}

/// The table of one shared model.
///
/// # Panics
///
/// When the server refuses the table.
pub fn shared_table<M: Model>() -> (TestDb, SharedScope) {
    shared_tables(&[M::DEF])
}
