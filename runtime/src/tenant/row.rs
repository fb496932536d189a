//! The row of a tenant that is to be created, of the model whose rows are the tenants.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use postgres::Client;

use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "cli")]
use crate::exec::{Effect, Gives};
use crate::exec::{Flow, Statement, over};
#[cfg(feature = "cli")]
use crate::model::ModelDef;
use crate::model::{Model, NewRow};
use crate::name::SchemaName;
#[cfg(feature = "cli")]
use crate::name::{quote_identifier, quote_literal};
use crate::place::Context;
use crate::query::{NewRowValues, inserting, new_row_values};

/// A row to insert, or why it can't be.
#[derive(Clone)]
pub(crate) struct TenantsRow(Insertable);

#[derive(Clone)]
enum Insertable {
    Fit(Arc<dyn Fn(&Context) -> Statement + Send + Sync>),
    /// Whoever asks first is told.
    Unfit(Arc<Mutex<Option<Error>>>),
}

impl TenantsRow {
    pub(super) fn new<N: NewRow>(row: N) -> Self {
        Self(match new_row_values::<N::Model>(row.into_values()) {
            Ok(values) => Insertable::Fit(fit::<N::Model>(values)),
            Err(error) => Insertable::Unfit(Arc::new(Mutex::new(Some(error)))),
        })
    }

    /// A row of values as texts, by column.
    #[cfg(feature = "cli")]
    pub(super) fn of_texts(model: &'static ModelDef, values: Vec<(&'static str, String)>) -> Self {
        Self(Insertable::Fit(Arc::new(move |context| {
            let columns = values.iter().map(|(column, _)| quote_identifier(column));
            let columns: Vec<String> = columns.collect();
            // Without a type, so that the server reads each as its column's.
            let values = values.iter().map(|(_, value)| quote_literal(value));
            let values: Vec<String> = values.collect();
            Statement {
                sql: format!(
                    "INSERT INTO {}.{} ({}) VALUES ({})",
                    context.shared().quoted(),
                    quote_identifier(model.table),
                    columns.join(", "),
                    values.join(", ")
                ),
                params: Vec::new(),
                gives: Gives::Count,
                effect: Effect::Writes,
                model: Some(model),
                operation: "insert",
            }
        })))
    }

    /// Inserts it into a shared schema, over a connection that is in the tenant's transaction.
    pub(super) fn insert_over(&self, client: &mut Client, shared: &SchemaName) -> Result<()> {
        let context = Context::new(Arc::from(""), shared.clone(), None);
        let flow = Flow::run(self.insert(&context), |_| Ok(()));
        over(client, flow)
    }

    /// Refuses a row that can't be inserted.
    pub(super) fn check(&self) -> Result<()> {
        let Insertable::Unfit(error) = &self.0 else {
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
            Insertable::Fit(insert) => Ok(insert(context)),
            Insertable::Unfit(_) => unreachable!("it was checked"),
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
