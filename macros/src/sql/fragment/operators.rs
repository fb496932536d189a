//! Operators: whether they compare once, and join what they are for.

use tenantry_sql::{Kind, Token};

use super::{Before, Result, Review};
use crate::sql::keywords;

impl Review<'_> {
    pub(super) fn operator(&mut self, token: &Token<'_>, position: usize) -> Result<usize> {
        let sign = token.text;
        match sign {
            "==" | "===" => return Err(format!("compares with `{sign}`\nhelp: write `=`")),
            "=!" | "!==" | "<=>" => {
                return Err(format!("compares with `{sign}`\nhelp: write `<>`"));
            }
            "=<" => return Err("compares with `=<`\nhelp: write `<=`".to_owned()),
            "=>" => return Err("compares with `=>`\nhelp: write `>=`".to_owned()),
            "!" => return Err("has a `!`\nhelp: write `NOT`".to_owned()),
            // `count(*)`, and the name of an argument.
            "*" if self.before == Before::Nothing && self.is(position + 1, ")") => {
                self.before = Before::Value;
                return Ok(position + 1);
            }
            "&&" if self.is_logical(position) => {
                return Err(
                    "joins conditions with `&&`, which is for arrays and ranges\nhelp: write `AND`"
                        .to_owned(),
                );
            }
            "||" if self.is_condition(position) => {
                return Err(
                    "joins conditions with `||`, which joins texts\nhelp: write `OR`".to_owned(),
                );
            }
            _ => {}
        }
        if keywords::COMPARISONS.contains(&sign) {
            let level = *self.level();
            if level.compared {
                return Err(format!(
                    "compares twice without a word in between, at `{sign}`\nhelp: write `AND` or `OR` between conditions"
                ));
            }
            if level.overlaps {
                return Err(
                    "joins conditions with `&&`, which is for arrays and ranges\nhelp: write `AND`"
                        .to_owned(),
                );
            }
            self.level().compared = true;
        }
        self.level().overlaps |= sign == "&&";
        if self.before == Before::Value {
            self.before = Before::Operator;
        } else if !keywords::PREFIXES.contains(&sign) {
            return Err(format!(
                "has nothing on the left of `{sign}`\nhelp: write a column or a value there"
            ));
        }
        Ok(position + 1)
    }

    /// Whether an operator at a position has a condition or a plain column beside it.
    fn is_logical(&mut self, position: usize) -> bool {
        let beside = |token: Option<&Token<'_>>| {
            token.is_some_and(|token| match token.kind {
                Kind::Number => true,
                Kind::Word if token.is_any(&["true", "false", "not", "null"]) => true,
                Kind::Word | Kind::Quoted => token.name().is_some_and(|name| {
                    self.known.column(&name).is_some_and(|column| column.plain)
                }),
                _ => false,
            })
        };
        let left = position.checked_sub(1).and_then(|left| self.token(left));
        beside(left) || beside(self.token(position + 1)) || self.level().compared
    }

    /// Whether `||` has a truth value beside it.
    fn is_condition(&self, position: usize) -> bool {
        let words = &["true", "false", "not"];
        let left = position.checked_sub(1).and_then(|left| self.token(left));
        left.is_some_and(|token| token.is_any(words))
            || self
                .token(position + 1)
                .is_some_and(|token| token.is_any(words))
    }
}
