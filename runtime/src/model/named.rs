//! New rows of named fields, made by `new!`.

use std::fmt;
use std::marker::PhantomData;

use super::{Model, NewRow, NewValues};
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
    pub fn with<T: Field>(
        self,
        name: &str,
        _field: fn(&M) -> &T,
        value: impl IntoValue<T>,
    ) -> Self {
        let mut columns = M::DEF.columns.iter();
        let (at, value) = (
            columns.position(|def| def.field == name),
            value.into_value(),
        );
        let at = at.expect("a field of the struct is a column");
        let param = M::refusal(at, &value).map_or_else(|| value.to_param(), refused);
        Self {
            values: self.values.with(at, M::DEF.columns[at].field, param),
            model: PhantomData,
        }
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
