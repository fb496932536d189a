//! New rows, unless there is one already, which is given then.

use sea_query::BinOper;

use super::bulk::{Values, insertion};
use super::conflict::{Action, OnConflict, Target};
use super::decode;
use super::insert::Insert;
use super::node::{Deleted, Node, Operand, Shape};
use super::select::Query;
use super::stored::Stored;
use super::tolerance::without_lacked;
use super::upsert::Conflict;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::WritesTo;
use crate::exec::{Flow, Gives};
use crate::model::{ColumnDef, Model, ModelDef, Source};
use crate::place::Context;

/// How often a row is looked for and inserted, while others insert and delete it in between.
const ATTEMPTS: u32 = 10;

/// A row that was there, or is new.
#[derive(Debug, Clone, PartialEq)]
pub enum FoundOrInserted<R> {
    /// It was there, and is as it was.
    Found(R),
    /// It is new.
    Inserted(R),
}

impl<R> FoundOrInserted<R> {
    /// Tells whether the row is new.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::Inserted(_))
    }

    /// The row, whichever it is.
    pub fn into_row(self) -> R {
        match self {
            Self::Found(row) | Self::Inserted(row) => row,
        }
    }
}

impl<M: Model> Conflict<Insert<M>> {
    /// Returns the row that is there, as it is, or inserts the new one; and tells which it was.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Label { #[field(key)] pub id: i64, #[field(unique)] pub name: String }
    /// # fn label(acme: &mut TenantScope) -> tenantry::Result<Stored<Label>> {
    /// let urgent = Label::insert(NewLabel::new("urgent")).on_conflict(Label::NAME);
    /// let urgent = urgent.get_or_insert(acme)?;
    /// if urgent.is_new() {
    ///     println!("nobody has used it before");
    /// }
    /// # Ok(urgent.into_row())
    /// # }
    /// ```
    ///
    /// However many do so at once, one inserts the row and the others get it: whoever meets one that is not committed yet waits for that. A row
    /// that is there costs one statement and writes nothing; one that is not costs two.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the model has no such unique columns, or they are unique for a part of the rows or by an expression, or
    /// the new row leaves one of them to the database; [`ErrorKind::Serialization`], when the transaction can't see the row that another has
    /// inserted since it began; and as [`Insert::returning`].
    pub fn get_or_insert<S: WritesTo<M>>(
        self,
        scope: &mut S,
    ) -> S::Outcome<'_, FoundOrInserted<Stored<M>>> {
        let context = scope.context().clone();
        let wanted = SoughtRow::new(self, &context);
        scope.drive(match wanted {
            Ok(wanted) => wanted.get(ATTEMPTS),
            Err(error) => Flow::Done(Err(error.in_model(M::DEF, "get_or_insert"))),
        })
    }
}

/// A row that is looked for, and inserted if there is none.
struct SoughtRow<M: Model> {
    values: Values,
    conflict: OnConflict,
    /// The query for the row that is there; none if nothing equals the new one, as nothing equals a null.
    there: Option<Query<M>>,
    context: Context,
}

impl<M: Model> SoughtRow<M> {
    fn new(conflict: Conflict<Insert<M>>, context: &Context) -> Result<Self> {
        let Conflict { insert, with } = conflict;
        let values = insert.checked("get_or_insert")?;
        let values = without_lacked(M::DEF, values, context)
            .map_err(|error| error.in_model(M::DEF, "get_or_insert"))?;
        let there = same::<M>(&with, &values)?;
        let conflict = OnConflict {
            with,
            then: Action::Nothing,
            tells_new: false,
        };
        Ok(Self {
            values,
            conflict,
            there,
            context: context.clone(),
        })
    }

    /// Looks for the row.
    fn get<'f>(self, attempts: u32) -> Flow<'f, FoundOrInserted<Stored<M>>> {
        let Some(there) = &self.there else {
            return self.insert(attempts);
        };
        let statement = there.statement(&self.context, "get_or_insert");
        Flow::run(statement, |answer| Ok(answer.rows())).and_on(move |rows| match rows {
            Ok(rows) => match rows.first() {
                Some(row) => {
                    Flow::Done(decode::read(row, &self.context).map(FoundOrInserted::Found))
                }
                None if attempts == 0 => Flow::Done(Err(came_and_went(M::DEF))),
                None => self.insert(attempts),
            },
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// Inserts the row, or waits for whoever does.
    fn insert<'f>(self, attempts: u32) -> Flow<'f, FoundOrInserted<Stored<M>>> {
        let statement = self
            .conflict
            .clause(M::DEF, &self.context, false)
            .map(|clause| {
                let rows = std::slice::from_ref(&self.values);
                let mut statement =
                    insertion(M::DEF, &self.context, rows, Gives::Rows, Some(&clause));
                statement.operation = "get_or_insert";
                statement
            });
        Flow::run(statement, |answer| Ok(answer.rows())).and_on(move |rows| match rows {
            Ok(rows) => match rows.first() {
                Some(row) => {
                    let row = decode::read::<(Stored<M>, bool)>(row, &self.context);
                    Flow::Done(row.map(|(row, _)| FoundOrInserted::Inserted(row)))
                }
                None if self.there.is_none() => Flow::Done(Err(came_and_went(M::DEF))),
                None => self.get(attempts - 1),
            },
            Err(error) => Flow::Done(Err(error)),
        })
    }
}

/// The query for the row that has the same unique values as a new one.
fn same<M: Model>(with: &Target, values: &Values) -> Result<Option<Query<M>>> {
    let columns = with.found_by(M::DEF)?;
    let mut shape = Shape::new(M::DEF);
    if with.meets_deleted(M::DEF) {
        shape.deleted = Deleted::Included;
    }
    for column in columns {
        let def = &M::DEF.columns[column];
        let Some(value) = &values[column] else {
            if matches!(def.source, Source::Generated(_)) {
                return Err(computed(def));
            }
            let message = format!(
                "the row to be found or inserted leaves `{}` to the database, and is to be found by it\n\
                 help: give it a value, or name other unique columns in `on_conflict`",
                def.field
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        if value.is_null() {
            return Ok(None);
        }
        let value = Node::value(Operand::Param(value.clone()));
        shape.filter(Node::binary(Node::Column(def), BinOper::Equal, value));
    }
    Ok(Some(Query::of(shape)))
}

/// The error for a row that would be found by a value that only the database computes.
fn computed(def: &ColumnDef) -> Error {
    let message = format!(
        "the row to be found or inserted is to be found by `{}`, which the database computes from it\n\
         help: look for it by a query, and insert it `unless_conflict`; or name other unique columns in `on_conflict`",
        def.field
    );
    Error::new(ErrorKind::Configuration, message)
}

/// The error for a row that is in the way of a new one, and that is not there.
fn came_and_went(model: &'static ModelDef) -> Error {
    let message = "the row was neither found nor could it be inserted, several times\n\
                   help: run it again, if others insert and delete the row all the time; or look whether a trigger or rule keeps it from being \
                   inserted, or a policy from being seen";
    Error::new(ErrorKind::Serialization, message).in_model(model, "get_or_insert")
}
