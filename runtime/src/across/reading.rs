//! Rows of many tenants, each read as a row of its own.

use std::sync::Arc;

use postgres::Row;

use super::asking::number;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::place::Context;
use crate::query::{FromRow, Reading, read};
use crate::tenant::Tenant;

/// Reads rows of many tenants. Most often a row is of the same tenant as the one before.
#[derive(Debug)]
pub(super) struct AnswerReader {
    database: Context,
    /// Which columns the server has rounded.
    rounded: u64,
    last: Option<(usize, Context)>,
}

impl AnswerReader {
    pub(super) fn new(database: &Context, rounded: u64) -> Self {
        Self {
            database: database.clone(),
            rounded,
            last: None,
        }
    }

    /// Reads a row, and says whose it is.
    pub(super) fn read<T: FromRow>(
        &mut self,
        row: &Row,
        tenants: &Arc<[Tenant]>,
    ) -> Result<(TenantKey, T)> {
        let number = number(row);
        let tenant = tenants.get(number).ok_or_else(|| {
            let message = "a row has no number of a tenant\n\
                 help: look whether a rule on the table has it give other rows";
            Error::new(ErrorKind::Decode, message)
        })?;
        let context = match self.last.take() {
            Some((last, context)) if last == number => context,
            _ => {
                let log = self.database.log();
                self.database.opened(Some(tenant.place()), log)
            }
        };
        let value =
            read(row, Reading::of(&context, self.rounded)).map_err(|error| context.explain(error));
        self.last = Some((number, context));
        Ok((tenant.key().clone(), value?))
    }
}
