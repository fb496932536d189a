//! Flows over the driver's own connection, for control work that has one at hand.

use std::convert::Infallible;
use std::thread;

use postgres::GenericClient;

use super::step::{NextStep, Steps};
use super::{Answer, Flow, Gives, Statement, Transactions};
use crate::error::{Error, Result};
use crate::place::Context;
use crate::value::typed;

/// Runs a flow over the registry to its end. One with transactions of its own needs a connection that is in none.
pub(crate) fn over<T>(client: &mut impl GenericClient, flow: Flow<'_, T>) -> Result<T> {
    let context = Context::nowhere();
    let mut transactions = Transactions::default();
    let mut steps = Steps::look(flow, &context);
    loop {
        match steps.next(&mut transactions) {
            NextStep::Over(outcome) => return outcome,
            NextStep::Pause(time) => {
                thread::sleep(time);
                steps.paused();
            }
            NextStep::Send(statement) => {
                let answer =
                    sent(client, &statement).map_err(|error| Error::of_sql(error, &statement.sql));
                steps.answered(answer, &mut transactions);
            }
        }
    }
}

fn sent(client: &mut impl GenericClient, statement: &Statement) -> Result<Answer, postgres::Error> {
    let sql = &statement.sql;
    match statement.gives {
        Gives::Rows => {
            let rows = client.query_typed(sql, &typed(&statement.params))?;
            Ok(Answer::Rows(rows))
        }
        Gives::Nothing => client.batch_execute(sql).map(|()| Answer::Nothing),
        Gives::Count => {
            let count = client.execute_typed(sql, &typed(&statement.params))?;
            Ok(Answer::Count(count))
        }
        Gives::Each | Gives::Copied | Gives::Data => unreachable!("a flow over the registry"),
    }
}

/// Runs a flow that finds out which error to give.
pub(crate) fn error_of(client: &mut impl GenericClient, flow: Flow<'_, Infallible>) -> Error {
    match over(client, flow) {
        Err(error) => error,
        Ok(never) => match never {},
    }
}
