//! Keys of several columns: tuples.

use std::fmt;

use bytes::BytesMut;
use postgres::types::Type;

use super::{Key, KeyValues};
use crate::model::{Fk, KeyOf, Model, RowReader};
use crate::value::{DecodeError, Field, FieldType, IntoValue, Param};

/// Why such a key is no value of a column. The compiler refuses a field of such a type; what is left are statements written by hand.
const NO_VALUE: &str = "the key has several columns, and is no value of one\n\
    help: give or read the columns of the key, each by itself";

macro_rules! tuples {
    ($($($part:ident $given:ident $at:tt)*;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: Key),*> Key for ($($part,)*) {
            // For nobody: a reference to such a model is refused by the name of its column, which is empty.
            const TYPE: FieldType = <String as Field>::TYPE;

            fn duplicate(&self) -> Self {
                ($(self.$at.duplicate(),)*)
            }

            fn equals(&self, other: &Self) -> bool {
                $(self.$at.equals(&other.$at))&&*
            }

            fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut before = "";
                $(
                    f.write_str(before)?;
                    self.$at.show(f)?;
                    before = ", ";
                )*
                let _ = before;
                Ok(())
            }

            fn values(&self) -> Result<KeyValues, (usize, DecodeError)> {
                Ok(KeyValues::Several(vec![
                    $(self.$at.to_param().map_err(|error| ($at, error))?,)*
                ]))
            }

            is_no_value!(NO_VALUE);
        }

        impl<$($part: Key, $given: IntoValue<$part>),*> KeyOf<($($given,)*)> for ($($part,)*) {
            fn of(value: ($($given,)*)) -> Self {
                ($(value.$at.into_value(),)*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M: Model<Key: KeyOf<($($given,)*)>>, $($given),*> IntoValue<Fk<M>> for ($($given,)*) {
            fn into_value(self) -> Fk<M> {
                Fk::new(M::Key::of(self))
            }
        }
    )*};
}

tuples! {
    A VA 0 B VB 1;
    A VA 0 B VB 1 C VC 2;
    A VA 0 B VB 1 C VC 2 D VD 3;
    A VA 0 B VB 1 C VC 2 D VD 3 E VE 4;
    A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5;
    A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6;
    A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6 H VH 7;
}
