//! The row of a tenant that is to be created, of the model whose rows are the tenants.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Statement;
use crate::model::{Model, NewRow};
use crate::place::Context;
use crate::query::{NewRowValues, inserting, new_row_values};

/// A row to insert, or why it can't be.
#[derive(Clone)]
pub(crate) struct TenantsRow(Row);

#[derive(Clone)]
enum Row {
    Fit(Arc<dyn Fn(&Context) -> Statement + Send + Sync>),
    /// Whoever asks first is told.
    Unfit(Arc<Mutex<Option<Error>>>),
}

impl TenantsRow {
    pub(super) fn new<N: NewRow>(row: N) -> Self {
        Self(match new_row_values::<N::Model>(row.into_values()) {
            Ok(values) => Row::Fit(fit::<N::Model>(values)),
            Err(error) => Row::Unfit(Arc::new(Mutex::new(Some(error)))),
        })
    }

    /// Refuses a row that can't be inserted.
    pub(super) fn check(&self) -> Result<()> {
        let Row::Unfit(error) = &self.0 else {
            return Ok(());
        };
        let error = error.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(error.unwrap_or_else(|| {
            let message = "the row of the tenant can't be inserted, as was told when it was given first\nhelp: give another row";
            Error::new(ErrorKind::Encode, message)
        }))
    }

    /// The statement that inserts it.
    pub(crate) fn insert(&self, context: &Context) -> Result<Statement> {
        self.check()?;
        match &self.0 {
            Row::Fit(insert) => Ok(insert(context)),
            Row::Unfit(_) => unreachable!("it was checked"),
        }
    }
}

fn fit<M: Model>(values: NewRowValues) -> Arc<dyn Fn(&Context) -> Statement + Send + Sync> {
    Arc::new(move |context| inserting::<M>(values.clone(), context))
}

/// Without the values.
impl fmt::Debug for TenantsRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantsRow")
    }
}
