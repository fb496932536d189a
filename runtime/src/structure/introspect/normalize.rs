//! Makes the definitions of two tenants read the same: the names of their schemas become slots.

use std::collections::BTreeSet;

use tenantry_sql::{Kind, Meaning, Token, is_qualified, meanings, tokens};

use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::slots::slot;

/// Puts slots in place of the names of a schema and of the shared schema.
#[derive(Debug)]
pub(super) struct Normalizer<'a> {
    /// The schema's own name comes first.
    schemas: [(&'a str, &'static str); 2],
    names: Names,
}

/// The names of what is in a schema.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Of tables, functions, types and the like.
    pub(super) objects: BTreeSet<String>,
    /// Of the tables' columns.
    pub(super) columns: BTreeSet<String>,
}

/// Uses of a name with a dot after it besides a schema's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing else: PostgreSQL writes no table before a column here.
    Expression,
    /// A table, or what a query calls it: in a tenant `orders`, `orders.total` is a column of its table `orders`.
    Query,
    /// The same, but the objects that follow it need not exist.
    Body,
    /// Anything: `acme.com` is no schema. Only `"acme".` is, since that is how slots are filled there.
    Text,
}

impl<'a> Normalizer<'a> {
    /// Prepares for the definitions of a schema in which there are things of these names.
    pub(super) fn new(schema: &'a SchemaName, shared: &'a SchemaName, names: Names) -> Self {
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
            names,
        }
    }

    /// Puts the slots into an expression, a type, or the definition of a type or a function.
    pub(super) fn expression(&self, sql: &str) -> String {
        self.normalize(sql, Place::Expression)
    }

    /// Puts the slots into SQL that has a query in it.
    pub(super) fn query(&self, sql: &str) -> String {
        self.normalize(sql, Place::Query)
    }

    fn normalize(&self, sql: &str, place: Place) -> String {
        if !self.schemas.iter().any(|(name, _)| sql.contains(name)) {
            return sql.to_owned();
        }
        let tokens: Vec<Token<'_>> = tokens(sql).collect();
        let meanings = meanings(&tokens);
        let mut normalized = String::with_capacity(sql.len() + 16);
        for (at, (token, meaning)) in tokens.iter().zip(meanings).enumerate() {
            let (before, after) = (&tokens[..at], &tokens[at + 1..]);
            match meaning {
                Meaning::Code => {
                    let place = self.place_of(token, &tokens, place);
                    let slot = self.slot_for(token, before, after, place);
                    normalized.push_str(slot.unwrap_or(token.text));
                }
                // These are strings that have SQL in them, as `fill` sees it too.
                Meaning::Schema => self.schema_itself(&mut normalized, token),
                Meaning::Name => self.inside(&mut normalized, token, Place::Expression),
                Meaning::Body => self.inside(&mut normalized, token, Place::Body),
                Meaning::OtherBody => self.inside(&mut normalized, token, Place::Text),
                Meaning::Argument if is_qualified(quoted_parts(token).1) => {
                    self.inside(&mut normalized, token, Place::Text);
                }
                Meaning::Text | Meaning::Argument => {
                    let slot = self.in_search_path(token, before);
                    normalized.push_str(slot.unwrap_or(token.text));
                }
            }
        }
        normalized
    }

    /// The slot for a token, if it is the name of a schema.
    fn slot_for(
        &self,
        token: &Token<'_>,
        before: &[Token<'_>],
        after: &[Token<'_>],
        place: Place,
    ) -> Option<&'static str> {
        let [dot, next, ..] = after else {
            return None;
        };
        if dot.text != "." {
            return None;
        }
        let name = token.name()?;
        let &(schema, slot) = self.schemas.iter().find(|(schema, _)| *schema == name)?;
        let before = before.iter().map(|token| token.text).rev();
        // Tables that are joined stand in parentheses.
        let mut before = before.filter(|token| !token.trim().is_empty() && *token != "(");
        let before = before.next();
        let is_doubtful = match place {
            Place::Expression => false,
            Place::Query => true,
            Place::Body => self.is_table_too(schema),
            Place::Text => return (token.kind == Kind::Quoted).then_some(slot),
        };
        let is_own = schema == self.schemas[0].0;
        let is_schema = before != Some(".")
            && (!is_doubtful || !is_own || self.is_object(before, next, &after[2..]));
        is_schema.then_some(slot)
    }

    /// A query's names are in doubt only where something else in it is called like the schema.
    fn place_of(&self, token: &Token<'_>, all: &[Token<'_>], place: Place) -> Place {
        let name = match place {
            Place::Query => token.name(),
            _ => return place,
        };
        let is_bare = |(token, next): (&Token<'_>, Option<&Token<'_>>)| {
            token.name() == name && next.is_none_or(|next| next.text != ".")
        };
        let next = all.iter().skip(1).map(Some).chain([None]);
        let is_taken = name.as_deref().is_some_and(|name| self.is_table_too(name))
            || all.iter().zip(next).any(is_bare);
        if is_taken { place } else { Place::Expression }
    }

    /// The slot for a schema's name in the `SET search_path` of a routine, where PostgreSQL writes it as a text.
    fn in_search_path(&self, token: &Token<'_>, before: &[Token<'_>]) -> Option<&'static str> {
        let name = token.text.strip_prefix('\'')?.strip_suffix('\'')?;
        let &(_, slot) = self.schemas.iter().find(|(schema, _)| *schema == name)?;
        let before = before.iter().rev();
        let mut words = before.filter(|token| {
            !token.text.trim().is_empty() && token.text != "," && token.kind != Kind::String
        });
        let mut leads = |word: &str| {
            words
                .next()
                .is_some_and(|token| token.text.eq_ignore_ascii_case(word))
        };
        (leads("to") && leads("search_path") && leads("set")).then_some(slot)
    }

    /// Whether the schema is called like a table, a column, or the rows that a trigger sees.
    fn is_table_too(&self, schema: &str) -> bool {
        self.names.objects.contains(schema)
            || self.names.columns.contains(schema)
            || matches!(schema, "new" | "old")
    }

    /// Whether what stands after a name and a dot is an object of the schema, going by what stands around them.
    fn is_object(&self, before: Option<&str>, name: &Token<'_>, after: &[Token<'_>]) -> bool {
        const LEADING: [&str; 11] = [
            "::", "from", "join", "only", "into", "update", "table", "on", "view", "function", "to",
        ];
        let Some(name) = name.name() else {
            // An operator, as in `OPERATOR(acme.+)`.
            return true;
        };
        let is_call = after.first().is_some_and(|next| next.text == "(");
        let is_led = before.is_some_and(|word| LEADING.contains(&&*word.to_ascii_lowercase()));
        self.names.objects.contains(&*name)
            && (is_call || is_led || !self.names.columns.contains(&*name))
    }

    /// Puts the slot into a string that is the name of a schema and nothing else, as in `'"acme"'::regnamespace`.
    fn schema_itself(&self, normalized: &mut String, token: &Token<'_>) {
        let (opening, inner, closing) = quoted_parts(token);
        let mut words = tokens(inner).filter(|token| !token.text.trim().is_empty());
        let name = words.next().and_then(|token| token.name());
        let name = name.filter(|_| words.next().is_none());
        let found = self
            .schemas
            .iter()
            .find(|(schema, _)| Some(*schema) == name.as_deref());
        match found {
            Some((_, slot)) => normalized.extend([opening, slot, closing]),
            None => self.inside(normalized, token, Place::Expression),
        }
    }

    /// Puts the slots into what a string has between its quotes.
    fn inside(&self, normalized: &mut String, token: &Token<'_>, place: Place) {
        let (opening, inner, closing) = quoted_parts(token);
        normalized.push_str(opening);
        normalized.push_str(&self.normalize(inner, place));
        normalized.push_str(closing);
    }
}

/// A string in parts: its prefix and its first quote, what is between the quotes, and the last quote.
fn quoted_parts<'a>(token: &Token<'a>) -> (&'a str, &'a str, &'a str) {
    let opening = match token.dollar_parts() {
        Some((delimiter, _)) => delimiter.len(),
        None => token.text.find('\'').map_or(0, |quote| quote + 1),
    };
    let closing = if token.text.ends_with('\'') {
        1
    } else {
        opening
    };
    let (opening, rest) = token.text.split_at(opening);
    let (inner, closing) = rest.split_at(rest.len().saturating_sub(closing));
    (opening, inner, closing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn with_normalizer<T>(schema: &str, work: impl FnOnce(&Normalizer<'_>) -> T) -> T {
        let (schema, shared) = (
            SchemaName::new(schema).unwrap(),
            SchemaName::new("shared").unwrap(),
        );
        let names = Names {
            objects: set(&["orders", "mood", "total"]),
            columns: set(&["id", "mood"]),
        };
        work(&Normalizer::new(&schema, &shared, names))
    }

    fn query(schema: &str, sql: &str) -> String {
        with_normalizer(schema, |it| it.query(sql))
    }

    #[test]
    fn a_schema_is_told_from_a_table_of_the_same_name() {
        let of = |schema: &str| {
            format!(
                "SELECT orders.id, orders.mood FROM {schema}.orders \
                 WHERE orders.mood = 'x'::{schema}.mood AND {schema}.total(orders.id) > 0"
            )
        };
        assert_eq!(query("orders", &of("orders")), of("\"{tenant}\""));
        assert_eq!(query("acme", &of("acme")), of("\"{tenant}\""));
        assert_eq!(query("new", "(new.id > 0)"), "(new.id > 0)");
        let joined = |schema: &str| {
            format!(
                "SELECT mood.id FROM ({schema}.mood JOIN {schema}.gone g ON ((g.id = mood.id)))"
            )
        };
        assert_eq!(query("acme", &joined("acme")), joined("\"{tenant}\""));
        let parenthesised = "SELECT mood.id FROM ((mood.mood JOIN mood.orders ON true))";
        assert_eq!(
            query("mood", parenthesised),
            "SELECT mood.id FROM ((\"{tenant}\".mood JOIN \"{tenant}\".orders ON true))"
        );
    }

    #[test]
    fn a_name_in_a_text_is_a_schema_only_where_the_text_is_a_name_or_a_filled_slot() {
        with_normalizer("acme", |it| {
            for (sql, expected) in [
                (
                    "nextval('acme.s'::regclass)",
                    "nextval('\"{tenant}\".s'::regclass)",
                ),
                ("'it''s acme.com'::text", "'it''s acme.com'::text"),
                (
                    "CREATE TRIGGER t EXECUTE FUNCTION acme.f('\"acme\".a', 'acme.com', 'see \"acme\".a')",
                    "CREATE TRIGGER t EXECUTE FUNCTION \"{tenant}\".f('\"{tenant}\".a', 'acme.com', 'see \"acme\".a')",
                ),
                ("'Dear \"acme\".'::text", "'Dear \"acme\".'::text"),
                ("f(x.acme.y)", "f(x.acme.y)"),
                (
                    "SET search_path TO 'pg_catalog', 'acme', 'other' AS $f$ SELECT 'acme' $f$",
                    "SET search_path TO 'pg_catalog', \"{tenant}\", 'other' AS $f$ SELECT 'acme' $f$",
                ),
                ("shared.f(acme)", "\"{shared}\".f(acme)"),
                ("'acme'::regnamespace", "'\"{tenant}\"'::regnamespace"),
                (
                    "('acme'::text)::pg_catalog.regnamespace",
                    "('\"{tenant}\"'::text)::pg_catalog.regnamespace",
                ),
                (
                    "CAST('\"shared\"' AS regnamespace)",
                    "CAST('\"{shared}\"' AS regnamespace)",
                ),
                (
                    "f('acme'::regclass)::regnamespace",
                    "f('acme'::regclass)::regnamespace",
                ),
                ("to_regnamespace('acme')", "to_regnamespace('\"{tenant}\"')"),
                ("'acme'::regclass", "'acme'::regclass"),
                (
                    "'acme'::text, 'x'::regnamespace",
                    "'acme'::text, 'x'::regnamespace",
                ),
                ("ACME.f(\"acme\".g)", "\"{tenant}\".f(\"{tenant}\".g)"),
            ] {
                assert_eq!(it.expression(sql), expected);
            }
        });
    }

    #[test]
    fn a_function_s_body_may_name_what_is_not_there() {
        let of = |body: &str| format!("CREATE FUNCTION f() LANGUAGE plpgsql AS $f$ {body} $f$");
        with_normalizer("acme", |it| {
            assert_eq!(
                it.expression(&of(
                    "PERFORM 1 FROM acme.gone, f('acme.s'::regclass) -- \"acme\".x"
                )),
                of("PERFORM 1 FROM \"{tenant}\".gone, f('\"{tenant}\".s'::regclass) -- \"acme\".x")
            );
            assert_eq!(
                it.expression(&of(
                    "EXECUTE format('LOCK %s.a', '\"acme\"'::regnamespace);"
                )),
                of("EXECUTE format('LOCK %s.a', '\"{tenant}\"'::regnamespace);")
            );
            let dynamic = of("EXECUTE 'LOCK \"acme\".a'; SELECT $$ \"acme\".a $$");
            assert_eq!(it.expression(&dynamic), dynamic);
        });
    }
}
