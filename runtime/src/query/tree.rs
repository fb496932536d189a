//! Trees of rows that reference rows of their own model.

use std::fmt;
use std::marker::PhantomData;

use super::expr::{Condition, Expr, Plain, Within};
use super::node::{DEPTH, Deleted, Node, Operand, RowSource, Shape, Step, TreeWalk};
use super::select::Query;
use crate::model::{Column, Fk, ForeignKey, Model, Placement, SoftDelete};
use crate::value::IntoValue;

/// A reference of a model to itself, as `parent: Option<Fk<Category>>` of a `Category`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not lead from a `{M}` to another",
    label = "no reference of `{M}` to itself",
    note = "a tree is made of rows that reference rows of their model, by a field such as `parent: Option<Fk<{M}>>`"
)]
pub trait ToItself<M: Model>: ForeignKey<Target = M> {}

#[diagnostic::do_not_recommend]
impl<M: Model, F: ForeignKey<Target = M>> ToItself<M> for F {}

/// The rows below or above a row, along a reference of a model to itself. Made by [`Column::descendants_of`] and [`Column::ancestors_of`].
///
/// ```no_run
/// # use tenantry::prelude::*;
/// /// A category of goods, and the one that it is part of.
/// #[tenant_model]
/// pub struct Category {
///     #[field(key)]
///     pub id: i64,
///     pub name: String,
///     #[field(inverse = "parts")]
///     pub parent: Option<Fk<Category>>,
/// }
///
/// # fn look(acme: &mut TenantScope, shoes: &Stored<Category>) -> tenantry::Result<()> {
/// let below = Category::PARENT.descendants_of(shoes).up_to(3).query();
/// let names = below.order_by(Category::PARENT.depth().asc()).select((Category::NAME, Category::PARENT.depth()));
/// for (name, depth) in names.all(acme)? {
///     println!("{depth}: {name}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Each row is given once, also where rows reference each other in a circle. It is one statement, and finds the rows by the key and the
/// index of the reference.
#[must_use = "a tree is not looked for until its `query` is run"]
pub struct Tree<M: Model, P = <M as Model>::Placement> {
    walk: TreeWalk,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, F> Column<M, F> {
    /// Finds the rows that reference a row, those that reference these, and so on: `Category::PARENT.descendants_of(&shoes)`.
    pub fn descendants_of(self, row: impl IntoValue<Fk<M>>) -> Tree<M>
    where
        F: ToItself<M>,
    {
        let step = Step {
            from: M::DEF.referenced_column(),
            to: self.def(),
            target: M::DEF,
        };
        Tree::new(step, row, Deleted::LeftOut)
    }

    /// Finds the row that a row references, the one that this references, and so on: `Category::PARENT.ancestors_of(&shoes)`.
    pub fn ancestors_of(self, row: impl IntoValue<Fk<M>>) -> Tree<M>
    where
        F: ToItself<M>,
    {
        // A reference leads to its row, whatever has become of that.
        Tree::new(self.step(), row, Deleted::Included)
    }

    /// The number of references that lead from the row of a [`Tree`] to the one that it was asked for: 1 of its neighbours.
    ///
    /// In a query that is of no tree it is [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
    pub fn depth(self) -> Expr<M, i32>
    where
        F: ToItself<M>,
    {
        Expr::new(Node::Constant(DEPTH))
    }
}

impl<M: Model> Tree<M> {
    fn new(step: Step, row: impl IntoValue<Fk<M>>, deleted: Deleted) -> Self {
        let row: Fk<M> = row.into_value();
        Self {
            walk: TreeWalk {
                step,
                key: M::DEF.referenced_column(),
                row: Node::value(Operand::of(&row)).beside(Some(M::DEF.referenced_column())),
                deleted,
                condition: None,
                levels: None,
                has_row: false,
            },
            marker: PhantomData,
        }
    }
}

impl<M: Model, P: Placement> Tree<M, P> {
    /// Goes so many references far at most.
    pub fn up_to(mut self, depth: u32) -> Self {
        self.walk.levels = Some(u64::from(depth));
        self
    }

    /// Goes along rows that meet a condition: one that does not is left out, with all that is behind it.
    pub fn through<Q: Placement, K: Within<Plain>>(
        mut self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Tree<M, P::With<Q>> {
        let mut walk = Shape::new(M::DEF);
        walk.filter = self.walk.condition.take().map(|before| *before);
        walk.filter(condition.into_condition().node);
        self.walk.condition = walk.filter.map(Box::new);
        Tree {
            walk: self.walk,
            marker: PhantomData,
        }
    }

    /// Gives the row itself too, with the depth 0.
    pub fn with_itself(mut self) -> Self {
        self.walk.has_row = true;
        self
    }

    /// Goes along deleted rows too, as it does to ancestors in any case.
    pub fn with_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.walk.deleted = Deleted::Included;
        self
    }

    /// The query for the rows, which conditions, orders, relations and all else can be given to.
    pub fn query(self) -> Query<M, super::stored::Stored<M>, P> {
        let mut shape = Shape::new(M::DEF);
        // Which rows are meant, the walk has said.
        shape.deleted = Deleted::Included;
        shape.source = RowSource::Tree(Box::new(self.walk));
        Query::of(shape)
    }
}

impl<M: Model, P> Clone for Tree<M, P> {
    fn clone(&self) -> Self {
        Self {
            walk: self.walk.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, P> fmt::Debug for Tree<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tree").field(&self.walk).finish()
    }
}
