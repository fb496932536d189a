//! Following a foreign key from a stored row, in both directions.

use sea_query::BinOper;

use super::decode;
use super::error::{check_origin, not_found};
use super::fixed::find;
use super::key::KeyOperand;
use super::node::{Node, Operand};
use super::select::Query;
use super::stored::Stored;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::exec::reach::Scope;
use crate::model::{Column, ForeignKey, Inverse, KeyValues, Model};

impl<M: Model> Stored<M> {
    /// Loads the row that a foreign key points at: `invoice.follow(Invoice::CUSTOMER, scope)`.
    ///
    /// It gives an `Option` for an `Option<Fk<_>>`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignRow`], when the row came from elsewhere; [`ErrorKind::NotFound`], when the row that it
    /// points at is gone; when the server refuses the statement.
    pub fn follow<'a, F, S>(
        &self,
        relation: Column<M, F>,
        scope: &'a mut S,
    ) -> S::Outcome<'a, F::Of<Stored<F::Target>>>
    where
        F: ForeignKey,
        S: Scope<M::Placement> + Scope<<F::Target as Model>::Placement>,
    {
        let context = scope.context().clone();
        let key = check_origin(M::DEF, self.origin(), &context, "follow")
            .and_then(|()| self.values("follow"))
            .map(|mut values| values.swap_remove(relation.index()));
        let key = match key {
            Ok(key) if key.is_null() => {
                return scope.drive(Flow::Done(
                    F::wrap(None).ok_or_else(|| not_found(F::Target::DEF)),
                ));
            }
            Ok(key) => key,
            Err(error) => return scope.drive(Flow::Done(Err(error))),
        };
        let key = KeyOperand::Values(KeyValues::One(key));
        let statement = find::<F::Target>(&context, key, "follow");
        scope.drive(Flow::run(statement, move |answer| {
            let rows = answer.rows();
            let row = rows.first().ok_or_else(|| {
                let message = format!(
                    "the row that `{relation:?}` points at does not exist\n\
                     help: load this row again, which may have changed; a constraint that is gone or not valid keeps nobody \
                     from deleting what rows point at"
                );
                Error::new(ErrorKind::NotFound, message).in_model(F::Target::DEF, "follow")
            })?;
            let found: Result<Stored<F::Target>> = decode::read(row, &context);
            F::wrap(Some(found?)).ok_or_else(|| not_found(F::Target::DEF))
        }))
    }

    /// Queries the rows that reference this one: `customer.related(Customer::INVOICES).all(scope)`.
    ///
    /// The query runs only in a scope of the place that this row came from.
    pub fn related<T: Model>(&self, relation: Inverse<M, T>) -> Query<T> {
        let mut query = Query::new();
        let value = Operand::of(&self.key());
        let column = Node::Column(relation.def());
        query
            .shape
            .filter(Node::binary(column, BinOper::Equal, Node::value(value)));
        query.shape.origin = Some((self.origin().clone(), M::DEF));
        query
    }
}
