//! Constraints that are added first and looked at afterwards.

use std::borrow::Cow;
use std::collections::HashSet;

use tenantry_sql::Token;

/// A constraint of a table, as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Constraint<'a> {
    pub(crate) schema: &'a str,
    pub(crate) table: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

impl<'a> Constraint<'a> {
    /// Returns the constraint that the statement validates.
    pub(crate) fn validated(tokens: &[Token<'a>]) -> Option<Self> {
        match tokens {
            [alter, table, rest @ .., validate, constraint, name]
                if alter.is("alter")
                    && table.is("table")
                    && validate.is("validate")
                    && constraint.is("constraint") =>
            {
                Self::of(rest, *name)
            }
            _ => None,
        }
    }

    /// Returns the constraint that the statement adds, and nothing else.
    fn added(tokens: &[Token<'a>]) -> Option<Self> {
        let [alter, table, schema, dot, it, add, constraint, name, ..] = tokens else {
            return None;
        };
        let is_one =
            alter.is("alter") && table.is("table") && add.is("add") && constraint.is("constraint");
        let named = [*schema, *dot, *it];
        is_one.then(|| Self::of(&named, *name)).flatten()
    }

    fn of(table: &[Token<'a>], name: Token<'a>) -> Option<Self> {
        match table {
            [schema, dot, table] if dot.is_sign(".") => Some(Self {
                schema: schema.text,
                table: table.name()?,
                name: name.name()?,
            }),
            _ => None,
        }
    }
}

/// The constraints that were added by statements that are known. To look at rows evaluates nothing but what these name.
#[derive(Debug, Default)]
pub(super) struct Added<'a>(HashSet<Constraint<'a>>);

impl<'a> Added<'a> {
    pub(super) fn note(&mut self, tokens: &[Token<'a>]) {
        // After a new name it may be something else that has the former one.
        if tokens
            .iter()
            .any(|token| token.is_any(&["rename", "schema"]))
        {
            self.0.clear();
        }
        self.0.extend(Constraint::added(tokens));
    }

    pub(super) fn has_validated(&self, tokens: &[Token<'a>]) -> bool {
        Constraint::validated(tokens).is_some_and(|constraint| self.0.contains(&constraint))
    }
}
