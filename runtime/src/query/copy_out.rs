//! The rows of a query by `COPY`, as the bytes of a file.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::asked::asked;
use super::copy_format::CopyFormat;
use super::decode::FromRow;
use super::expr::Each;
use super::node::{Node, Shape};
use super::render::Asked;
use super::select::Query;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::Reaches;
use crate::exec::{ALIKE, Effect, Flow, Gives, Statement};
use crate::model::{ColumnNames, Model, ModelDef, Placement};
use crate::place::Context;

const COPY_OUT: &str = "copy_out";

/// A `COPY` of the rows of a query to somewhere. Made by [`Query::copy_out`].
#[must_use = "a copy does nothing until a scope and a writer are given to `write_to`"]
pub struct CopyOut<M, P> {
    shape: Shape,
    format: CopyFormat,
    /// The names of the columns, as far as they have any.
    names: Vec<Option<Cow<'static, str>>>,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, Out: FromRow, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Gives the rows as the bytes of a file, which the server writes: for exports.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// use tenantry::query::Csv;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64, pub paid: bool }
    ///
    /// fn export(acme: &mut TenantScope, file: std::fs::File) -> tenantry::Result<u64> {
    ///     let open = Invoice::query().filter(!Invoice::PAID).order_by(Invoice::ID.asc());
    ///     open.copy_out(Csv::new()).write_to(acme, file)
    /// }
    /// ```
    ///
    /// Whatever a query gives can be copied, in its order. In CSV and text, times are at UTC and in ISO's form, and floats have all their digits, whatever
    /// the session's settings are; a column that is an enum or of an extension's type is a text in all formats.
    pub fn copy_out(self, format: impl Into<CopyFormat>) -> CopyOut<M, P> {
        let mut names = ColumnNames::default();
        Out::columns_of("", &mut names);
        CopyOut {
            names: self.shape.names(names.into_names()),
            shape: self.shape,
            format: format.into(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, P: Placement> CopyOut<M, P> {
    /// Writes the rows, and returns their number. However many there are, some 64 KiB are in memory at a time.
    ///
    /// It runs in a transaction of its own, inside of another in a savepoint, which is rolled back, since it only reads. The writer is written to on the
    /// thread that runs the query, as the data come, and flushed at the end; its time does not count as the statement's. In an asynchronous program `stream` does not block.
    ///
    /// # Errors
    ///
    /// The writer's, as [`ErrorKind::Aborted`] with the cause: the data that are left are read and passed over, and the scope can be used further.
    /// [`ErrorKind::Configuration`], when the format can't be written so. When the server refuses the statement or stops; what has come before is written.
    pub fn write_to<'a, S: Reaches<M, P>, W: Write + Send + 'a>(
        self,
        scope: &'a mut S,
        mut writer: W,
    ) -> S::Outcome<'a, u64> {
        let context = scope.context().clone();
        scope.drive(self.flow(&context, move |data| {
            let written = match data {
                Some(data) => writer.write_all(&data),
                None => writer.flush(),
            };
            written.map_err(|error| {
                let message = format!(
                    "the data of a `COPY` could not be written: {error}\n\
                     help: see to what they are written to, and copy again"
                );
                Error::new(ErrorKind::Aborted, message)
                    .because(error)
                    .in_model(M::DEF, COPY_OUT)
            })
        }))
    }

    /// The flow, which gives all data and then nothing to `take`.
    pub(crate) fn flow<'f>(
        self,
        context: &Context,
        take: impl FnMut(Option<Vec<u8>>) -> Result<()> + Send + 'f,
    ) -> Flow<'f, u64> {
        let (statement, header) = match self.statement(context) {
            Ok(made) => made,
            Err(error) => return Flow::Done(Err(error.in_model(M::DEF, COPY_OUT))),
        };
        let without_row = self.format.messages_without_row();
        let taking = Arc::new(Mutex::new(DataTaker { header, take }));
        let end = Arc::clone(&taking);
        Flow::rolled_back(Arc::clone(context.log()), move || {
            Flow::run(Ok(settings(M::DEF)), |_| Ok(())).and_on(move |set| match set {
                Ok(()) => Flow::data(Ok(statement), move |data| lock(&taking).data(data)),
                Err(error) => Flow::Done(Err(error)),
            })
        })
        .and_on(move |messages| {
            Flow::Done(messages.and_then(|messages| {
                lock(&end).end()?;
                Ok(messages.saturating_sub(without_row))
            }))
        })
    }

    fn statement(&self, context: &Context) -> Result<(Statement, Option<Vec<u8>>)> {
        let (options, header) = self.format.options(&self.names)?;
        let query = asked(&self.shape, Asked::Rows, context, COPY_OUT)?;
        let statement = Statement {
            sql: format!("COPY ({}) TO STDOUT WITH ({options})", query.sql),
            gives: Gives::Data,
            ..query
        };
        Ok((statement, header.map(String::into_bytes)))
    }
}

/// Settings with which all sessions write values alike.
fn settings(model: &'static ModelDef) -> Statement {
    Statement {
        sql: ALIKE.to_owned(),
        params: Vec::new(),
        gives: Gives::Nothing,
        effect: Effect::Reads,
        model: Some(model),
        operation: COPY_OUT,
    }
}

/// Who takes the data, and what comes before them.
struct DataTaker<F> {
    header: Option<Vec<u8>>,
    take: F,
}

impl<F: FnMut(Option<Vec<u8>>) -> Result<()>> DataTaker<F> {
    fn data(&mut self, data: Vec<u8>) -> Result<()> {
        let data = match self.header.take() {
            Some(mut header) => {
                header.extend(data);
                header
            }
            None => data,
        };
        (self.take)(Some(data))
    }

    fn end(&mut self) -> Result<()> {
        if let Some(header) = self.header.take() {
            (self.take)(Some(header))?;
        }
        (self.take)(None)
    }
}

fn lock<T>(taking: &Mutex<T>) -> MutexGuard<'_, T> {
    taking.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shape {
    /// The names of the columns of the answer, where they have any. `fields` are those of the struct that a row becomes.
    fn names(&self, fields: Vec<Cow<'static, str>>) -> Vec<Option<Cow<'static, str>>> {
        let Some(nodes) = &self.selected else {
            let joined = self.joins.iter().map(|step| step.target);
            let models = [self.model].into_iter().chain(joined);
            let columns = models.flat_map(|model| model.columns);
            return columns.map(|def| Some(def.name.into())).collect();
        };
        if fields.len() == nodes.len() && !fields.iter().any(|name| name.is_empty()) {
            return fields.into_iter().map(Some).collect();
        }
        let name = |node: &Node| node.of_own_type().def().map(|def| def.name.into());
        nodes.iter().map(name).collect()
    }
}

impl<M: Model, P> fmt::Debug for CopyOut<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOut")
            .field("model", &M::NAME)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
