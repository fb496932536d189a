//! The item that an attribute stands above.

use proc_macro2::TokenStream;
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{Item, Result, Type};

/// Reads an item.
///
/// A `macro_rules!` hands on a type in an invisible group, whose place is in that macro, while the type in it stands where
/// the user wrote it. What is told of both would be told twice, so a path stands without its group.
pub(crate) fn parse(tokens: TokenStream) -> Result<Item> {
    let mut item = syn::parse2(tokens)?;
    Ungroup.visit_item_mut(&mut item);
    Ok(item)
}

struct Ungroup;

impl VisitMut for Ungroup {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        while let Type::Group(group) = ty
            && matches!(*group.elem, Type::Path(_) | Type::Group(_))
        {
            *ty = (*group.elem).clone();
        }
        visit_type_mut(self, ty);
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Delimiter, Group, TokenTree};
    use quote::quote;

    use super::*;

    #[test]
    fn a_type_that_a_macro_hands_on_stands_by_itself() {
        let handed = |ty| TokenTree::from(Group::new(Delimiter::None, ty));
        let inner = handed(quote!(Fk<User>));
        let outer = handed(quote!(Option<#inner>));
        let item = parse(quote!(struct A { a: #outer, })).unwrap();
        let plain = parse(quote!(
            struct A {
                a: Option<Fk<User>>,
            }
        ))
        .unwrap();
        assert_eq!(item, plain);
    }
}
