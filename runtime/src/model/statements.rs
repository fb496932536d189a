//! Statements whose shape is fixed, as the macros make them.

use crate::name::{SchemaName, push_identifier};

/// The statements of a model whose shape is fixed, cut where a schema name goes.
#[derive(Debug)]
pub struct Statements {
    /// Selects all columns of the row with key `$1`, and `$2`, … if that has several columns.
    pub find: FixedSql,
    /// Tells whether there is a row with such a key.
    pub exists: FixedSql,
    /// Inserts a row with a parameter for each column of [`ModelDef::given`](super::ModelDef::given), in order, and returns all columns.
    pub insert: FixedSql,
    /// Deletes the row with such a key.
    pub delete: FixedSql,
}

#[cfg(any(test, feature = "cli"))]
impl Statements {
    /// Those of a definition whose rows nobody asks for.
    pub(crate) const NONE: Self = Self {
        find: FixedSql("", ""),
        exists: FixedSql("", ""),
        insert: FixedSql("", ""),
        delete: FixedSql("", ""),
    };
}

/// SQL text in two pieces: the model's quoted schema goes between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedSql(pub &'static str, pub &'static str);

impl FixedSql {
    /// Puts a quoted schema name between the pieces.
    pub fn with_schema(self, quoted: &str) -> String {
        [self.0, quoted, self.1].concat()
    }

    /// Puts the name of a schema between the pieces.
    pub(crate) fn in_schema(self, schema: &SchemaName) -> String {
        let name = schema.as_str();
        let length = self.0.len() + name.len() + 2 + self.1.len();
        let mut sql = String::with_capacity(length);
        sql.push_str(self.0);
        push_identifier(&mut sql, name);
        sql.push_str(self.1);
        sql
    }

    /// Leaves out the columns that it gives.
    pub(crate) fn without_returning(self) -> Self {
        // The macros write it once, before names only.
        match self.1.rsplit_once(" RETURNING ") {
            Some((before, _)) => Self(self.0, before),
            None => self,
        }
    }
}
