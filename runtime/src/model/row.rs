//! Reading rows, value by value.

mod cells;

use std::borrow::Cow;

use postgres::Row;
use postgres::types::{FromSql, Type};

use super::ModelDef;
use super::column_names::ColumnNames;
use crate::error::At;
use crate::value::{
    DecodeError, Field, GivenBytes, Origins, Raw, Scalar, SqlType, changed, may_change, nearest,
};

/// Reads the values of a row, from left to right or by the names of a model's columns.
#[derive(Debug)]
pub struct RowReader<'a> {
    row: &'a Row,
    next: usize,
    origins: Origins,
    /// Which columns the server has computed with rounding, a bit each.
    rounded: u64,
    /// Whether models are read by the names of their columns.
    by_name: bool,
    /// Where the columns are of the model or struct that is being read by name.
    found: Option<Vec<usize>>,
    /// Which of these is read next.
    at: usize,
    /// How many structs are being read by name, one in the other. The outermost has looked for the columns of all.
    structs: usize,
    /// The names that were read, of which there must not be another.
    taken: Vec<Cow<'static, str>>,
    /// How many values of the model have been taken.
    position: usize,
    /// Which of them would change by being written, and why.
    inexact: Vec<(usize, String)>,
}

impl<'a> RowReader<'a> {
    /// Reads a row whose columns were asked for in the order in which they are read.
    pub(crate) fn new(row: &'a Row, origins: Origins) -> Self {
        Self {
            row,
            next: 0,
            origins,
            rounded: 0,
            by_name: false,
            found: None,
            at: 0,
            structs: 0,
            taken: Vec::new(),
            position: 0,
            inexact: Vec::new(),
        }
    }

    /// Reads a row of which the server has computed some columns with rounding: these are rounded once more where a field holds less.
    pub(crate) fn rounding(self, rounded: u64) -> Self {
        Self { rounded, ..self }
    }

    /// Goes on with another row of the same statement.
    pub(crate) fn go_on(&mut self, row: &'a Row) {
        (self.row, self.next) = (row, 0);
    }

    /// Reads a row of a statement that was written by hand.
    pub(crate) fn by_name(row: &'a Row, origins: Origins) -> Self {
        Self {
            by_name: true,
            ..Self::new(row, origins)
        }
    }

    /// Begins to read a row of a model.
    ///
    /// By name, its columns are those up to the first place by which each was there: so `SELECT a.*, b.*` is two models.
    pub(crate) fn begin(&mut self, model: &'static ModelDef) -> Result<(), DecodeError> {
        self.position = 0;
        self.inexact.clear();
        if !self.by_name || self.structs > 0 {
            return Ok(());
        }
        let names = model.columns.iter().map(|def| Cow::Borrowed(def.name));
        self.find(names.collect(), || format!("model `{}`", model.name))
    }

    /// Ends reading a row of a model, and gives the fields that would change by being written, and why.
    pub(crate) fn end(&mut self) -> Vec<(usize, String)> {
        if self.structs == 0 {
            self.found = None;
        }
        std::mem::take(&mut self.inexact)
    }

    /// Begins to read a struct, which `name` is the name of.
    pub(crate) fn enter(
        &mut self,
        name: &'static str,
        columns: impl FnOnce(&mut ColumnNames),
    ) -> Result<(), DecodeError> {
        if !self.by_name {
            return Ok(());
        }
        if self.structs == 0 {
            let mut names = ColumnNames::default();
            columns(&mut names);
            self.find(names.of(name)?, || format!("struct `{name}`"))?;
        }
        self.structs += 1;
        Ok(())
    }

    /// Ends reading a struct.
    pub(crate) fn leave(&mut self) {
        if !self.by_name {
            return;
        }
        self.structs -= 1;
        if self.structs == 0 {
            self.found = None;
        }
    }

    /// Finds the columns of some names, up to the first place by which each was there.
    fn find(
        &mut self,
        names: Vec<Cow<'static, str>>,
        whose: impl Fn() -> String,
    ) -> Result<(), DecodeError> {
        let mut found: Vec<Option<usize>> = vec![None; names.len()];
        let mut missing = names.len();
        let mut end = self.next;
        while missing > 0 {
            let Some(column) = self.row.columns().get(end) else {
                return Err(missing_column(&names, &found, &whose()));
            };
            if let Some(known) = names.iter().position(|name| name == column.name()) {
                if found[known].is_some() {
                    return Err(ambiguous(column.name()));
                }
                found[known] = Some(end);
                missing -= 1;
            }
            end += 1;
        }
        self.next = end;
        self.found = Some(found.into_iter().flatten().collect());
        self.at = 0;
        self.taken.extend(names);
        Ok(())
    }

    /// Ends reading. A value that was left over must not have the name of one that was read.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        let left = self.row.columns().get(self.next..).unwrap_or_default();
        match left
            .iter()
            .find(|left| self.taken.iter().any(|taken| taken == left.name()))
        {
            Some(left) => Err(ambiguous(left.name())),
            None => Ok(()),
        }
    }

    /// Reads the next value.
    ///
    /// # Errors
    ///
    /// When the row has no further value, or it does not fit `T`; the message names the column.
    #[inline]
    pub fn take<T: Field>(&mut self) -> Result<T, DecodeError> {
        let position = self.position;
        self.position += 1;
        let index = if let Some(found) = &self.found {
            self.at += 1;
            found[self.at - 1]
        } else {
            self.next += 1;
            self.next - 1
        };
        if self.rounded != 0 && self.is_rounded(index) {
            return self.take_rounded(index);
        }
        if !may_change::<T>() {
            return match self.row.try_get(index) {
                Ok(Read(value)) => Ok(T::read_at(value, self.origins)),
                Err(error) => Err(self.unread(index, error)),
            };
        }
        let raw = self.raw(index)?;
        let value = match T::from_raw(&raw) {
            Ok(value) => value,
            Err(cause) => return Err(self.misfit(index, cause)),
        };
        if let Some(why) = changed(&raw, &value) {
            self.inexact.push((position, why));
        }
        Ok(value)
    }

    fn is_rounded(&self, index: usize) -> bool {
        let bit = u32::try_from(index)
            .ok()
            .and_then(|index| 1_u64.checked_shl(index));
        bit.is_some_and(|bit| self.rounded & bit != 0)
    }

    fn take_rounded<T: Field>(&self, index: usize) -> Result<T, DecodeError> {
        let raw = self.raw(index)?;
        let value = match nearest(&raw) {
            Some(bytes) => T::from_raw(&Raw {
                bytes: Some(&bytes),
                ..raw
            }),
            None => T::from_raw(&raw),
        };
        value.map_err(|cause| self.misfit(index, cause))
    }

    #[inline]
    fn raw(&self, index: usize) -> Result<Raw<'a>, DecodeError> {
        let row = self.row;
        let Some(column) = row.columns().get(index) else {
            return Err(self.too_few());
        };
        let GivenBytes(bytes) = row.try_get(index)?;
        Ok(Raw {
            ty: column.type_(),
            bytes,
            origins: self.origins,
        })
    }

    #[cold]
    fn unread(&self, index: usize, error: postgres::Error) -> DecodeError {
        match error.into_source() {
            Some(cause) => self.misfit(index, cause),
            // The driver has a cause for all but a column that is not there.
            None => self.too_few(),
        }
    }

    #[cold]
    fn too_few(&self) -> DecodeError {
        format!(
            "the row has {} values, and more are read from it\n\
             help: select as many as the tuple has",
            self.row.columns().len()
        )
        .into()
    }

    #[cold]
    fn misfit(&self, index: usize, cause: DecodeError) -> DecodeError {
        let name = self.row.columns()[index].name();
        At::new(format!("column `{name}`"), cause).into()
    }

    /// Returns the value of the model's key if it is of numbers, for messages: a text may be somebody's to hide.
    pub(crate) fn key(&self, model: &'static ModelDef, start: usize) -> Option<String> {
        if model.is_keyless() {
            return None;
        }
        let parts = model.key.iter().map(|&column| {
            let index = match &self.found {
                Some(found) if self.structs == 0 => found[column],
                Some(found) => found[start + column],
                None => start + column,
            };
            let raw = self.raw(index).ok()?;
            let bytes = raw.bytes?;
            match model.columns[column].sql {
                SqlType::SmallInt => i16::decode(raw.ty, bytes).ok().map(|key| key.to_string()),
                SqlType::Integer => i32::decode(raw.ty, bytes).ok().map(|key| key.to_string()),
                SqlType::BigInt => i64::decode(raw.ty, bytes).ok().map(|key| key.to_string()),
                _ => None,
            }
        });
        let parts: Option<Vec<String>> = parts.collect();
        Some(parts?.join(", "))
    }

    /// Which value of the row is read next.
    pub(crate) fn start(&self) -> usize {
        match self.structs {
            0 => self.next,
            _ => self.at,
        }
    }

    /// Whether the values of a model are all null, as an outer join without a partner leaves them; then they are read.
    pub(crate) fn skip_nulls(&mut self, model: &'static ModelDef) -> Result<bool, DecodeError> {
        let (next, taken) = (self.next, self.taken.len());
        self.begin(model)?;
        let columns = match &self.found {
            Some(found) if self.structs > 0 => found[self.at..][..model.columns.len()].to_vec(),
            Some(_) => self.found.take().unwrap_or_default(),
            None => (next..next + model.columns.len()).collect(),
        };
        for &index in &columns {
            if self.raw(index)?.bytes.is_some() {
                self.next = next;
                self.taken.truncate(taken);
                return Ok(false);
            }
        }
        match (self.by_name, self.structs) {
            (false, _) => self.next += columns.len(),
            (true, 0) => {}
            (true, _) => self.at += columns.len(),
        }
        Ok(true)
    }
}

/// A value as the driver reads it: at once, where its bytes are found.
struct Read<T>(T);

impl<'a, T: Field> FromSql<'a> for Read<T> {
    #[inline]
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        Self::from_sql_nullable(ty, Some(raw))
    }

    #[inline]
    fn from_sql_null(ty: &Type) -> Result<Self, DecodeError> {
        Self::from_sql_nullable(ty, None)
    }

    #[inline]
    fn from_sql_nullable(ty: &Type, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let raw = Raw {
            ty,
            bytes,
            origins: Origins::default(),
        };
        T::from_raw(&raw).map(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn ambiguous(name: &str) -> DecodeError {
    format!(
        "the statement gives two columns named `{name}`\n\
         help: name the columns that the row is read from, or read it as a tuple, one model after the other"
    )
    .into()
}

fn missing_column(
    names: &[Cow<'static, str>],
    found: &[Option<usize>],
    whose: &str,
) -> DecodeError {
    let missing = names.iter().zip(found);
    let missing: Vec<String> = missing
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    format!(
        "the statement gives no column {} of {whose}\n\
         help: select it, by that name: models and structs are read by the names of their columns",
        missing.join(", "),
    )
    .into()
}
