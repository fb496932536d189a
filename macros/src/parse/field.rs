//! A field of a model and its `#[field(...)]`.

use darling::FromMeta;
use darling::util::SpannedValue;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, ItemStruct, Type, Visibility};

use super::args::{self, Function, NoConstraint, Number, OnDelete, Text, Word};
use super::literal::DefaultValue;
use super::{bare, docs, types};
use crate::errors::Errors;
use crate::vocabulary::Place;

/// A field as written.
#[derive(Debug)]
pub(crate) struct FieldSpec {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// Its doc comments, to be repeated.
    pub(crate) docs: Vec<Attribute>,
    /// Its doc comments as text.
    pub(crate) comment: Option<String>,
    /// Attributes that make the field conditional.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) args: FieldArgs,
    /// Whether it is one of several fields that are the key together.
    pub(crate) is_part: bool,
    /// The embedded struct that it is a field of, if it is.
    pub(crate) within: Option<Within>,
}

/// The place of a column's field, if that is one of an embedded struct.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    /// The model's field, which has the struct.
    pub(crate) member: Ident,
    /// The field's type: the struct, or an `Option` of it.
    pub(crate) ty: Type,
    /// The struct.
    pub(crate) embedded: Type,
    /// The field as it is reached from the struct.
    pub(crate) field: String,
    /// The column's position among those of the struct.
    pub(crate) at: usize,
    /// The positions at which further structs within it begin, one in the other.
    pub(crate) steps: Vec<usize>,
    /// The field's position in the last of them, which declares its type.
    pub(crate) declared_at: usize,
    /// Whether the struct, or one that it is in, may not be there: then the column is null.
    pub(crate) or_none: bool,
    /// Whether it is null in some structs that are there, as one within them is not.
    pub(crate) or_none_inside: bool,
    /// Whether the program sends a default in the database's place.
    pub(crate) sends_default: bool,
}

/// The arguments of `#[field(...)]`.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct FieldArgs {
    pub(crate) key: Word,
    pub(crate) given: Word,
    pub(crate) column: Option<SpannedValue<Text>>,
    pub(crate) max_length: Option<SpannedValue<Number>>,
    pub(crate) precision: Option<SpannedValue<Number>>,
    pub(crate) scale: Option<SpannedValue<Number>>,
    pub(crate) unique: Word,
    pub(crate) index: Word,
    pub(crate) default: Option<SpannedValue<DefaultValue>>,
    pub(crate) check: Option<SpannedValue<Text>>,
    pub(crate) on_delete: Option<SpannedValue<OnDelete>>,
    /// That the foreign key is no constraint of the database.
    pub(crate) constraint: Option<SpannedValue<NoConstraint>>,
    pub(crate) inverse: Option<SpannedValue<Text>>,
    pub(crate) auto_now_add: Word,
    pub(crate) auto_now: Word,
    pub(crate) version: Word,
    pub(crate) not_a_reference: Word,
    /// That the field says when the row was deleted.
    pub(crate) soft_delete: Word,
    /// The column's former name.
    pub(crate) was: Option<SpannedValue<Text>>,
    /// The expression that the database computes the column of.
    pub(crate) generated: Option<SpannedValue<Text>>,
    /// The migration that adds the column to the tables of tenants.
    pub(crate) since: Option<SpannedValue<Text>>,
    /// The migration that drops the column.
    pub(crate) until: Option<SpannedValue<Text>>,
    /// The function that checks a value before it is sent.
    pub(crate) check_with: Option<SpannedValue<Function>>,
    /// That the columns are the fields of the struct that the type is.
    pub(crate) embed: Word,
    /// That the field of an overlay says whether a row is the tenant's own.
    pub(crate) own: Word,
    /// The beginning of their names.
    pub(crate) prefix: Option<SpannedValue<Text>>,
}

/// Where a column's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// The application.
    Given,
    /// The database, as a key.
    Key,
    /// A default: SQL.
    Default(&'a str),
    NowOnInsert,
    NowOnWrite,
    Version,
    /// The database, which computes it of other columns: SQL.
    Generated(&'a str),
}

/// How the struct that inserts rows takes a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// As an argument of `new`.
    Required,
    /// By a method; null otherwise.
    OrNull,
    /// By a method; the database fills it in otherwise.
    OrFilled,
    /// Not at all.
    Never,
}

impl FieldArgs {
    /// The first of the arguments that say something of a column, and where it stands.
    pub(crate) fn of_a_column(&self) -> Option<(&'static str, Span)> {
        fn at<T>(value: Option<&SpannedValue<T>>) -> Option<Span> {
            value.map(SpannedValue::span)
        }
        let written = [
            ("key", self.key.span()),
            ("given", self.given.span()),
            ("column", at(self.column.as_ref())),
            ("max_length", at(self.max_length.as_ref())),
            ("precision", at(self.precision.as_ref())),
            ("scale", at(self.scale.as_ref())),
            ("unique", self.unique.span()),
            ("index", self.index.span()),
            ("default", at(self.default.as_ref())),
            ("check", at(self.check.as_ref())),
            ("on_delete", at(self.on_delete.as_ref())),
            ("constraint", at(self.constraint.as_ref())),
            ("inverse", at(self.inverse.as_ref())),
            ("auto_now_add", self.auto_now_add.span()),
            ("auto_now", self.auto_now.span()),
            ("version", self.version.span()),
            ("not_a_reference", self.not_a_reference.span()),
            ("soft_delete", self.soft_delete.span()),
            ("was", at(self.was.as_ref())),
            ("generated", at(self.generated.as_ref())),
            ("since", at(self.since.as_ref())),
            ("until", at(self.until.as_ref())),
            ("check_with", at(self.check_with.as_ref())),
            ("own", self.own.span()),
        ];
        let mut written = written.into_iter();
        written.find_map(|(name, span)| Some((name, span?)))
    }
}

impl FieldSpec {
    /// Reads a field; what is wrong with its attribute goes to `errors`, and counts as not written.
    pub(crate) fn parse(
        model: &ItemStruct,
        field: &syn::Field,
        errors: &mut Errors,
    ) -> Option<Self> {
        let conditions = field.attrs.iter().filter(|a| a.path().is_ident("cfg"));
        let items = args::nested(&field.attrs, "field", errors);
        let mut args: FieldArgs = args::sound(Place::Field, &items, errors);
        if bare::are_mistakes(model)
            && let Some(key) = bare::report(field, errors)
        {
            args.key = Word::at(key);
        }
        Some(Self {
            ident: field.ident.clone()?,
            vis: field.vis.clone(),
            ty: types::outside(&field.ty, &model.ident),
            docs: docs::attributes(&field.attrs),
            comment: docs::comment(&field.attrs),
            conditions: conditions.cloned().collect(),
            args,
            is_part: false,
            within: None,
        })
    }

    /// The field's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The field as it is reached from the model's struct: `billing.city`.
    pub(crate) fn path(&self) -> String {
        match &self.within {
            Some(within) => format!("{}.{}", within.member.unraw(), within.field),
            None => self.name(),
        }
    }

    /// Whether it is null where a struct that it is in is not there.
    pub(crate) fn is_or_none(&self) -> bool {
        self.within.as_ref().is_some_and(|within| within.or_none)
    }

    /// The column's name.
    pub(crate) fn column(&self) -> String {
        self.args
            .column
            .as_ref()
            .map_or_else(|| self.name(), |column| column.0.clone())
    }

    /// Where the column's name is written.
    pub(crate) fn column_span(&self) -> Span {
        self.args
            .column
            .as_ref()
            .map_or_else(|| self.ident.span(), SpannedValue::span)
    }

    /// Where the column's values come from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        let args = &self.args;
        if let Some(expression) = &args.generated {
            Origin::Generated(&expression.0)
        } else if let Some(default) = &args.default {
            Origin::Default(&default.sql)
        } else if args.auto_now_add.is_present() {
            Origin::NowOnInsert
        } else if args.auto_now.is_present() {
            Origin::NowOnWrite
        } else if args.version.is_present() {
            Origin::Version
        } else if self.is_generated_key() {
            Origin::Key
        } else {
            Origin::Given
        }
    }

    /// Whether it is the key and has its values from the database unless it has a default. Parts of a key have none from there: they say
    /// which others the row belongs to.
    pub(crate) fn is_generated_key(&self) -> bool {
        self.args.key.is_present() && !self.args.given.is_present() && !self.is_part
    }

    /// How the struct that inserts rows takes the field.
    pub(crate) fn taken(&self) -> Taken {
        match self.origin() {
            Origin::Given if types::inside_option(&self.ty).is_some() || self.is_or_none() => {
                Taken::OrNull
            }
            Origin::Given => Taken::Required,
            Origin::Generated(_) => Taken::Never,
            _ => Taken::OrFilled,
        }
    }
}
