//! Statements whose answers have not come: their spans, and what their errors say.

use std::time::Instant;

use tracing::{Level, Span};

use super::health::Sent;
use super::transactions::Transactions;
use super::{Answer, Gives, Statement};
use crate::error::{Error, Result};
use crate::model::ModelDef;
use crate::place::Context;

/// A statement whose answer has not come.
pub(super) struct Unanswered {
    sent: Sent,
    was_open: bool,
    model: Option<&'static ModelDef>,
    operation: &'static str,
    pub(super) span: Span,
    /// Since when, if somebody is told what came of it.
    since: Option<Instant>,
}

impl Unanswered {
    pub(super) fn new(
        statement: &Statement,
        sent: Sent,
        was_open: bool,
        context: &Context,
    ) -> Self {
        let span = match statement.gives {
            Gives::Nothing => {
                tracing::debug!(target: "tenantry::statement", operation = "transaction", sql = statement.sql);
                Span::none()
            }
            Gives::Rows | Gives::Count | Gives::Each | Gives::Copied | Gives::Data => {
                tracing::debug_span!(
                    target: "tenantry::statement",
                    "statement",
                    model = statement.model.map(|model| model.name),
                    operation = statement.operation,
                    tenant = context.tenant().map(|tenant| tenant.key.as_str()),
                    sql = statement.sql,
                )
            }
        };
        let is_seen = tracing::enabled!(target: "tenantry::statement", Level::DEBUG);
        Self {
            span,
            since: is_seen.then(Instant::now),
            ..Self::unseen(statement, sent, was_open)
        }
    }

    /// A statement without a span.
    pub(super) fn unseen(statement: &Statement, sent: Sent, was_open: bool) -> Self {
        Self {
            sent,
            was_open,
            model: statement.model,
            operation: statement.operation,
            span: Span::none(),
            since: None,
        }
    }

    pub(super) fn answered(
        self,
        answer: Result<Answer>,
        transactions: &mut Transactions,
    ) -> Result<Answer> {
        if let (Sent::Statement(_), Some(since)) = (self.sent, self.since) {
            // The server's words can quote a value, its code can't.
            let error = answer.as_ref().err();
            let code = error.map(|error| error.sqlstate().unwrap_or("connection").to_owned());
            self.span.in_scope(|| {
                tracing::debug!(
                    target: "tenantry::statement",
                    error = code,
                    rows = answer.as_ref().ok().map(Answer::count),
                    micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX),
                );
            });
        }
        let answer = transactions.answered(self.sent, self.was_open, answer);
        answer.map_err(|error| self.blame(error))
    }

    fn blame(&self, error: Error) -> Error {
        match self.model {
            Some(model) => error.of_unmatched(model).in_model(model, self.operation),
            None => error,
        }
    }
}
