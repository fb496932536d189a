//! The whole expansion of each macro, as a person would write it. The snapshots are for reading.

use proc_macro2::TokenStream;
use quote::quote;

use super::{column, embedded, model, new, raw, row, schema};
use crate::parse::placement::{Declaration, Placement};

/// Formats items.
fn shown(items: TokenStream) -> String {
    let file = syn::parse2(items).expect("the expansion is a sequence of items");
    prettyplease::unparse(&file)
}

#[test]
fn a_tenant_model() {
    let item = quote! {
        /// A customer who pays.
        #[derive(Debug)]
        pub struct Customer {
            #[field(key)]
            pub id: i64,
            /// Where invoices are sent.
            #[field(unique, max_length = 80)]
            pub email: String,
            pub r#type: Option<String>,
            #[field(on_delete = "restrict", inverse = "customers")]
            plan: Fk<Plan>,
            #[field(default = "new")]
            pub state: State,
            #[field(auto_now_add)]
            pub created_at: Timestamp,
            #[field(version)]
            pub version: i64,
        }
    };
    let attribute = quote!(
        index(plan, "lower(email)", filter = "state <> 'gone'"),
        check = "email LIKE '%@%'"
    );
    insta::assert_snapshot!(shown(model::expand(
        Declaration::table(Placement::Tenant),
        attribute,
        &item
    )));
}

#[test]
fn a_shared_model() {
    let item = quote! {
        pub struct Token {
            #[field(key, given)]
            pub token: Uuid,
            pub plan: Fk<Plan>,
            pub subject_id: i64,
        }
    };
    let attribute = quote!(as_strict_as(Plan));
    insta::assert_snapshot!(shown(model::expand(
        Declaration::table(Placement::Shared),
        attribute,
        &item
    )));
}

#[test]
fn an_embedded_struct() {
    let item = quote! {
        /// Where somebody is.
        #[derive(Embedded)]
        pub(crate) struct Address {
            #[field(max_length = 40, check = "city <> ''", check_with = is_city)]
            city: String,
            /// Bern's otherwise.
            #[field(default = "BE")]
            pub(super) canton: Canton,
        }
    };
    insta::assert_snapshot!(shown(embedded::expand(item)));
}

#[test]
fn a_model_that_embeds_a_struct() {
    let item = quote! {
        pub struct Customer {
            #[field(key)]
            pub id: i64,
            #[field(embed)]
            pub home: places::Address,
        }
    };
    let declaration = Declaration::table(Placement::Tenant);
    insta::assert_snapshot!(shown(model::expand(declaration, quote!(), &item)));
}

#[test]
fn a_model_that_knows_the_structs_that_it_embeds() {
    let input = quote! {
        tenant_model { index(work_city) }
        {
            pub struct Customer {
                #[field(key)]
                pub id: i64,
                #[field(embed, prefix = "")]
                home: places::Address,
                #[field(embed)]
                pub work: Option<places::Address>,
                #[field(embed)]
                pub rest: Rest,
            }
        }
        { {
            pub struct Address {
                #[field(max_length = 40, check = "city <> ''", check_with = is_city)]
                city: String,
                pub country: Option<Fk<Country>>,
            }
        } }
        { {
            struct Rest {
                note: Option<String>,
                #[field(default = 0, was = "count", column = "number")]
                visits: i32,
            }
        } }
    };
    insta::assert_snapshot!(shown(model::expand_with_embedded(input)));
}

#[test]
fn a_model_with_a_key_of_two_fields() {
    let item = quote! {
        pub struct Membership {
            #[field(key, on_delete = "cascade")]
            pub user: Fk<User>,
            #[field(key)]
            pub team: i64,
            pub role: Role,
        }
    };
    insta::assert_snapshot!(shown(model::expand(
        Declaration::table(Placement::Tenant),
        quote!(),
        &item
    )));
}

#[test]
fn a_rejected_model() {
    let item = quote! {
        pub struct Plan {
            #[field(key, uniqe)]
            pub id: i64,
            pub code: String,
        }
    };
    insta::assert_snapshot!(shown(model::expand(
        Declaration::table(Placement::Shared),
        quote!(),
        &item
    )));
}

#[test]
fn an_enum_as_column() {
    let item = quote! {
        pub enum State {
            New,
            #[column(rename = "paid up")]
            PaidUp,
        }
    };
    insta::assert_snapshot!(shown(column::expand(item)));
}

#[test]
fn a_newtype_as_column() {
    insta::assert_snapshot!(shown(column::expand(quote!(
        pub struct Number(i64);
    ))));
}

#[test]
fn a_row() {
    let item = quote! {
        /// A debtor.
        pub struct Summary<T> {
            /// Whose it is.
            pub name: String,
            #[row(column = "sum")]
            owed: Option<T>,
            #[row(prefix = "owner_")]
            owner: Person,
        }
    };
    insta::assert_snapshot!(shown(row::expand(item)));
}

#[test]
fn a_new_row() {
    let input = quote!(Customer {
        name: "Ann",
        r#type,
        plan: &pro
    });
    let row = new::expand(input);
    insta::assert_snapshot!(shown(quote!(fn row() { #row })));
}

#[test]
fn a_schema() {
    let input = quote! {
        /// Every model of this application.
        pub static SCHEMA = [crate::*, billing::*, auth::{Session, Token}];
    };
    insta::assert_snapshot!(shown(schema::expand(input)));
}

#[test]
fn a_statement() {
    let input =
        quote!("UPDATE {Customer} SET {Customer.type} = $1 WHERE plan IN (SELECT id FROM {Plan})");
    let expression = raw::expand(input);
    insta::assert_snapshot!(shown(quote!(fn statement() { #expression })));
}
