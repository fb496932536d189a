//! `impl Model`: a model's definition, and how its rows are read and written.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Index;
use syn::ext::IdentExt;

use super::literal::sql_literal;
use super::{checked, field, key, members, overlay, view};
use crate::parse::field::{FieldSpec, Origin};
use crate::parse::foreign_key::ForeignKeySpec;
use crate::parse::index::{CheckSpec, IndexSpec, Part};
use crate::parse::model::ModelSpec;
use crate::parse::placement::Placement;
use crate::spans::generics;
use crate::sql::cut::Pieces;
use crate::sql::fixed::Table;

pub(super) fn implementation(spec: &ModelSpec) -> TokenStream {
    let ident = &spec.ident;
    let name = ident.unraw().to_string();
    let placement = marker(spec.placement);
    let key_column = match &spec.key()[..] {
        [alone] => spec.fields[*alone].column(),
        _ => String::new(),
    };
    let keys = spec.key().into_iter();
    let key_columns = keys.map(|at| spec.fields[at].column());
    let key_ty = key::ty(spec);
    let key = key::value(spec);
    let table = &**spec.table;
    let definition = definition(spec, &name);
    let is_view = (!spec.is_table()).then(|| {
        quote!(
            const IS_VIEW: bool = true;
        )
    });
    let is_overlay = spec.overlay.is_some().then(|| {
        quote!(
            const IS_OVERLAY: bool = true;
        )
    });
    let generics = generics(ident);
    let taken = members::taken(spec);
    let written = members::written(spec);
    let violations = checked::violations(spec);
    let refusal = checked::refusal(spec);
    quote! {
        #[automatically_derived]
        impl #generics __rt::Model for #ident {
            type Placement = #placement;
            type Key = #key_ty;
            const NAME: &'static str = #name;
            const MODULE: &'static str = ::core::module_path!();
            const TABLE: &'static str = #table;
            const KEY_COLUMN: &'static str = #key_column;
            const KEY_COLUMNS: &'static [&'static str] = &[#(#key_columns),*];
            #is_view
            #is_overlay
            const DEF: &'static __rt::ModelDef = &#definition;

            fn key(&self) -> Self::Key {
                #key
            }

            fn read(row: &mut __rt::RowReader<'_>) -> ::core::result::Result<Self, __rt::DecodeError> {
                ::core::result::Result::Ok(Self { #taken })
            }

            fn write(&self) -> ::core::result::Result<::std::vec::Vec<__rt::Param>, __rt::DecodeError> {
                #written
            }

            #violations
            #refusal
        }
    }
}

/// The type that stands for a placement.
pub(super) fn marker(placement: Placement) -> TokenStream {
    match placement {
        Placement::Shared => quote!(__rt::SharedSchema),
        Placement::Tenant => quote!(__rt::TenantSchema),
    }
}

fn definition(spec: &ModelSpec, name: &str) -> TokenStream {
    let placement = match spec.placement {
        Placement::Shared => quote!(Shared),
        Placement::Tenant => quote!(Tenant),
    };
    let table = &**spec.table;
    let comment = option(spec.comment.as_deref());
    let was = option(spec.was.as_ref().map(|was| was.0.as_str()));
    let columns = (0..spec.fields.len()).map(|at| column(spec, at));
    let key = spec.key().into_iter().map(Index::from);
    let given = given(spec).into_iter().map(Index::from);
    let indexes = spec.indexes.iter().map(|index| self::index(spec, index));
    let checks = spec.checks.iter().map(check);
    let foreign_keys = spec.foreign_keys.iter().map(|key| foreign_key(spec, key));
    let as_strict_as = &spec.as_strict_as;
    let statements = statements(spec);
    let view = view::query(spec);
    let overlay = overlay::definition(spec);
    let is_tenant = spec.tenant.is_present();
    quote! {
        __rt::ModelDef {
            name: #name,
            module: ::core::module_path!(),
            placement: __rt::PlacementKind::#placement,
            is_tenant: #is_tenant,
            table: #table,
            was: #was,
            comment: #comment,
            columns: &[#(#columns),*],
            key: &[#(#key),*],
            given: &[#(#given),*],
            indexes: &[#(#indexes),*],
            checks: &[#(#checks),*],
            foreign_keys: &[#(#foreign_keys),*],
            as_strict_as: &[#(<#as_strict_as as __rt::Model>::NAME),*],
            view: #view,
            overlay: #overlay,
            statements: #statements,
        }
    }
}

/// The positions of the columns that an insert gives.
fn given(spec: &ModelSpec) -> Vec<usize> {
    let is_given = |field: &FieldSpec| field.origin() == Origin::Given;
    let positions = spec.fields.iter().enumerate();
    positions
        .filter_map(|(position, field)| is_given(field).then_some(position))
        .collect()
}

pub(super) fn column(spec: &ModelSpec, position: usize) -> TokenStream {
    let field = &spec.fields[position];
    let (name, column, args) = (field.name(), field.column(), &field.args);
    let mut calls = Vec::new();
    if let Some(length) = &args.max_length {
        let length = Literal::u32_unsuffixed(length.0);
        calls.push(quote!(.max_length(#length)));
    }
    if let Some(precision) = &args.precision {
        let scale = args.scale.as_ref().map_or(0, |scale| scale.0);
        let digits = [precision.0, scale].map(Literal::u32_unsuffixed);
        calls.push(quote!(.digits(#(#digits),*)));
    }
    match field.origin() {
        Origin::Given | Origin::Key => {}
        Origin::Default(sql) => {
            let sql = sql_literal(sql);
            calls.push(quote!(.source(__rt::Source::Default(#sql))));
        }
        Origin::NowOnInsert => calls.push(quote!(.source(__rt::Source::NowOnInsert))),
        Origin::NowOnWrite => calls.push(quote!(.source(__rt::Source::NowOnWrite))),
        Origin::Version => calls.push(quote!(.source(__rt::Source::Version))),
        Origin::Generated(sql) => {
            let sql = sql_literal(sql);
            calls.push(quote!(.source(__rt::Source::Generated(#sql))));
        }
    }
    if field.is_generated_key() {
        calls.push(quote!(.key()));
    }
    if args.unique.is_present() {
        calls.push(quote!(.unique()));
    }
    if args.index.is_present() {
        calls.push(quote!(.index()));
    }
    if let Some(check) = &args.check {
        let sql = sql_literal(&check.0);
        calls.push(quote!(.check(#sql)));
    }
    if let Some(action) = &args.on_delete {
        let action = format_ident!("{}", action.variant);
        calls.push(quote!(.on_delete(__rt::OnDelete::#action)));
    }
    if args.constraint.is_some() {
        calls.push(quote!(.without_constraint()));
    }
    if args.not_a_reference.is_present() {
        calls.push(quote!(.not_a_reference()));
    }
    if args.soft_delete.is_present() {
        calls.push(quote!(.soft_delete()));
    }
    if let Some(since) = &args.since {
        let since = sql_literal(&since.0);
        calls.push(quote!(.since(#since)));
    }
    if let Some(until) = &args.until {
        let until = sql_literal(&until.0);
        calls.push(quote!(.until(#until)));
    }
    if let Some(was) = &args.was {
        let was = sql_literal(&was.0);
        calls.push(quote!(.was(#was)));
    }
    if let Some(comment) = &field.comment {
        calls.push(quote!(.comment(#comment)));
    }
    if let Some(within) = &field.within {
        let member = within.member.unraw().to_string();
        calls.push(quote!(.embedded_in(#member)));
    }
    if field.is_or_none() {
        calls.push(quote!(.nullable()));
    }
    calls.extend(overlay::as_in_own(spec, position));
    let facts = field::facts(spec, position);
    quote!(__rt::ColumnDef::of(#name, #column, #facts) #(#calls)*)
}

fn index(spec: &ModelSpec, index: &IndexSpec) -> TokenStream {
    let parts = index.parts.iter().map(|part| match part {
        Part::Expression(sql) => {
            let sql = sql_literal(sql);
            quote!(__rt::IndexPart::Expression(#sql))
        }
        Part::Field(ident) => {
            let field = spec
                .fields
                .iter()
                .find(|field| field.ident.unraw() == ident.unraw());
            let column = field.map(FieldSpec::column).unwrap_or_default();
            quote!(__rt::IndexPart::Column(#column))
        }
    });
    let unique = index.unique;
    let name = option(index.name.as_ref().map(|name| name.0.as_str()));
    let filter = option(index.filter.as_ref().map(|filter| filter.0.as_str()));
    let method = option(index.method.as_ref().map(|method| method.0.as_str()));
    let operators = index.operators.iter().flatten().map(|it| sql_literal(it));
    quote! {
        __rt::IndexDef {
            name: #name,
            parts: &[#(#parts),*],
            unique: #unique,
            filter: #filter,
            method: #method,
            operators: &[#(#operators),*],
        }
    }
}

fn foreign_key(spec: &ModelSpec, key: &ForeignKeySpec) -> TokenStream {
    let name = option(key.name.as_ref().map(|name| name.0.as_str()));
    let columns = spec
        .positions(key)
        .into_iter()
        .map(|at| spec.fields[at].column());
    let references = &key.references;
    let action = key.on_delete.as_ref().map_or("NoAction", |it| it.variant);
    let action = format_ident!("{action}");
    quote! {
        __rt::ForeignKeyDef {
            name: #name,
            columns: &[#(#columns),*],
            references: <#references as __rt::Model>::REFERENCE,
            key: <#references as __rt::Model>::KEY_COLUMNS,
            on_delete: __rt::OnDelete::#action,
        }
    }
}

fn check(check: &CheckSpec) -> TokenStream {
    let name = option(check.name.as_ref().map(|name| name.0.as_str()));
    let condition = sql_literal(&check.condition);
    quote!(__rt::CheckDef { name: #name, condition: #condition })
}

fn statements(spec: &ModelSpec) -> TokenStream {
    let columns: Vec<_> = spec.fields.iter().map(FieldSpec::column).collect();
    let table = Table {
        name: spec.table.to_string(),
        key: spec
            .key()
            .into_iter()
            .map(|at| columns[at].clone())
            .collect(),
        given: given(spec)
            .into_iter()
            .map(|position| columns[position].clone())
            .collect(),
        columns,
    };
    let fixed = |pieces: &Pieces| {
        let (before, after) = (sql_literal(&pieces.before), sql_literal(&pieces.after));
        quote!(__rt::FixedSql(#before, #after))
    };
    let none = || quote!(__rt::FixedSql("", ""));
    let (find, exists) = if spec.overlay.is_none() {
        (fixed(&table.find()), fixed(&table.exists()))
    } else {
        (none(), none())
    };
    let (insert, delete) = if spec.is_table() {
        (fixed(&table.insert()), fixed(&table.delete()))
    } else {
        (none(), none())
    };
    quote! {
        __rt::Statements {
            find: #find,
            exists: #exists,
            insert: #insert,
            delete: #delete,
        }
    }
}

fn option(text: Option<&str>) -> TokenStream {
    text.map(sql_literal).map_or_else(
        || quote!(::core::option::Option::None),
        |text| quote!(::core::option::Option::Some(#text)),
    )
}
