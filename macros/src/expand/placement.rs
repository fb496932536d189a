//! Rules that only the compiler can check, since they ask for a field's type: constants that panic at the type.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Index;
use syn::ext::IdentExt;

use super::{definition, field};
use crate::check::kinds::{self, Wanted};
use crate::names;
use crate::parse::field::FieldSpec;
use crate::parse::foreign_key::ForeignKeySpec;
use crate::parse::literal::Literal;
use crate::parse::members::Member;
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::spans::{Ends, assertion};

pub(super) fn assertions(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let strict = spec.as_strict_as.iter().map(|other| {
        assertion(
            ident.span(),
            Ends::of(other),
            &quote!(__rt::at_least_as_strict::<#ident>(<#other as __rt::Model>::DEF)),
        )
    });
    let shared = spec.placement == Placement::Shared;
    let fields = spec.fields.iter().enumerate().map(|(position, field)| {
        // Any spelling may be an alias, even `String`.
        let reference = shared.then(|| reference(spec, position));
        let is_reference = field::is_reference(spec, position);
        let to_view = is_reference.then(|| to_view(spec, position));
        // A view holds no ids: it has those of its tables.
        let is_holder = shared && spec.is_table();
        let bare = (is_holder && looks_like_an_id(field)).then(|| bare_id(spec, position));
        let part = field.is_part.then(|| key_part(spec, position));
        let unchecked = field.args.constraint.as_ref();
        let unchecked = unchecked.map(|_| without_constraint(spec, position));
        // What its type alone shows of an embedded struct's field is told there.
        let of_type = field.within.is_none().then(|| of_type(spec, position));
        quote!(#reference #to_view #part #bare #unchecked #of_type)
    });
    let or_none = or_none(spec);
    let keys = spec.foreign_keys.iter().map(|key| foreign_key(spec, key));
    quote!(#(#strict)* #(#fields)* #or_none #(#keys)*)
}

/// Checks of the types of an embedded struct's fields, whatever the models are.
pub(super) fn of_fields(spec: &ModelSpec) -> TokenStream {
    let own = (0..spec.fields.len()).filter(|&position| spec.fields[position].within.is_none());
    let fields = own.map(|position| of_type(spec, position));
    let or_none = or_none(spec);
    quote!(#(#fields)* #or_none)
}

/// An embedded struct that may not be there can be told from one without values, and the program can send its defaults.
fn or_none(spec: &ModelSpec) -> TokenStream {
    let members = spec.members().into_iter().map(|member| match member {
        Member::Embedded(embedded) if embedded.is_option() => {
            let of_struct = embedded.first..embedded.first + embedded.fields.len();
            let (name, ends) = (embedded.member.unraw().to_string(), Ends::of(embedded.ty));
            let shown = embedded.of.to_token_stream().to_string();
            let within = |at: &usize| spec.fields[*at].within.as_ref();
            let always = of_struct
                .clone()
                .filter(|at| within(at).is_some_and(|within| !within.or_none_inside));
            let columns = always.map(|at| field::facts(spec, at));
            let verdict = quote!(__rt::embedded_or_none(#name, #shown, &[#(#columns),*]));
            let told = assertion(spec.ident.span(), ends, &verdict);
            let defaulted =
                of_struct.filter(|at| within(at).is_some_and(|within| within.sends_default));
            let defaults = defaulted.map(|at| {
                let (facts, column) = (field::facts(spec, at), spec.fields[at].name());
                let verdict = quote!(__rt::default_or_none(#name, #column, &#facts));
                assertion(spec.ident.span(), ends, &verdict)
            });
            quote!(#told #(#defaults)*)
        }
        _ => TokenStream::new(),
    });
    members.collect()
}

/// Checks of a field's arguments by its type.
fn of_type(spec: &ModelSpec, position: usize) -> TokenStream {
    let spelling = field::is_reference(spec, position).then(|| spelling(spec, position));
    let fits = fits(spec, position);
    let default = default(spec, position);
    quote!(#spelling #fits #default)
}

/// The fields of a foreign key are the key of the other model.
fn foreign_key(spec: &ModelSpec, key: &ForeignKeySpec) -> TokenStream {
    let (ident, other) = (&spec.ident, &key.references);
    let names = spec
        .positions(key)
        .into_iter()
        .map(|at| spec.fields[at].name());
    let facts = spec
        .positions(key)
        .into_iter()
        .map(|at| field::facts(spec, at));
    let verdict = quote!(__rt::foreign_key::<#ident>(&[#(#names),*], &[#(#facts),*], <#other as __rt::Model>::DEF));
    assertion(spec.ident.span(), Ends::of(other), &verdict)
}

/// A shared model references shared models only.
fn reference(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (ident, name) = (&spec.ident, field.name());
    let facts = field::facts(spec, position);
    let verdict = quote!(__rt::reference::<#ident>(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

/// A type that is spelt as a reference is one: another library, or the application, may have an `Fk` too.
fn spelling(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (name, facts) = (field.name(), field::facts(spec, position));
    let verdict = quote!(__rt::spelling(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

/// A row of a view is referenced by nothing that the database would have to check.
fn to_view(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (ident, name) = (&spec.ident, field.name());
    let facts = field::facts(spec, position);
    let verdict = quote!(__rt::to_view::<#ident>(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

/// A part of a key has values that are found again.
fn key_part(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (name, facts) = (field.name(), field::facts(spec, position));
    let verdict = quote!(__rt::key_part(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

/// A shared model must not hold a bare id: it has to say which model the id belongs to.
fn bare_id(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (ident, name) = (&spec.ident, field.name());
    let facts = field::facts(spec, position);
    let verdict = quote!(__rt::bare_id::<#ident>(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

/// Only a tenant's reference to a shared row can do without a constraint.
fn without_constraint(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (ident, name) = (&spec.ident, field.name());
    let facts = field::facts(spec, position);
    let verdict = quote!(__rt::without_constraint::<#ident>(#name, &#facts));
    assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
}

fn looks_like_an_id(field: &FieldSpec) -> bool {
    names::is_of_ids(&field.name())
        && (field.is_part || !field.args.key.is_present())
        && !field.args.not_a_reference.is_present()
}

/// A default that is a literal is one of the column's values.
fn default(spec: &ModelSpec, position: usize) -> Option<TokenStream> {
    let default = spec.fields[position].args.default.as_ref()?;
    let literal = match default.literal.as_ref()? {
        Literal::Text(text) => quote!(Text(#text)),
        Literal::Number(digits) => quote!(Number(#digits)),
        Literal::Boolean => quote!(Boolean),
    };
    let column = if spec.is_embedded() {
        definition::column(spec, position)
    } else {
        let (ident, position) = (&spec.ident, Index::from(position));
        quote!(<#ident as __rt::Model>::DEF.columns[#position])
    };
    let verdict = quote!(__rt::default(&#column, __rt::Literal::#literal));
    Some(assertion(spec.ident.span(), default.ends, &verdict))
}

/// The arguments of a field fit its type, where the type's spelling did not show it.
fn fits(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let name = field.name();
    let facts = field::facts(spec, position);
    let open = kinds::demands(field).into_iter();
    let assertions = open
        .filter(|demand| kinds::answer(field, demand.wanted).is_none())
        .map(|demand| {
            let argument = demand.argument;
            let wanted = match demand.wanted {
                Wanted::Text => quote!(Text),
                Wanted::Numeric => quote!(Numeric),
                Wanted::Integer => quote!(Integer),
                Wanted::Time => quote!(Time),
                Wanted::NullableTime => quote!(NullableTime),
                Wanted::ForeignKey => quote!(ForeignKey),
                Wanted::Nullable => quote!(Nullable),
                Wanted::Generated => quote!(Generated),
            };
            let verdict = quote! {
                __rt::fits(#name, #argument, __rt::Wanted::#wanted, &#facts)
            };
            assertion(spec.ident.span(), Ends::of(&field.ty), &verdict)
        });
    quote!(#(#assertions)*)
}
