//! Columns that are compared together, as a row: `(Invoice::DUE, Invoice::ID).gt((due, id))`.

use super::typed::Expr;
use crate::model::{Column, ColumnDef, Model};
use crate::query::node::{Node, Operand};
use crate::value::{Field, IntoValue, Param, SqlType, nul};

/// Two to eight columns of one model, in parentheses.
pub trait ColumnTuple: sealed::Sealed + Sized {
    /// The model whose columns they are.
    type Model: Model;
    /// The values that they have together.
    type Values;

    #[doc(hidden)]
    fn defs(self) -> Vec<&'static ColumnDef>;
}

/// Values that stand for those of a tuple of columns: as many, each of its column's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no values of the columns, which are `{Values}`",
    label = "expected `{Values}`",
    note = "give as many values as columns, of their types and in their order: `({Model}::A, {Model}::B).is_in([(1, \"a\"), (2, \"b\")])`"
)]
pub trait TupleOf<Model, Values> {
    #[doc(hidden)]
    fn operands(self) -> Vec<TupleValue>;
}

mod sealed {
    pub trait Sealed {}
}

/// A value of a tuple.
#[derive(Debug)]
pub struct TupleValue(Operand);

macro_rules! tuples {
    ($($($name:ident $given:ident)*;)*) => {$(
        impl<M: Model, $($name: Field),*> sealed::Sealed for ($(Column<M, $name>,)*) {}

        impl<M: Model, $($name: Field),*> ColumnTuple for ($(Column<M, $name>,)*) {
            type Model = M;
            type Values = ($($name,)*);

            fn defs(self) -> Vec<&'static ColumnDef> {
                #[expect(non_snake_case, reason = "a value is named as its type")]
                let ($($name,)*) = self;
                vec![$($name.def()),*]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M, $($name: Field, $given: IntoValue<$name>),*> TupleOf<M, ($($name,)*)> for ($($given,)*) {
            fn operands(self) -> Vec<TupleValue> {
                #[expect(non_snake_case, reason = "a value is named as its type")]
                let ($($given,)*) = self;
                vec![$(TupleValue(Operand::of::<$name>(&$given.into_value()))),*]
            }
        }
    )*};
}

tuples! {
    A VA B VB;
    A VA B VB C VC;
    A VA B VB C VC D VD;
    A VA B VB C VC D VD E VE;
    A VA B VB C VC D VD E VE F VF;
    A VA B VB C VC D VD E VE F VF G VG;
    A VA B VB C VC D VD E VE F VF G VG H VH;
}

/// Comparisons of several columns at once. As in SQL, where the first differ, the others don't count; a null makes a comparison that it
/// decides neither true nor false.
#[allow(
    clippy::wrong_self_convention,
    reason = "what is asked is the database's to answer, and columns are given away"
)]
pub trait Tuples: ColumnTuple {
    /// Tests whether they are one of some tuples of values: `(Member::USER, Member::TEAM).is_in([(&ann, &team), (&bob, &team)])`.
    ///
    /// It is one text however many there are. No tuple with a null is ever met.
    fn is_in<V: TupleOf<Self::Model, Self::Values>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Expr<Self::Model, bool> {
        Expr::new(among(&self.defs(), values.into_iter().map(V::operands)))
    }

    /// Tests whether they have these values.
    fn eq(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), "=", values.operands()))
    }

    /// Tests whether any of them has another value.
    fn ne(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), "<>", values.operands()))
    }

    /// Tests whether they are before these values in an order by all of them.
    fn lt(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), "<", values.operands()))
    }

    /// Tests whether they are before these values in an order by all of them, or have them.
    fn le(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), "<=", values.operands()))
    }

    /// Tests whether they are behind these values in an order by all of them.
    fn gt(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), ">", values.operands()))
    }

    /// Tests whether they are behind these values in an order by all of them, or have them.
    fn ge(self, values: impl TupleOf<Self::Model, Self::Values>) -> Expr<Self::Model, bool> {
        Expr::new(compared(&self.defs(), ">=", values.operands()))
    }
}

impl<T: ColumnTuple> Tuples for T {}

/// A comparison of columns with as many values.
fn compared(defs: &[&'static ColumnDef], operator: &str, values: Vec<TupleValue>) -> Node {
    let sql = format!(
        "({} {operator} {})",
        places(1, defs.len()),
        places(defs.len() + 1, defs.len())
    );
    let values = defs.iter().zip(values);
    let values = values.map(|(def, TupleValue(value))| Node::value(value).beside(Some(def)));
    let columns = defs.iter().map(|def| Node::Column(def));
    Node::call(sql, columns.chain(values).collect())
}

/// So many places from a number on, in parentheses.
fn places(from: usize, count: usize) -> String {
    let places: Vec<String> = (from..from + count).map(|at| format!("${at}")).collect();
    format!("({})", places.join(", "))
}

/// The values of a column as an array; or one that can't be sent, so that it is told.
fn array(def: &'static ColumnDef, values: Vec<Operand>) -> Node {
    let mut params = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Operand::Param(param) if nul(&param).is_none() => params.push(param),
            refused => return Node::value(refused).beside(Some(def)),
        }
    }
    let list = Param::array(def.sql.wire_array(), &def.sql.wire(), &params);
    Node::value(Operand::Param(list)).beside(Some(def))
}

/// The condition that columns have one of some lists of values.
pub(crate) fn among(
    defs: &[&'static ColumnDef],
    rows: impl Iterator<Item = Vec<TupleValue>>,
) -> Node {
    // PostgreSQL has no arrays of arrays that differ in length, and `unnest` has to know the type of what it is given.
    let has_no_list =
        |def: &&ColumnDef| matches!(def.sql, SqlType::Array(_)) || def.sql.read_as().is_some();
    if defs.iter().any(has_no_list) {
        let each: Vec<Node> = rows.map(|row| compared(defs, "=", row)).collect();
        return match each.len() {
            0 => Node::Constant("FALSE"),
            _ => Node::Or(each),
        };
    }
    let mut lists: Vec<Vec<Operand>> = defs.iter().map(|_| Vec::new()).collect();
    for row in rows {
        for (list, TupleValue(value)) in lists.iter_mut().zip(row) {
            list.push(value);
        }
    }
    let arrays = defs.iter().zip(lists).map(|(def, list)| array(def, list));
    let arrays = arrays.collect::<Vec<_>>();
    let sql = format!(
        "({} IN (SELECT * FROM unnest{}))",
        places(1, defs.len()),
        places(defs.len() + 1, defs.len())
    );
    let columns = defs.iter().map(|def| Node::Column(def));
    Node::call(sql, columns.chain(arrays).collect())
}

impl TupleValue {
    pub(crate) fn of(value: Operand) -> Self {
        Self(value)
    }
}
