//! The names by which a struct is read from a statement that was written by hand.

use std::borrow::Cow;

use crate::value::DecodeError;

/// The names of the columns of a struct's fields, in their order, those of structs inside of it among them.
#[derive(Debug, Default)]
pub struct ColumnNames {
    names: Vec<Cow<'static, str>>,
    /// The beginning of the names that are added.
    prefix: String,
    /// The first field that has no column of its own.
    nameless: Option<&'static str>,
}

impl ColumnNames {
    /// Adds a name.
    pub fn add(&mut self, name: &'static str) {
        self.names.push(match &*self.prefix {
            "" => Cow::Borrowed(name),
            prefix => Cow::Owned(format!("{prefix}{name}")),
        });
    }

    /// Adds names that begin with a prefix.
    pub fn prefixed(&mut self, prefix: &str, add: impl FnOnce(&mut Self)) {
        let before = self.prefix.len();
        self.prefix.push_str(prefix);
        add(self);
        self.prefix.truncate(before);
    }

    /// Notes that a field has no column of its own.
    pub fn nameless(&mut self, field: &'static str) {
        self.nameless.get_or_insert(field);
    }

    /// The names; none if a field has no column of its own.
    pub(crate) fn into_names(self) -> Vec<Cow<'static, str>> {
        match self.nameless {
            Some(_) => Vec::new(),
            None => self.names,
        }
    }

    /// The names, if they say where each value of the struct is.
    pub(super) fn of(self, name: &str) -> Result<Vec<Cow<'static, str>>, DecodeError> {
        if let Some(field) = self.nameless {
            return Err(format!(
                "field `{field}` of struct `{name}` is a tuple, whose values have no names in a statement\n\
                 help: make the tuple a struct with `#[derive(Row)]`"
            )
            .into());
        }
        let twice = |(position, name): (usize, &Cow<'static, str>)| {
            self.names[..position].contains(name).then(|| name.clone())
        };
        match self.names.iter().enumerate().find_map(twice) {
            Some(column) => Err(format!(
                "two fields of struct `{name}` are read from the column `{column}`\n\
                 help: tell the columns of a struct inside of it apart by `#[row(prefix = \"...\")]`, or of a field by `#[row(column = \"...\")]`"
            )
            .into()),
            None => Ok(self.names),
        }
    }
}
