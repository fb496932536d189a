//! Embedded structs as a whole, in queries and updates.

use sea_query::BinOper;

use super::assign::{Assigned, Assigns};
use super::columns::Columns;
use super::expr::{ByValue, Expr, Plain};
use super::node::{Node, Operand};
use super::selection::{Selected, Selection};
use super::update_many::{Operanded, Takes};
use crate::model::{ColumnDef, Embedded, Embedding, Embeds, MaybeEmbeds, Model, SharedSchema};
use crate::value::IntoValue;

impl<M: Model, T: Embeds> Selection<M> for Embedding<M, T> {
    type Out = T;
    type Reach = M::Placement;
    type Kind = Plain;
    type Keys = ();

    fn add_to(self, selected: &mut Selected) {
        for def in self.defs() {
            selected.add(Node::Column(def).given_back(&def.sql));
        }
    }

    fn keys(selected: &mut Selected) {
        selected.pass_over(T::Struct::COLUMNS.len());
    }
}

impl<M: Model, T: Embeds> Columns<M> for Embedding<M, T> {
    fn defs(self) -> Vec<&'static ColumnDef> {
        given(self.defs()).collect()
    }
}

impl<M: Model, T: Embeds, V: IntoValue<T>> Assigns<M, V, ByValue> for Embedding<M, T> {
    type Reach = SharedSchema;

    fn assigned(self, value: V) -> Assigned {
        let values = self.values(&value.into_value());
        let values = values.map(|(def, value)| (def, Node::value(value)));
        Assigned(values.collect())
    }
}

/// Mark of a value that is another whole of the row.
#[derive(Debug)]
pub struct ByWhole;

#[diagnostic::do_not_recommend]
impl<M: Model, T: Embeds, U> Assigns<M, Embedding<M, U>, ByWhole> for Embedding<M, T>
where
    U: Embeds<Struct = T::Struct> + IntoValue<T>,
{
    type Reach = M::Placement;

    fn assigned(self, value: Embedding<M, U>) -> Assigned {
        let both = given(self.defs()).zip(given(value.defs()));
        Assigned(both.map(|(def, of)| (def, Node::Column(of))).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Embeds, V: IntoValue<T>> Takes<M, V> for Embedding<M, T> {
    fn operands(self, value: V) -> Vec<Operanded> {
        let values = self.values(&value.into_value());
        values.map(|(_, value)| Operanded::new(value)).collect()
    }
}

#[allow(
    clippy::should_implement_trait,
    reason = "as of a column, what is asked is the database's to answer"
)]
impl<M: Model, T: Embeds> Embedding<M, T> {
    /// Tests whether all columns equal those of a value; given `None`, whether all are null.
    ///
    /// A column that the database computes is left out.
    pub fn eq(self, value: impl IntoValue<T>) -> Expr<M, bool> {
        let values = self.values(&value.into_value());
        let each = values.map(|(def, value)| {
            if value.is_null() {
                Node::null(Node::Column(def), false)
            } else {
                Node::binary(Node::Column(def), BinOper::Equal, Node::value(value))
            }
        });
        Expr::new(Node::And(each.collect()))
    }

    /// Tests whether a column differs from that of a value, where null is a value that differs from all others; given `None`, whether one is
    /// not null.
    ///
    /// A column that the database computes is left out.
    pub fn ne(self, value: impl IntoValue<T>) -> Expr<M, bool> {
        let values = self.values(&value.into_value());
        let each = values.map(|(def, value)| {
            let sides = vec![Node::Column(def), Node::value(value).beside(Some(def))];
            Node::call("(($1) IS DISTINCT FROM ($2))", sides)
        });
        Expr::new(Node::Or(each.collect()))
    }

    /// Tests whether it is one of some values, as [`eq`](Self::eq) does; of none, it never is.
    pub fn is_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<M, bool> {
        let each = values.into_iter().map(|value| self.eq(value).node);
        let each: Vec<_> = each.collect();
        Expr::new(if each.is_empty() {
            Node::Constant("FALSE")
        } else {
            Node::Or(each)
        })
    }

    /// Tests whether it is none of some values, as [`ne`](Self::ne) does.
    pub fn is_not_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<M, bool> {
        let each = values.into_iter().map(|value| self.ne(value).node);
        let each: Vec<_> = each.collect();
        Expr::new(if each.is_empty() {
            Node::Constant("TRUE")
        } else {
            Node::And(each)
        })
    }

    /// The columns that the application gives, each with that of a value.
    fn values(self, value: &T) -> impl Iterator<Item = (&'static ColumnDef, Operand)> + use<M, T> {
        let defs = self.defs();
        let fields: Vec<_> = defs.iter().map(|def| def.field).collect();
        let all = defs.iter().zip(operands(value, &fields));
        all.filter(|(def, _)| is_given(def))
    }
}

impl<M: Model, T: Embeds> Embedding<M, T> {
    /// Tests whether there is none: whether all columns are null.
    pub fn is_null(self) -> Expr<M, bool>
    where
        T: MaybeEmbeds,
    {
        let each = self.defs().iter();
        let each = each.map(|def| Node::null(Node::Column(def), false));
        Expr::new(Node::And(each.collect()))
    }

    /// Tests whether there is one: whether a column is not null.
    pub fn is_not_null(self) -> Expr<M, bool>
    where
        T: MaybeEmbeds,
    {
        let each = self.defs().iter();
        let each = each.map(|def| Node::null(Node::Column(def), true));
        Expr::new(Node::Or(each.collect()))
    }
}

fn is_given(def: &ColumnDef) -> bool {
    def.source.generated_sql().is_none()
}

fn given(defs: &'static [ColumnDef]) -> impl Iterator<Item = &'static ColumnDef> {
    defs.iter().filter(|def| is_given(def))
}

/// The values of all columns. One that can't be sent keeps all of them from it, and its error names it.
fn operands<T: Embeds>(value: &T, fields: &[&'static str]) -> Vec<Operand> {
    let mut params = Vec::new();
    match value.write(fields, &mut params) {
        Ok(()) => params.into_iter().map(Operand::Param).collect(),
        Err(error) => {
            let error = Operand::Unencodable(error.to_string().into());
            vec![error; fields.len()]
        }
    }
}
