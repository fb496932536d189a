//! Values that can't be sent, or would not be stored as they are.

use super::error::encode_error;
use super::node::Operand;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::value::{Param, nul, refusal, takes_all};

/// Refuses a value that a column would not hold as it is.
#[inline]
pub(super) fn check_stored(def: &ColumnDef, value: &Param) -> Result<()> {
    if takes_all(def.sql) {
        return Ok(());
    }
    match refusal(def.sql, value) {
        Some(why) => Err(unfit(def, &why)),
        None => Ok(()),
    }
}

/// Refuses a value that no column has, as a text with a NUL.
pub(super) fn check_sendable(def: &ColumnDef, value: &Param) -> Result<()> {
    nul(value).map_or(Ok(()), |why| Err(unfit(def, &why)))
}

/// Returns the value that a column is compared with.
pub(super) fn compared<'o>(def: Option<&ColumnDef>, operand: &'o Operand) -> Result<&'o Param> {
    match (operand, def) {
        (Operand::Param(param), def) => match (nul(param), def) {
            (Some(why), Some(def)) => Err(unfit(def, &why)),
            (Some(why), None) => {
                let message = format!("a value of an expression can't be sent: {why}");
                Err(Error::new(ErrorKind::Value, message).help("compare with another value"))
            }
            (None, _) => Ok(param),
        },
        (Operand::Unencodable(why), Some(def)) => {
            Err(encode_error(&format!("field `{}`: {why}", def.field)))
        }
        (Operand::Unencodable(why), None) => Err(encode_error(&**why)),
    }
}

fn unfit(def: &ColumnDef, why: &str) -> Error {
    let message = format!("the value for field `{}` can't be stored: {why}", def.field);
    Error::new(ErrorKind::Value, message).help("give another value, or have the column hold more")
}
