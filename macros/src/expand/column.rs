//! `#[derive(Column)]`: newtypes and enums as values of columns.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path, Type};

use crate::check;
use crate::errors::Errors;
use crate::parse::column::{self, ColumnSpec, Shape, VariantSpec};

/// Expands the derive.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let spec = column::parse(&input, &mut errors);
    if let Some(spec) = spec.as_ref().ok().filter(|_| errors.is_empty()) {
        check::column(spec, &mut errors);
    }
    match (spec, errors.finish()) {
        // The compiler tells of parameters that nothing uses.
        (Ok(spec), None) if input.generics.params.is_empty() => {
            let root = &spec.root;
            let items = match &spec.shape {
                Shape::Newtype { inner } => newtype(&spec, inner),
                Shape::Enum {
                    variants,
                    type_name,
                } => labelled(&spec.ident, variants, type_name.as_ref().map(|it| &***it)),
            };
            quote! {
                #[allow(deprecated, unused_qualifications)]
                const _: () = {
                    use #root::__private as __rt;
                    #items
                };
            }
        }
        (Ok(ColumnSpec { root, .. }) | Err(root), errors) => {
            let stand_in = stand_in(&root, &input);
            quote!(#errors #stand_in)
        }
    }
}

fn newtype(spec: &ColumnSpec, inner: &Type) -> TokenStream {
    let ident = &spec.ident;
    let check = spec.check_with.as_ref().map(|check| &check.0);
    let at = |path: &Path| Span::call_site().located_at(path.span());
    let encoded = check.map(|path| quote_spanned!(at(path)=> __rt::accepted(#path(&self.0))?;));
    let decoded =
        check.map(|path| quote_spanned!(at(path)=> __rt::accepted_stored(#path(&inner))?;));
    quote! {
        #[automatically_derived]
        impl __rt::Scalar for #ident {
            const SQL: __rt::SqlType = <#inner as __rt::Scalar>::SQL;
            const LABELS: ::core::option::Option<&'static [&'static str]> =
                <#inner as __rt::Scalar>::LABELS;
            const ITEM_LABELS: ::core::option::Option<&'static [&'static str]> =
                <#inner as __rt::Scalar>::ITEM_LABELS;
            const NULL_ITEMS: bool = <#inner as __rt::Scalar>::NULL_ITEMS;
            const LAST_SECOND: ::core::option::Option<i64> =
                <#inner as __rt::Scalar>::LAST_SECOND;
            const RANGE: ::core::option::Option<(i64, i64)> = <#inner as __rt::Scalar>::RANGE;
            const REFERENCES: ::core::option::Option<__rt::Reference> =
                <#inner as __rt::Scalar>::REFERENCES;

            fn encode(
                &self,
                out: &mut __rt::BytesMut,
            ) -> ::core::result::Result<(), __rt::DecodeError> {
                #encoded
                <#inner as __rt::Scalar>::encode(&self.0, out)
            }

            fn decode(
                ty: &__rt::Type,
                raw: &[u8],
            ) -> ::core::result::Result<Self, __rt::DecodeError> {
                let inner = <#inner as __rt::Scalar>::decode(ty, raw)?;
                #decoded
                ::core::result::Result::Ok(Self(inner))
            }
        }

        #[automatically_derived]
        impl __rt::Element for #ident {}

        // As the key of a model it can stand for a reference to a row of that model.
        #[automatically_derived]
        impl<M: __rt::Model<Key = #ident>> __rt::IntoValue<__rt::Fk<M>> for #ident {
            fn into_value(self) -> __rt::Fk<M> {
                __rt::Fk::new(self)
            }
        }

        #[automatically_derived]
        impl<M: __rt::Model<Key = #ident>>
            __rt::IntoValue<::core::option::Option<__rt::Fk<M>>> for #ident
        {
            fn into_value(self) -> ::core::option::Option<__rt::Fk<M>> {
                ::core::option::Option::Some(__rt::Fk::new(self))
            }
        }
    }
}

fn labelled(ident: &Ident, variants: &[VariantSpec], type_name: Option<&str>) -> TokenStream {
    let sql = type_name.map_or_else(
        || quote!(__rt::SqlType::Text),
        |name| quote!(__rt::SqlType::Enum(#name)),
    );
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let labels: Vec<_> = variants.iter().map(|variant| &**variant.label).collect();
    quote! {
        #[automatically_derived]
        impl __rt::Scalar for #ident {
            const SQL: __rt::SqlType = #sql;
            const LABELS: ::core::option::Option<&'static [&'static str]> =
                ::core::option::Option::Some(&[#(#labels),*]);

            fn encode(
                &self,
                out: &mut __rt::BytesMut,
            ) -> ::core::result::Result<(), __rt::DecodeError> {
                let label = match self {
                    #(Self::#idents => #labels,)*
                };
                __rt::encode_label(label, out)
            }

            fn decode(
                ty: &__rt::Type,
                raw: &[u8],
            ) -> ::core::result::Result<Self, __rt::DecodeError> {
                match __rt::decode_label(ty, raw)? {
                    #(#labels => ::core::result::Result::Ok(Self::#idents),)*
                    other => ::core::result::Result::Err(__rt::unknown_label::<Self>(other)),
                }
            }
        }

        #[automatically_derived]
        impl __rt::Element for #ident {}
    }
}

/// Expansion of a rejected type, so that nothing but the real error shows.
fn stand_in(root: &Path, input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (parameters, arguments, where_clause) = input.generics.split_for_impl();
    let predicates = where_clause.map(|clause| &clause.predicates);
    let bounds = quote! {
        where
            Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static,
            #predicates
    };
    quote! {
        const _: () = {
            use #root::__private as __rt;

            impl #parameters __rt::Scalar for #ident #arguments #bounds {
                const SQL: __rt::SqlType = __rt::SqlType::Text;

                fn encode(
                    &self,
                    _: &mut __rt::BytesMut,
                ) -> ::core::result::Result<(), __rt::DecodeError> {
                    ::core::unreachable!()
                }

                fn decode(
                    _: &__rt::Type,
                    _: &[u8],
                ) -> ::core::result::Result<Self, __rt::DecodeError> {
                    ::core::unreachable!()
                }
            }

            impl #parameters __rt::Element for #ident #arguments #bounds {}
        };
    }
}
