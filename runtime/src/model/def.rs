//! Definitions of models, as static data.
//!
//! A definition holds names and leaf constants only. A constant that reached another model's definition would be a
//! cycle as soon as two models referenced each other, so a reference names its target instead of pointing at it.
//! An overlay does point at its two models: nothing leads from a model to what overlays it.

use super::{ForeignKeyDef, OnDelete, Statements, ViewDef};
use crate::error::Error;
use crate::place::PlacementKind;
use crate::value::{Field, FieldType, Reference, SqlType};

/// A model: its table, columns, indexes and checks.
#[derive(Debug)]
pub struct ModelDef {
    /// The struct's name.
    pub name: &'static str,
    /// The path of the module that declares the struct.
    pub module: &'static str,
    /// Where the table lives.
    pub placement: PlacementKind,
    /// Whether each row is a tenant.
    pub is_tenant: bool,
    /// The table's name, without its schema.
    pub table: &'static str,
    /// The table's former name, for the migration that renames it.
    pub was: Option<&'static str>,
    /// The table's comment: the struct's doc comment.
    pub comment: Option<&'static str>,
    /// The columns, in the order of the struct's fields.
    pub columns: &'static [ColumnDef],
    /// Which of the columns are the primary key, in its order.
    pub key: &'static [usize],
    /// The columns that an insert gives unless told otherwise: those of [`Source::Given`], the nullable ones among them.
    pub given: &'static [usize],
    /// Indexes and unique constraints over more than a field's own `unique` or `index`.
    pub indexes: &'static [IndexDef],
    /// Checks over more than one column.
    pub checks: &'static [CheckDef],
    /// Foreign keys of several columns.
    pub foreign_keys: &'static [ForeignKeyDef],
    /// Models that this one is placed at least as strictly as.
    pub as_strict_as: &'static [&'static str],
    /// The query that the rows come from, if it is a view.
    pub view: Option<ViewDef>,
    /// The models that the rows come from, if it is an overlay.
    pub overlay: Option<OverlayDef>,
    /// The statements whose shape is fixed.
    pub statements: Statements,
}

impl ModelDef {
    /// The primary key's columns, in its order.
    pub fn key_columns(&self) -> impl ExactSizeIterator<Item = &'static ColumnDef> + Clone + use<> {
        let columns = self.columns;
        self.key.iter().map(move |&at| &columns[at])
    }

    /// Whether a column is of the primary key.
    pub(crate) fn is_of_key(&self, column: &ColumnDef) -> bool {
        self.key_columns().any(|key| key.name == column.name)
    }

    /// The name at a position among those that the struct's attribute writes for indexes, checks and foreign keys.
    pub(crate) const fn written_name(&self, mut position: usize) -> Option<&'static str> {
        let mut i = 0;
        let (checks, keys) = (self.indexes.len(), self.indexes.len() + self.checks.len());
        while i < keys + self.foreign_keys.len() {
            let name = if i < checks {
                self.indexes[i].name
            } else if i < keys {
                self.checks[i - checks].name
            } else {
                self.foreign_keys[i - keys].name
            };
            if name.is_some() {
                if position == 0 {
                    return name;
                }
                position -= 1;
            }
            i += 1;
        }
        None
    }
}

/// Two models whose rows are one list, as `#[tenant_overlay]` reads them: a tenant's row, or else the shared one with the same key.
#[derive(Debug, Clone, Copy)]
pub struct OverlayDef {
    /// The tenant's model, whose rows come first.
    pub own: &'static ModelDef,
    /// The shared model, whose rows are there where the tenant has none.
    pub shared: &'static ModelDef,
    /// The position of the column that says whether a row is the tenant's own.
    pub mark: Option<usize>,
    /// Whether a row that the tenant has deleted hides the shared one.
    pub deleted_hides: bool,
}

/// A column of a model.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub struct ColumnDef {
    /// The field's name, without `r#`.
    pub field: &'static str,
    /// The column's name.
    pub name: &'static str,
    /// The column's type.
    pub sql: SqlType,
    /// Whether the column can be null.
    pub nullable: bool,
    /// Where its values come from when a row is inserted without one.
    pub source: Source,
    /// Whether no two rows can have the same value.
    pub unique: bool,
    /// Whether the column has an index of its own.
    pub index: bool,
    /// A condition on the column, as SQL.
    pub check: Option<&'static str>,
    /// The only values that the column can have: an enum's labels.
    pub labels: Option<&'static [&'static str]>,
    /// The only values that the items of the column can have, for an array of an enum.
    pub item_labels: Option<&'static [&'static str]>,
    /// Whether the items of the column can be null, for an array.
    pub null_items: bool,
    /// The last second, counted from 1970, that the field's type has of the years up to 9999, for moments or arrays of them.
    pub last_second: Option<i64>,
    /// The least and the greatest whole number that the column, or an item of it, can be, where that is not PostgreSQL's.
    pub range: Option<(i64, i64)>,
    /// The model that the column references.
    pub references: Option<Reference>,
    /// Action on a row when the row that it references is deleted.
    pub on_delete: OnDelete,
    /// Whether the reference is a constraint of the database. Otherwise statements that write it look for the row.
    pub constraint: bool,
    /// Whether a field of a shared model that is named like an id is declared to be none of a row.
    pub not_a_reference: bool,
    /// Whether it says when the row was deleted, which then stays in the table.
    pub soft_delete: bool,
    /// The migration that adds the column, if tenants that lack it are served too.
    pub since: Option<&'static str>,
    /// The migration that drops the column, if tenants that have it are served too.
    pub until: Option<&'static str>,
    /// The column's former name, for the migration that renames it.
    pub was: Option<&'static str>,
    /// The column's comment: the field's doc comment.
    pub comment: Option<&'static str>,
    /// The struct's field that has the value in an [`Embedded`](super::Embedded) struct, if it is in one.
    pub embedded_in: Option<&'static str>,
}

// The methods take what they are given: the macros check it by constants of their own, see `check::fits`, whose errors
// stand at the field.
impl ColumnDef {
    /// Describes a field of type `F`; the methods below add what its attributes say.
    pub const fn new<F: Field>(field: &'static str, name: &'static str) -> Self {
        Self::of(field, name, F::TYPE)
    }

    /// Describes a field by what its type says of it. For the macros.
    #[doc(hidden)]
    pub const fn of(field: &'static str, name: &'static str, ty: FieldType) -> Self {
        let FieldType {
            sql,
            nullable,
            labels,
            item_labels,
            null_items,
            last_second,
            range,
            references,
        } = ty;
        Self {
            field,
            name,
            sql,
            nullable,
            source: Source::Given,
            unique: false,
            index: false,
            check: None,
            labels,
            item_labels,
            null_items,
            last_second,
            range,
            references,
            on_delete: OnDelete::NoAction,
            constraint: true,
            not_a_reference: false,
            soft_delete: false,
            since: None,
            until: None,
            was: None,
            comment: None,
            embedded_in: None,
        }
    }

    /// Bounds a text column to so many characters; others stay as they are.
    pub const fn max_length(mut self, characters: u32) -> Self {
        if matches!(self.sql, SqlType::Text) {
            self.sql = SqlType::Varchar(characters);
        }
        self
    }

    /// Bounds a numeric column to so many digits in all, and so many after the point; others stay as they are.
    pub const fn digits(mut self, precision: u16, scale: u16) -> Self {
        if matches!(self.sql, SqlType::Numeric) {
            self.sql = SqlType::Decimal(precision, scale);
        }
        self
    }

    /// Says where values come from that the application does not give.
    pub const fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Makes the column a primary key that the database fills in unless it has another source: an identity column, or
    /// a random UUID.
    pub const fn key(mut self) -> Self {
        if matches!(self.source, Source::Given) {
            self.source = match self.sql {
                SqlType::Uuid => Source::Default("gen_random_uuid()"),
                _ => Source::Identity,
            };
        }
        self
    }

    /// Forbids two rows with the same value.
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Gives the column an index of its own.
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Adds a condition on the column.
    pub const fn check(mut self, condition: &'static str) -> Self {
        self.check = Some(condition);
        self
    }

    /// Says what happens when the referenced row is deleted.
    pub const fn on_delete(mut self, action: OnDelete) -> Self {
        self.on_delete = action;
        self
    }

    /// Declares that the database does not check the reference.
    pub const fn without_constraint(mut self) -> Self {
        self.constraint = false;
        self
    }

    /// Declares that the column is no row's id, though it is named like one.
    pub const fn not_a_reference(mut self) -> Self {
        self.not_a_reference = true;
        self
    }

    /// Says which name the column had before.
    pub const fn was(mut self, name: &'static str) -> Self {
        self.was = Some(name);
        self
    }

    /// Sets the column's comment.
    pub const fn comment(mut self, text: &'static str) -> Self {
        self.comment = Some(text);
        self
    }

    /// Has the column be nullable whatever its field is, as those of an `Option` of an embedded struct are.
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Says which field of the model has the embedded struct that it is a field of.
    pub const fn embedded_in(mut self, field: &'static str) -> Self {
        self.embedded_in = Some(field);
        self
    }

    /// The column's default as SQL, if it has one.
    pub const fn default_sql(&self) -> Option<&'static str> {
        match self.source {
            Source::Given | Source::Identity | Source::Generated(_) => None,
            Source::Default(sql) => Some(sql),
            Source::NowOnInsert | Source::NowOnWrite => Some(self.sql.now()),
            Source::Version => Some("1"),
        }
    }
}

/// The source of a column's value when an insert does not give one, or at every update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The application gives it. A nullable column is null otherwise.
    Given,
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    Identity,
    /// A default: a SQL expression.
    Default(&'static str),
    /// The time of the insert, at UTC.
    NowOnInsert,
    /// The time of the last insert or update through tenantry, at UTC.
    NowOnWrite,
    /// A count of updates, checked when a row is saved.
    Version,
    /// An expression of other columns, as SQL: the database computes it at each write.
    Generated(&'static str),
}

impl Source {
    /// The expression that the column is computed of, if it is.
    pub const fn generated_sql(self) -> Option<&'static str> {
        match self {
            Self::Generated(sql) => Some(sql),
            _ => None,
        }
    }
}

/// An index, a unique constraint or an exclusion constraint: over several columns, a part of the rows, or expressions.
#[derive(Debug)]
pub struct IndexDef {
    /// Its name, or none for the usual one.
    pub name: Option<&'static str>,
    /// The parts that it covers, in order.
    pub parts: &'static [IndexPart],
    /// Whether no two rows can have the same values.
    pub unique: bool,
    /// The condition of a partial index, as SQL.
    pub filter: Option<&'static str>,
    /// The access method, or none for `btree`, or `gist` of an exclusion constraint.
    pub method: Option<&'static str>,
    /// The operators of an exclusion constraint, one for each part; none of another index.
    pub operators: &'static [&'static str],
}

impl IndexDef {
    /// Whether it is an exclusion constraint.
    pub(crate) const fn excludes(&self) -> bool {
        !self.operators.is_empty()
    }
}

/// A part of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexPart {
    /// A column, by its name.
    Column(&'static str),
    /// An expression, as SQL.
    Expression(&'static str),
}

/// A check over a row.
#[derive(Debug)]
pub struct CheckDef {
    /// Its name, or none for the usual one.
    pub name: Option<&'static str>,
    /// The condition, as SQL.
    pub condition: &'static str,
}

impl Error {
    /// Adds the model and what was being done with it.
    pub(crate) fn in_model(self, model: &'static ModelDef, operation: &'static str) -> Self {
        self.about(model.name, model.table, operation)
    }
}
