//! The two models of an overlay, and that they can be one.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Index, Path};

use super::field;
use crate::parse::members::Member;
use crate::parse::model::ModelSpec;
use crate::parse::overlay::OverlaySpec;
use crate::spans::{Ends, assertion};

/// Short names for the models, and the rules that only the compiler can check.
pub(super) fn models(spec: &ModelSpec) -> Option<TokenStream> {
    let overlay = spec.overlay.as_ref()?;
    let sides = [(&overlay.own, "Tenant"), (&overlay.shared, "Shared")];
    let aliases = [own(overlay), shared(overlay)];
    let names = sides.iter().zip(&aliases).map(|((model, _), alias)| {
        // No import: a struct beside it may have the name of one that a glob brings.
        quote!(type #alias = #model;)
    });
    let ident = &spec.ident;
    let checks = sides.iter().zip(&aliases).map(|((model, side), alias)| {
        let side = format_ident!("{side}");
        let verdict = quote!(__rt::overlaid::<#ident, #alias>(__rt::PlacementKind::#side));
        assertion(ident.span(), Ends::of(model), &verdict)
    });
    let fields = fields(spec, overlay);
    let hides = overlay.deleted_hides.span().map(|span| {
        let own = &aliases[0];
        let ends = Ends {
            first: span,
            last: span,
        };
        assertion(
            ident.span(),
            ends,
            &quote!(__rt::overlays_deleted::<#own>()),
        )
    });
    Some(quote!(#(#names)* #(#checks)* #fields #hides))
}

/// Each field is one of both models; of an embedded struct the first that is none is told.
fn fields(spec: &ModelSpec, overlay: &OverlaySpec) -> TokenStream {
    let ident = &spec.ident;
    let models = [own(overlay), shared(overlay)];
    let checks = spec.members().into_iter().map(|member| {
        let (first, count) = match member {
            Member::Column(at) => (at, 1),
            Member::Embedded(embedded) => (embedded.first, embedded.fields.len()),
        };
        let field = &spec.fields[first];
        let verdict = if field.args.own.is_present() {
            let (name, facts) = (field.name(), field::facts(spec, first));
            quote!(__rt::overlay_mark(#name, &#facts))
        } else {
            let [first, end] = [first, first + count].map(Index::from);
            let definitions = models
                .iter()
                .map(|model| quote!(<#model as __rt::Model>::DEF));
            quote!(__rt::overlaid_fields::<#ident>(#first, #end, #(#definitions),*))
        };
        assertion(ident.span(), Ends::of(&field.ty), &verdict)
    });
    checks.collect()
}

/// `ModelDef::overlay`.
pub(super) fn definition(spec: &ModelSpec) -> TokenStream {
    let Some(overlay) = &spec.overlay else {
        return quote!(::core::option::Option::None);
    };
    let (own, shared) = (own(overlay), shared(overlay));
    let mut fields = spec.fields.iter();
    let mark = fields.position(|field| field.args.own.is_present());
    let mark = mark.map(Index::from).map_or_else(
        || quote!(::core::option::Option::None),
        |at| quote!(::core::option::Option::Some(#at)),
    );
    let deleted_hides = overlay.deleted_hides.is_present();
    quote! {
        ::core::option::Option::Some(__rt::OverlayDef {
            own: <#own as __rt::Model>::DEF,
            shared: <#shared as __rt::Model>::DEF,
            mark: #mark,
            deleted_hides: #deleted_hides,
        })
    }
}

/// Has a column be there for the tenants whose own table has it.
pub(super) fn as_in_own(spec: &ModelSpec, position: usize) -> Option<TokenStream> {
    let overlay = spec.overlay.as_ref()?;
    let is_mark = spec.fields[position].args.own.is_present();
    let own = own(overlay);
    (!is_mark).then(|| quote!(.as_in(<#own as __rt::Model>::DEF)))
}

fn own(overlay: &OverlaySpec) -> Ident {
    alias("__Own", &overlay.own)
}

fn shared(overlay: &OverlaySpec) -> Ident {
    alias("__Shared", &overlay.shared)
}

/// A name with the place of the path, so that what is wrong with the model is shown there.
fn alias(name: &str, model: &Path) -> Ident {
    Ident::new(name, model.span())
}
