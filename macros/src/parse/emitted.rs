//! The item that the attribute was written above, as it is handed on to the compiler.

use syn::visit_mut::VisitMut;
use syn::{Attribute, Field, Ident, Item, Meta, Variant};

use super::bare;
use super::placement::Declaration;
use super::types;

/// The item without the attributes that only these macros know.
///
/// Of a rejected one, what the compiler would complain of too is mended, so that the mistake is reported once.
pub(crate) fn emitted(mut item: Item, rejected: bool) -> Item {
    if let Item::Struct(item) = &mut item {
        item.attrs
            .retain(|attribute| Declaration::of(attribute.path()).is_none());
        if rejected && bare::are_mistakes(item) {
            for field in &mut item.fields {
                field.attrs.retain(|attribute| !bare::is_word(attribute));
            }
        }
    }
    let model = match &item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return item,
    };
    let model = model.clone();
    Emit { rejected, model }.visit_item_mut(&mut item);
    item
}

struct Emit {
    rejected: bool,
    model: Ident,
}

impl VisitMut for Emit {
    fn visit_field_mut(&mut self, field: &mut Field) {
        field.attrs.retain(|attribute| !is_helper(attribute));
        if self.rejected {
            field.ty = types::mended(&field.ty, &self.model);
        }
    }

    fn visit_variant_mut(&mut self, variant: &mut Variant) {
        variant.attrs.retain(|attribute| !is_helper(attribute));
        variant
            .fields
            .iter_mut()
            .for_each(|field| self.visit_field_mut(field));
    }
}

/// Whether an attribute is `#[field(...)]`, perhaps under a condition.
fn is_helper(attribute: &Attribute) -> bool {
    attribute.path().is_ident("field") || is_conditional(attribute)
}

/// Whether an attribute is `#[cfg_attr(..., field(...))]`.
fn is_conditional(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    attribute.path().is_ident("cfg_attr")
        && list
            .tokens
            .clone()
            .into_iter()
            .any(|token| matches!(token, proc_macro2::TokenTree::Ident(name) if name == "field"))
}

/// Whether the compiler has to resolve conditions before the item's fields can be read, and none of them is a mistake.
pub(crate) fn is_open(item: &Item) -> bool {
    let Item::Struct(item) = item else {
        return false;
    };
    let mut attributes = item.fields.iter().flat_map(|field| &field.attrs);
    attributes.clone().any(is_conditional)
        && attributes.all(|attribute| !attribute.path().is_ident("cfg"))
}
