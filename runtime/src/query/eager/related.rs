//! Relations, with what is asked of their rows.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::branch::{Branch, Link};
use super::level::Level;
use super::many::{Found, HowMany, Many};
use super::relation::{Relation, Relationship, sealed};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Column, ForeignKey, Inverse, Model, Placement, SoftDelete};
use crate::place::Context;
use crate::query::decode::{self, Append};
use crate::query::expr::{Condition, Plain, Window, Within};
use crate::query::node::{Deleted, Shape};
use crate::query::order::Ordering;
use crate::query::stored::Stored;

/// Reads a row of a level, with what was loaded with it.
pub(super) type Read<Out> = Arc<dyn Fn(&Level, usize, &Context) -> Result<Out> + Send + Sync>;

/// Reach of a relation from `M` to `T`.
type Reach<M, T> = <<M as Model>::Placement as Placement>::With<<T as Model>::Placement>;

/// A relation from rows of `M` to rows of `T`, with what is asked of these: `Customer::INVOICES.filter(Invoice::PAID.eq(false))`.
///
/// `How` says whether it leads to [`Many`] rows, `Out` is what each becomes, and `P` is the placement that a scope must reach.
#[must_use = "a relation loads nothing until it is given to `with` of a query"]
pub struct Related<M: Model, T: Model, How, Out = Stored<T>, P = Reach<M, T>> {
    branch: Branch,
    read: Read<Out>,
    marker: PhantomData<fn() -> (M, T, How, P)>,
}

impl<M: Model, T: Model, How, P> Related<M, T, How, Stored<T>, P> {
    fn new(branch: Branch) -> Self {
        Self {
            branch,
            read: Arc::new(|level, row, context| decode::read(&level.rows[row], context)),
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Model, How, Out, P> Related<M, T, How, Out, P> {
    fn placed<Q>(self) -> Related<M, T, How, Out, Q> {
        Related {
            branch: self.branch,
            read: self.read,
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Model, How: HowMany, Out: 'static, P: Placement> Related<M, T, How, Out, P> {
    /// Loads related rows of the related rows with them, each row with its own: `Project::TASKS.with(Task::LABELS)`.
    pub fn with<R: Relation<T>>(
        mut self,
        relation: R,
    ) -> Related<M, T, How, Out::Tuple, P::With<R::Reach>>
    where
        Out: Append<R::Loaded>,
    {
        Related {
            read: appended(self.read, &mut self.branch.branches, relation),
            branch: self.branch,
            marker: PhantomData,
        }
    }
}

/// Appends what a relation gives to what is read.
pub(super) fn appended<T: Model, Out: Append<R::Loaded> + 'static, R: Relation<T>>(
    read: Read<Out>,
    branches: &mut Vec<Branch>,
    relation: R,
) -> Read<Out::Tuple> {
    let Relationship {
        branch,
        read: below,
    } = relation.into_relationship();
    let place = branches.len();
    branches.push(branch);
    Arc::new(move |level, row, context| {
        let first = read(level, row, context)?;
        Ok(first.append(below(&level.below[place], row, context)?))
    })
}

impl<M: Model, T: Model, Out, P: Placement> Related<M, T, Many, Out, P> {
    /// Loads only the related rows that meet a condition, besides those given before.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        mut self,
        condition: impl Condition<T, Reach = Q, Kind = K>,
    ) -> Related<M, T, Many, Out, P::With<Q>> {
        self.branch.shape.filter(condition.into_condition().node);
        self.placed()
    }

    /// Orders the rows that belong to a row; a further order decides between those that are equal in the orders before.
    pub fn order_by<Q: Placement, K: Within<Window>>(
        mut self,
        order: impl Ordering<T, Reach = Q, Kind = K>,
    ) -> Related<M, T, Many, Out, P::With<Q>> {
        self.branch.shape.order.push(order.into_order().by);
        self.placed()
    }

    /// Limits the rows that belong to each row to so many.
    pub fn limit(mut self, rows: u64) -> Self {
        self.branch.shape.limit = Some(rows);
        self
    }

    /// Leaves out so many rows at the start of those that belong to each row.
    pub fn offset(mut self, rows: u64) -> Self {
        self.branch.shape.offset = Some(rows);
        self
    }
}

impl<M: Model, T: Model, Out, P: Placement> Related<M, T, Many, Out, P> {
    /// Loads deleted rows too.
    pub fn with_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.branch.shape.deleted = Deleted::Included;
        self
    }

    /// Loads only rows that are deleted.
    pub fn only_deleted(mut self) -> Self
    where
        T: SoftDelete,
    {
        self.branch.shape.deleted = Deleted::Only;
        self
    }
}

impl<M: Model, T: Model> Inverse<M, T> {
    /// Loads deleted rows too, where rows are loaded with others.
    pub fn with_deleted(self) -> Related<M, T, Many>
    where
        T: SoftDelete,
    {
        self.into_related().with_deleted()
    }

    /// Loads only rows that are deleted, where rows are loaded with others.
    pub fn only_deleted(self) -> Related<M, T, Many>
    where
        T: SoftDelete,
    {
        self.into_related().only_deleted()
    }
}

impl<M: Model, T: Model, P: Placement> Related<M, T, Many, Stored<T>, P> {
    /// Leads on to the rows that these reference, as over a join table: `Task::LABELINGS.through(Labeling::LABEL)`.
    ///
    /// Conditions and orders given before are of the rows between, those behind of the rows that they reference. A limit is of the
    /// latter wherever it stands. A row to which several of those between lead is loaded as often. A further `through` leads on from these.
    pub fn through<F: ForeignKey>(
        self,
        relation: Column<T, F>,
    ) -> Related<M, F::Target, Many, Stored<F::Target>, P::With<<F::Target as Model>::Placement>>
    {
        let mut shape = Shape::new(F::Target::DEF);
        let mut between = self.branch.shape;
        shape.limit = between.limit.take();
        shape.offset = between.offset.take();
        let link = Link {
            shape: between,
            step: relation.step(),
        };
        let mut links = self.branch.links;
        links.push(link);
        Related::new(Branch {
            links,
            shape,
            ..self.branch
        })
    }
}

impl<M: Model, T: Model, How: HowMany, Out: 'static, P: Placement> Relation<M>
    for Related<M, T, How, Out, P>
{
    type Loaded = How::Of<Out>;
    type Reach = P;

    fn into_relationship(self) -> Relationship<How::Of<Out>> {
        let read = self.read;
        Relationship {
            branch: self.branch,
            read: Arc::new(move |below, above, context| {
                let found = Found {
                    below,
                    above,
                    read: &|row| read(&below.level, row, context),
                };
                How::gather(found)?.ok_or_else(gone::<T>)
            }),
        }
    }
}

/// The error for a row that was referenced when it was looked up.
fn gone<T: Model>() -> Error {
    let message = "a row that another references was deleted while they were loaded\n\
                   help: load them again, or in a transaction of which all statements see the same: `scope.build_transaction().repeatable_read()`";
    Error::new(ErrorKind::NotFound, message).in_model(T::DEF, "load")
}

impl<M: Model, T: Model> Inverse<M, T> {
    pub(super) fn into_related(self) -> Related<M, T, Many> {
        Related::new(Branch {
            from: M::DEF.key[0],
            is_inverse: true,
            to: self.def(),
            to_index: self.index(),
            links: Vec::new(),
            shape: Shape::new(T::DEF),
            branches: Vec::new(),
        })
    }

    /// Loads only the related rows that meet a condition, where rows are loaded with others.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        self,
        condition: impl Condition<T, Reach = Q, Kind = K>,
    ) -> Related<M, T, Many, Stored<T>, <Reach<M, T> as Placement>::With<Q>> {
        self.into_related().filter(condition)
    }

    /// Orders the rows that belong to a row, where rows are loaded with others.
    pub fn order_by<Q: Placement, K: Within<Window>>(
        self,
        order: impl Ordering<T, Reach = Q, Kind = K>,
    ) -> Related<M, T, Many, Stored<T>, <Reach<M, T> as Placement>::With<Q>> {
        self.into_related().order_by(order)
    }

    /// Limits the rows that belong to each row to so many, where rows are loaded with others.
    pub fn limit(self, rows: u64) -> Related<M, T, Many> {
        self.into_related().limit(rows)
    }

    /// Loads related rows of the related rows with them: `Project::query().with(Project::TASKS.with(Task::OWNER))`.
    pub fn with<R: Relation<T>>(
        self,
        relation: R,
    ) -> Related<M, T, Many, (Stored<T>, R::Loaded), <Reach<M, T> as Placement>::With<R::Reach>>
    {
        self.into_related().with(relation)
    }

    /// Leads on to the rows that these reference, as over a join table: `Task::LABELINGS.through(Labeling::LABEL)`.
    ///
    /// A row to which several of those between lead is loaded as often.
    pub fn through<F: ForeignKey>(
        self,
        relation: Column<T, F>,
    ) -> Related<
        M,
        F::Target,
        Many,
        Stored<F::Target>,
        <Reach<M, T> as Placement>::With<<F::Target as Model>::Placement>,
    > {
        self.into_related().through(relation)
    }
}

impl<M: Model, F: ForeignKey> Column<M, F> {
    pub(super) fn into_related(self) -> Related<M, F::Target, F> {
        let target = F::Target::DEF;
        Related::new(Branch {
            from: self.index(),
            is_inverse: false,
            to: target.referenced_column(),
            to_index: target.key[0],
            links: Vec::new(),
            // A reference leads to its row, whatever has become of that.
            shape: Shape {
                deleted: Deleted::Included,
                ..Shape::new(target)
            },
            branches: Vec::new(),
        })
    }

    /// Loads related rows of the referenced row with it: `Task::query().with(Task::PROJECT.with(Project::OWNER))`.
    pub fn with<R: Relation<F::Target>>(
        self,
        relation: R,
    ) -> Related<
        M,
        F::Target,
        F,
        (Stored<F::Target>, R::Loaded),
        <Reach<M, F::Target> as Placement>::With<R::Reach>,
    > {
        self.into_related().with(relation)
    }
}

impl<M, F> sealed::Sealed for Column<M, F> {}
impl<M, T> sealed::Sealed for Inverse<M, T> {}
impl<M: Model, T: Model, How, Out, P> sealed::Sealed for Related<M, T, How, Out, P> {}

#[diagnostic::do_not_recommend]
impl<M: Model, F: ForeignKey> Relation<M> for Column<M, F>
where
    Related<M, F::Target, F>: Relation<M>,
{
    type Loaded = <Related<M, F::Target, F> as Relation<M>>::Loaded;
    type Reach = <Related<M, F::Target, F> as Relation<M>>::Reach;

    fn into_relationship(self) -> Relationship<Self::Loaded> {
        self.into_related().into_relationship()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Model> Relation<M> for Inverse<M, T> {
    type Loaded = <Related<M, T, Many> as Relation<M>>::Loaded;
    type Reach = <Related<M, T, Many> as Relation<M>>::Reach;

    fn into_relationship(self) -> Relationship<Self::Loaded> {
        self.into_related().into_relationship()
    }
}

impl<M: Model, T: Model, How, Out, P> Clone for Related<M, T, How, Out, P> {
    fn clone(&self) -> Self {
        Self {
            branch: self.branch.clone(),
            read: Arc::clone(&self.read),
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Model, How, Out, P> fmt::Debug for Related<M, T, How, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Related").field(&self.branch).finish()
    }
}
