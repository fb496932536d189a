//! The fields of a model's struct, each of which is a column, or several.

use proc_macro2::Ident;
use syn::Type;

use super::field::FieldSpec;
use super::types;

/// A field of a model's struct, by what it has.
#[derive(Debug)]
pub(crate) enum Member<'a> {
    /// A column, by its position.
    Column(usize),
    /// The columns of an embedded struct, from a position on.
    Embedded(Embedded<'a>),
}

/// An embedded struct's columns in a model.
#[derive(Debug)]
pub(crate) struct Embedded<'a> {
    /// The model's field.
    pub(crate) member: &'a Ident,
    /// The field's type: the struct, or an `Option` of it.
    pub(crate) ty: &'a Type,
    /// The struct.
    pub(crate) of: &'a Type,
    /// The position of the first column.
    pub(crate) first: usize,
    /// The columns' fields.
    pub(crate) fields: &'a [FieldSpec],
}

impl Embedded<'_> {
    /// Whether there may be none.
    pub(crate) fn is_option(&self) -> bool {
        types::inside_option(self.ty).is_some()
    }

    /// The names of the columns' fields.
    pub(crate) fn names(&self) -> Vec<String> {
        self.fields.iter().map(FieldSpec::name).collect()
    }
}

/// The fields of a model's struct, of its columns.
pub(super) fn members(all: &[FieldSpec]) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    let mut rest = all;
    while let Some(field) = rest.first() {
        let first = all.len() - rest.len();
        let Some(within) = &field.within else {
            members.push(Member::Column(first));
            rest = &rest[1..];
            continue;
        };
        let member = &within.member;
        let is_of = |field: &&FieldSpec| {
            let within = field.within.as_ref();
            within.is_some_and(|within| within.member == *member)
        };
        let (fields, others) = rest.split_at(rest.iter().take_while(is_of).count());
        members.push(Member::Embedded(Embedded {
            member,
            ty: &within.ty,
            of: &within.embedded,
            first,
            fields,
        }));
        rest = others;
    }
    members
}
