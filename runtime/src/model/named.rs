//! New rows of named fields, made by `new!`.

use std::fmt;
use std::marker::PhantomData;

use super::{ColumnDef, Embedded, Embeds, Model, NewRow, NewValues};
use crate::error::Refused;
use crate::value::{DecodeError, Field, IntoValue, Param};

/// A row of `M` to insert, made by [`new!`](crate::new) of named fields.
#[must_use = "a new row is in no table until it is inserted"]
pub struct Named<M: Model> {
    values: NewValues,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Named<M> {
    /// Begins with what is neither required nor filled in by the database: nulls. For the macro.
    #[doc(hidden)]
    pub fn new() -> Self {
        let columns = M::DEF.columns;
        let nullable = M::DEF.given.iter().filter(|&&at| columns[at].nullable);
        let values = nullable.fold(NewValues::new(columns.len()), |values, &at| {
            let def = &columns[at];
            values.with(at, def.field, Ok(Param::null(def.sql.wire())))
        });
        Self {
            values,
            model: PhantomData,
        }
    }

    /// Gives a field its value, of the type that the field has in the struct. For the macro.
    ///
    /// # Panics
    ///
    /// When the model has no field of this name, which the macro's call does not compile with.
    #[doc(hidden)]
    pub fn with<T: NewField<By>, By>(
        self,
        name: &str,
        _field: fn(&M) -> &T,
        value: impl IntoValue<T>,
    ) -> Self {
        Self {
            values: value.into_value().give::<M>(name, self.values),
            model: PhantomData,
        }
    }
}

/// The type of a model's field, which is a column or several. For the macros.
///
/// `By` says whether it is of a column or of several, which the compiler finds by itself.
pub trait NewField<By>: Sized + 'static {
    /// Gives the columns of a field of `M` their values.
    ///
    /// # Panics
    ///
    /// When the model has no such field, which the macro's call does not compile with.
    fn give<M: Model>(self, name: &str, values: NewValues) -> NewValues;
}

/// Marks a field that is a column.
#[derive(Debug)]
pub enum ByColumn {}

/// Marks a field that is an embedded struct, or an `Option` of one.
#[derive(Debug)]
pub enum ByColumns {}

#[diagnostic::do_not_recommend]
impl<T: Field> NewField<ByColumn> for T {
    fn give<M: Model>(self, name: &str, values: NewValues) -> NewValues {
        let mut columns = M::DEF.columns.iter();
        let at = columns.position(|def| def.field == name);
        let at = at.expect("a field of the struct is a column");
        let param = M::refusal(at, &self).map_or_else(|| self.to_param(), refused);
        values.with(at, M::DEF.columns[at].field, param)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Embeds> NewField<ByColumns> for T {
    fn give<M: Model>(self, name: &str, values: NewValues) -> NewValues {
        let columns = M::DEF.columns.iter();
        let is_of = |def: &&ColumnDef| def.embedded_in == Some(name);
        let first = columns.clone().position(|def| is_of(&def));
        let first = first.expect("an embedded struct has columns");
        let fields = columns.filter(is_of).map(|def| def.field);
        let fields: Vec<_> = fields.collect();
        let given = self.into_new().map(T::Struct::values);
        values.embed_or_none(first, &fields, given, T::none())
    }
}

fn refused(why: String) -> Result<Param, DecodeError> {
    Err(Refused(why).into())
}

impl<M: Model> NewRow for Named<M> {
    type Model = M;

    fn into_values(self) -> Result<Vec<Option<Param>>, DecodeError> {
        self.values.finish()
    }
}

/// Tells no values: they may be no one's to see.
impl<M: Model> fmt::Debug for Named<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}
