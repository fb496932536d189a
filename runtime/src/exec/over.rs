//! Flows over the driver's own connection, for control work that has one at hand.

use std::convert::Infallible;

use postgres::GenericClient;

use super::step::{Step, Steps};
use super::{Answer, Flow, Gives, Transactions};
use crate::error::{Error, Result};
use crate::place::Context;
use crate::value::typed;

/// Runs a flow of queries to its end. It knows nothing of transactions: those belong to whoever has the connection.
pub(crate) fn over<T>(client: &mut impl GenericClient, flow: Flow<'_, T>) -> Result<T> {
    let context = Context::nowhere();
    let mut transactions = Transactions::default();
    let mut steps = Steps::look(flow, &context);
    loop {
        match steps.next(&mut transactions) {
            Step::Over(outcome) => return outcome,
            Step::Send(statement) => {
                assert!(statement.gives == Gives::Rows, "a flow of queries");
                let params = typed(&statement.params);
                let rows = client.query_typed(&statement.sql, &params);
                let answer = rows
                    .map(Answer::Rows)
                    .map_err(|error| Error::of_sql(error, &statement.sql));
                steps.answered(answer, &mut transactions);
            }
        }
    }
}

/// Runs a flow that finds out which error to give.
pub(crate) fn error_of(client: &mut impl GenericClient, flow: Flow<'_, Infallible>) -> Error {
    match over(client, flow) {
        Err(error) => error,
        Ok(never) => match never {},
    }
}
