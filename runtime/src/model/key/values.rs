//! The values of a key's columns.

use std::slice;

use crate::model::ModelDef;
use crate::place::Origin;
use crate::value::Param;

/// The values of a key's columns, in their order. A key of one column, which most are, takes no list.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValues {
    One(Param),
    Several(Vec<Param>),
}

impl KeyValues {
    /// Takes those of a key from the values of all columns.
    pub(crate) fn of(model: &ModelDef, mut values: Vec<Param>) -> Self {
        match model.key {
            [alone] => Self::One(values.swap_remove(*alone)),
            _ => Self::among(model, &values),
        }
    }

    /// Copies those of a key from the values of all columns.
    pub(crate) fn among(model: &ModelDef, values: &[Param]) -> Self {
        match model.key {
            [alone] => Self::One(values[*alone].clone()),
            several => Self::Several(several.iter().map(|&at| values[at].clone()).collect()),
        }
    }

    /// Notes where the row is that has the key. What its parts refer to is there too, or shared by all who are there.
    pub(crate) fn placed(mut self, origin: Origin) -> Self {
        let first = match &mut self {
            Self::One(value) => Some(value),
            Self::Several(values) => values.first_mut(),
        };
        if let Some(first) = first.filter(|_| origin != 0) {
            first.place(origin);
        }
        self
    }

    pub(crate) fn as_slice(&self) -> &[Param] {
        match self {
            Self::One(value) => slice::from_ref(value),
            Self::Several(values) => values,
        }
    }

    pub(crate) fn into_params(self) -> Vec<Param> {
        match self {
            Self::One(value) => vec![value],
            Self::Several(values) => values,
        }
    }

    /// Adds them to the parameters of a statement.
    pub(crate) fn push_to(self, params: &mut Vec<Param>) {
        match self {
            Self::One(value) => params.push(value),
            Self::Several(values) => params.extend(values),
        }
    }
}
