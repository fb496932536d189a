//! Names, keywords, types and calls.

use tenantry_sql::{Kind, Token};

use super::{Before, Inside, Result, Review};
use crate::errors::unknown;
use crate::sql::keywords::{self, Role};

impl Review<'_> {
    /// Reads a name, a keyword, or a call.
    pub(super) fn name(&mut self, position: usize) -> Result<usize> {
        let (parts, end) = self.parts(position);
        let quoted = self.tokens[position].kind == Kind::Quoted;
        let call = self.is(end, "(");
        if let [name] = &parts[..] {
            let column = self.known.column(name).is_some();
            // Behind a value a name can't be a column's: `at AT TIME ZONE 'UTC'`.
            let operand = column && self.before != Before::Value;
            let behind = |word: &str| position > 0 && self.tokens[position - 1].is_any(&[word]);
            let joins = (name == "to" && behind("similar"))
                || (name == "overlaps" && self.before == Before::Value);
            if !quoted && joins {
                return self.keyword(Role::Neutral, name, end);
            }
            if !quoted && let Some(role) = keywords::role(name, operand, call) {
                return self.keyword(role, name, end);
            }
            if self.is(end, "=>")
                && self
                    .levels
                    .last()
                    .is_some_and(|level| level.inside != Inside::Values)
            {
                self.before = Before::Word;
                return Ok(end + 1);
            }
            let literal = self
                .token(end)
                .is_some_and(|token| token.kind == Kind::String);
            let is_type = !column || keywords::TYPES.contains(&name.as_str());
            if !call && is_type && !quoted && literal {
                return self.typed_literal(end);
            }
        }
        if call {
            self.callable(&parts)?;
            return self.value(&self.tokens[position].clone(), end);
        }
        self.column(&parts, quoted)?;
        self.value(&self.tokens[position].clone(), end)
    }

    /// The parts of the name at a position, and where it ends.
    fn parts(&self, position: usize) -> (Vec<String>, usize) {
        let name = |position| {
            let token: &Token<'_> = self.token(position)?;
            token.name().map(std::borrow::Cow::into_owned)
        };
        let mut parts: Vec<String> = name(position).into_iter().collect();
        let mut end = position + 1;
        while self.is(end, ".")
            && let Some(part) = name(end + 1)
        {
            parts.push(part);
            end += 2;
        }
        (parts, end)
    }

    fn keyword(&mut self, role: Role, word: &str, end: usize) -> Result<usize> {
        match role {
            Role::Value => {
                let compares =
                    |token: &Token<'_>| ["=", "<>", "!="].iter().any(|sign| token.is_sign(sign));
                let before = end.checked_sub(2).and_then(|before| self.token(before));
                if word == "null" && before.is_some_and(compares) {
                    return Err(
                        "compares with `NULL`, which is never true\nhelp: write `IS NULL` or `IS NOT NULL`"
                            .to_owned(),
                    );
                }
                return self.value(&self.tokens[end - 1].clone(), end);
            }
            Role::Joins => {
                if matches!(self.before, Before::Nothing | Before::Operator) {
                    return Err(format!(
                        "has nothing on the left of `{}`\nhelp: write a condition there",
                        word.to_uppercase()
                    ));
                }
                let level = self.level();
                (level.compared, level.overlaps) = (false, false);
                if word == "and" {
                    level.betweens = level.betweens.saturating_sub(1);
                }
                self.before = Before::Operator;
            }
            Role::Ends => {
                self.level().compared = false;
                self.level().cases += usize::from(word == "case");
                self.before = Before::Word;
            }
            Role::Closes => {
                let level = self.level();
                level.compared = false;
                if word == "end" {
                    level.cases = level.cases.saturating_sub(1);
                }
                self.before = Before::Value;
            }
            Role::Neutral => {
                if word == "in" && self.is(end, "[") {
                    return Err(
                        "has a list in square brackets\nhelp: write `IN ('a', 'b')`".to_owned()
                    );
                }
                self.level().betweens += usize::from(word == "between");
                self.before = Before::Word;
            }
            Role::Field => {
                // `extract(year FROM at)`: the first word is no column.
                self.before = Before::Word;
                return Ok(if self.is(end, "(") {
                    self.symbol(&self.tokens[end].clone(), end)? + 1
                } else {
                    end
                });
            }
            Role::Type => return self.type_at(end),
            Role::Collation => {
                let (parts, end) = self.parts(end);
                self.qualified(&parts)?;
                self.before = Before::Value;
                return Ok(end);
            }
            Role::Refused(why) => return Err(format!("has `{word}`{why}")),
        }
        Ok(end)
    }

    /// Reads a type: `numeric(12, 2)`, `timestamp with time zone`, `text[]`.
    pub(super) fn type_at(&mut self, position: usize) -> Result<usize> {
        let (parts, mut end) = self.parts(position);
        if parts.is_empty() {
            return Err(
                "has a cast without a type\nhelp: write one, as in `total::text`".to_owned(),
            );
        }
        self.qualified(&parts)?;
        loop {
            let token = self.token(end);
            if token.is_some_and(|token| token.is_any(&keywords::OF_TYPES)) {
                end += 1;
            } else if self.is(end, "(") || self.is(end, "[") {
                let close = if self.is(end, "(") { ")" } else { "]" };
                while end < self.tokens.len() && !self.is(end, close) {
                    end += 1;
                }
                end += 1;
            } else {
                break;
            }
        }
        self.before = Before::Value;
        Ok(end.min(self.tokens.len()))
    }

    /// Reads `date '2026-01-31'` or `interval '1' day`, whose type is read already.
    fn typed_literal(&mut self, string: usize) -> Result<usize> {
        let mut end = self.value(&self.tokens[string].clone(), string + 1)?;
        while self
            .token(end)
            .is_some_and(|token| token.is_any(&keywords::OF_INTERVALS))
        {
            end += 1;
        }
        Ok(end)
    }

    fn callable(&self, parts: &[String]) -> Result<()> {
        if let [name] = parts
            && let Some(why) = keywords::refused_call(name)
        {
            return Err(format!("calls `{name}`{why}"));
        }
        self.qualified(parts)
    }

    /// A function, type or collation is one of PostgreSQL's own, or in the schema of the table's own placement.
    fn qualified(&self, parts: &[String]) -> Result<()> {
        match parts {
            [_] => Ok(()),
            [schema, _] if schema == "pg_catalog" || self.is_slot(schema) => Ok(()),
            _ => Err(format!(
                "names `{}`, which is in a schema that is spelt out\nhelp: name what is in `pg_catalog`, or write the schema as `\\\"{{tenant}}\\\"` or `\\\"{{shared}}\\\"`",
                parts.join(".")
            )),
        }
    }

    fn is_slot(&self, schema: &str) -> bool {
        schema == "{shared}" || (self.known.tenant && schema == "{tenant}")
    }

    fn column(&self, parts: &[String], quoted: bool) -> Result<()> {
        let name = match parts {
            [table, name] if *table == self.known.table => name,
            [name] => name,
            _ => {
                return Err(format!(
                    "names `{}`, and it sees the columns of its own table only\nhelp: write a column's name by itself",
                    parts.join(".")
                ));
            }
        };
        if self.known.itself.as_ref() == Some(name) {
            return Err(
                "names the column itself, which PostgreSQL computes of others\nhelp: leave it out"
                    .to_owned(),
            );
        }
        if self.known.computed.contains(name) {
            return Err(format!(
                "names `{name}`, which is generated too, and PostgreSQL computes a column of those that are not\n\
                 help: write the expression of `{name}` in its place"
            ));
        }
        if self.known.column(name).is_some() {
            return Ok(());
        }
        if self.known.columns.is_empty() {
            return Err(format!(
                "names `{name}`, and a default sees no columns\nhelp: write a text in single quotes, as `sql(\"'draft'\")`"
            ));
        }
        let field = self
            .known
            .columns
            .iter()
            .find(|column| column.field == *name);
        if let Some(column) = field {
            return Err(format!(
                "names field `{name}`, and its column is called `{0}`\nhelp: write `{0}`",
                column.name
            ));
        }
        let columns: Vec<String> = self
            .known
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let message = unknown("column", name, &columns);
        let first = message.strip_prefix("unknown ").unwrap_or(&message);
        Err(if quoted && !message.contains("did you mean") {
            format!(
                "names an unknown column `{name}`\nhelp: double quotes are for names; write a text in single quotes, `'{name}'`"
            )
        } else {
            format!("names an unknown {first}")
        })
    }
}
