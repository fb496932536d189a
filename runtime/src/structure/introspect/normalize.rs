//! Makes the definitions of two tenants read the same: the names of their schemas become slots.

use std::collections::BTreeSet;

use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::lex::{Kind, dollar_parts, identifier, tokens};
use crate::structure::slots::slot;

/// Puts slots in place of the names of a schema and of the shared schema.
#[derive(Debug)]
pub(super) struct Normalizer<'a> {
    schemas: [(&'a str, &'static str); 2],
    /// What may follow the name of the schema, when it could also be the name of a table.
    inside: Option<BTreeSet<String>>,
}

/// How sure one can be that a name is the name of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    /// In SQL, a name with a dot after it may be a schema.
    Sql,
    /// In a text, `acme.com` is no schema; only `"acme".` is, since that is how slots are filled.
    Text,
}

impl<'a> Normalizer<'a> {
    /// Prepares for the definitions of a schema in which there are things of these names.
    pub(super) fn new(
        schema: &'a SchemaName,
        shared: &'a SchemaName,
        names: BTreeSet<String>,
    ) -> Self {
        let own = if schema == shared {
            PlacementKind::Shared
        } else {
            PlacementKind::Tenant
        };
        Self {
            schemas: [
                (schema.as_str(), slot(own)),
                (shared.as_str(), slot(PlacementKind::Shared)),
            ],
            // In a tenant `orders`, `orders.total` can be a column of its table `orders`.
            inside: names.contains(schema.as_str()).then_some(names),
        }
    }

    /// Puts the slots in place of the names.
    pub(super) fn normalize(&self, sql: &str) -> String {
        self.normalize_in(sql, Context::Sql)
    }

    fn normalize_in(&self, sql: &str, context: Context) -> String {
        if !self.schemas.iter().any(|(name, _)| sql.contains(name)) {
            return sql.to_owned();
        }
        let tokens: Vec<(Kind, &str)> = tokens(sql).collect();
        let mut normalized = String::with_capacity(sql.len() + 16);
        for (at, &(kind, token)) in tokens.iter().enumerate() {
            match kind {
                Kind::Literal => normalized.push_str(&self.literal(token, &tokens[at + 1..])),
                Kind::Dollar => normalized.push_str(&self.dollar(token, context)),
                _ => {
                    let before = at.checked_sub(1).map(|before| tokens[before].1);
                    let slot = self.slot_for(kind, token, before, &tokens[at + 1..], context);
                    normalized.push_str(slot.unwrap_or(token));
                }
            }
        }
        normalized
    }

    /// The slot for a token that is the name of a schema with a dot after it.
    fn slot_for(
        &self,
        kind: Kind,
        token: &str,
        before: Option<&str>,
        after: &[(Kind, &str)],
        context: Context,
    ) -> Option<&'static str> {
        let [(_, "."), (next_kind, next), ..] = *after else {
            return None;
        };
        if before == Some(".") || context == Context::Text && kind != Kind::Quoted {
            return None;
        }
        let name = identifier(kind, token)?;
        let &(schema, slot) = self.schemas.iter().find(|(schema, _)| *schema == name)?;
        let is_own = schema == self.schemas[0].0;
        match (&self.inside, identifier(next_kind, next)) {
            (Some(names), Some(next)) if is_own && !names.contains(&next) => None,
            _ => Some(slot),
        }
    }

    /// A text that is the name of something, such as `'acme.notes_id_seq'::regclass`, is SQL inside.
    fn literal(&self, token: &str, after: &[(Kind, &str)]) -> String {
        let is_name = matches!(after, [(_, ":"), (_, ":"), (Kind::Word, name), ..] if name.starts_with("reg"));
        let context = if is_name { Context::Sql } else { Context::Text };
        let Some((start, inner)) = token.split_once('\'') else {
            return token.to_owned();
        };
        [start, "'", &self.normalize_in(inner, context)].concat()
    }

    /// The body of a function is SQL.
    fn dollar(&self, token: &str, context: Context) -> String {
        match dollar_parts(token) {
            Some((delimiter, body)) => {
                [delimiter, &self.normalize_in(body, context), delimiter].concat()
            }
            None => token.to_owned(),
        }
    }
}
