//! SQL in attributes: conditions, filters, expressions of indexes and defaults.
//!
//! It is read as far as a mistake can be told for certain: what it names, and whether values and operators take turns.
//! PostgreSQL would find the same, but only when the first tenant is created.

use tenantry_sql::{Kind, Token, tokens};

use super::keywords::{self, Role};
use crate::errors::unknown;

/// What SQL in an attribute can name.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) table: String,
    pub(crate) columns: Vec<KnownColumn>,
    /// Whether the SQL may name the tenant's schema, as `"{tenant}"`.
    pub(crate) tenant: bool,
}

/// A column, by the name of its field and its own.
#[derive(Debug)]
pub(crate) struct KnownColumn {
    pub(crate) field: String,
    pub(crate) name: String,
    /// Whether it is spelt as a type of the language, so that it is neither an array nor a range.
    pub(crate) plain: bool,
}

impl Known {
    fn column(&self, name: &str) -> Option<&KnownColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What is wrong with SQL in an attribute; nothing if nothing is known to be.
pub(crate) fn objection(sql: &str, known: &Known) -> Option<String> {
    if sql.contains('\0') {
        return Some("has a NUL character\nhelp: remove it".to_owned());
    }
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let odd = all.iter().find_map(odd);
    odd.or_else(|| {
        let mut review = Review {
            tokens: all.into_iter().filter(|token| !token.is_blank()).collect(),
            known,
            levels: vec![Level::default()],
            before: Before::Nothing,
        };
        review.run().err()
    })
}

/// Why a token can't be part of an expression.
fn odd(token: &Token<'_>) -> Option<String> {
    match (token.kind, token.text) {
        (Kind::Open(what), _) => Some(format!("has a {what} that is not closed\nhelp: close it")),
        (Kind::Comment, _) => Some("has a comment\nhelp: write it in a comment of Rust".to_owned()),
        (Kind::EscapedName, _) => Some(
            "has a name with escapes, `U&\"...\"`\nhelp: write its letters themselves".to_owned(),
        ),
        (Kind::Parameter, parameter) => Some(format!(
            "has a parameter, `{parameter}`, and nobody gives it a value\nhelp: write the value itself"
        )),
        (Kind::Symbol, ";") => {
            Some("has a `;`, and it is one expression\nhelp: remove the `;`".to_owned())
        }
        _ => None,
    }
}

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing of the same parentheses, or a comma.
    Nothing,
    /// A value: an operator can follow.
    Value,
    /// An operator that needs a value behind it.
    Operator,
    /// A word behind which either can follow.
    Word,
}

/// A pair of brackets, or the whole.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    close: &'static str,
    /// Whether they are the arguments of a call, which can have none.
    call: bool,
    /// Whether two values have been compared, and nothing has ended the comparison.
    compared: bool,
    /// Whether `&&` has been met.
    overlaps: bool,
    /// How many of `BETWEEN` wait for their `AND`.
    betweens: usize,
    /// How many of `CASE` wait for their `END`.
    cases: usize,
}

type Result<T> = std::result::Result<T, String>;

struct Review<'a> {
    tokens: Vec<Token<'a>>,
    known: &'a Known,
    levels: Vec<Level>,
    before: Before,
}

impl<'a> Review<'a> {
    fn run(&mut self) -> Result<()> {
        let mut position = 0;
        while position < self.tokens.len() {
            position = self.step(position)?;
        }
        if let [_, .., open] = &self.levels[..] {
            return Err(format!(
                "has a bracket that is not closed\nhelp: add `{}`",
                open.close
            ));
        }
        self.needs_no_more("the end")
    }

    fn token(&self, position: usize) -> Option<&Token<'a>> {
        self.tokens.get(position)
    }

    fn is(&self, position: usize, sign: &str) -> bool {
        self.token(position)
            .is_some_and(|token| token.is_sign(sign))
    }

    fn level(&mut self) -> &mut Level {
        self.levels
            .last_mut()
            .expect("the outermost level is never closed")
    }

    /// Reads what begins at a position, and gives where it ends.
    fn step(&mut self, position: usize) -> Result<usize> {
        let token = self.tokens[position];
        match token.kind {
            Kind::Number | Kind::String | Kind::Dollar => self.value(&token, position + 1),
            Kind::Operator => self.operator(&token, position),
            Kind::Word | Kind::Quoted => self.name(position),
            Kind::Symbol => self.symbol(&token, position),
            _ => Ok(position + 1),
        }
    }

    fn value(&mut self, token: &Token<'_>, end: usize) -> Result<usize> {
        if self.before == Before::Value {
            return Err(not_separated(token.text));
        }
        self.before = Before::Value;
        Ok(end)
    }

    fn symbol(&mut self, token: &Token<'_>, position: usize) -> Result<usize> {
        match token.text {
            "(" | "[" => {
                let close = if token.text == "(" { ")" } else { "]" };
                let word = position
                    .checked_sub(1)
                    .and_then(|before| self.token(before));
                let named = word.is_some_and(|word| matches!(word.kind, Kind::Word | Kind::Quoted));
                let call = named && self.before == Before::Value;
                if token.text == "(" && self.before == Before::Value && !call {
                    return Err(not_separated("("));
                }
                self.levels.push(Level {
                    close,
                    call,
                    ..Level::default()
                });
                self.before = Before::Nothing;
            }
            ")" | "]" => {
                self.needs_no_more(&format!("`{}`", token.text))?;
                let empty = self.before == Before::Nothing;
                let level = *self.level();
                if self.levels.len() == 1 || level.close != token.text {
                    return Err(format!(
                        "has a `{0}` that closes nothing\nhelp: remove the `{0}`, or open it",
                        token.text
                    ));
                }
                if empty && level.close == ")" && !level.call {
                    return Err("has parentheses with nothing inside\nhelp: remove them".to_owned());
                }
                self.levels.pop();
                self.before = Before::Value;
            }
            "," => {
                self.needs_no_more("`,`")?;
                if self.levels.len() == 1 {
                    return Err("has a comma, and it is one expression\nhelp: write `AND` between conditions, and each expression of an index in quotes of its own".to_owned());
                }
                self.level().compared = false;
                self.before = Before::Nothing;
            }
            "::" => return self.type_at(position + 1),
            // The bounds of a slice, and a field of a value in parentheses.
            ":" if self.level().close == "]" => self.before = Before::Nothing,
            "." if self.before == Before::Value => return Ok(position + 2),
            ":" => {
                return Err(
                    "has a `:`\nhelp: a cast is `::`, and a value is written itself".to_owned(),
                );
            }
            other => {
                return Err(format!(
                    "has a `{other}`, which means nothing here\nhelp: remove it"
                ));
            }
        }
        Ok(position + 1)
    }

    fn operator(&mut self, token: &Token<'_>, position: usize) -> Result<usize> {
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

    /// What ends here has a value behind its last operator.
    fn needs_no_more(&self, what: &str) -> Result<()> {
        if self.before == Before::Operator {
            return Err(format!(
                "has an operator with nothing behind it, before {what}\nhelp: write a column or a value there"
            ));
        }
        if self.before == Before::Word {
            return Err(format!(
                "has a word with nothing behind it, before {what}\nhelp: write a column or a value there"
            ));
        }
        let level = self.levels.last().copied().unwrap_or_default();
        if level.betweens > 0 {
            return Err(
                "has a `BETWEEN` without `AND`\nhelp: write `BETWEEN 1 AND 5`, with both ends"
                    .to_owned(),
            );
        }
        if level.cases > 0 {
            return Err("has a `CASE` without `END`\nhelp: write `END` behind it".to_owned());
        }
        Ok(())
    }

    /// Reads a name, a keyword, or a call.
    fn name(&mut self, position: usize) -> Result<usize> {
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
            if self.is(end, "=>") && self.levels.last().is_some_and(|level| level.call) {
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
    fn type_at(&mut self, position: usize) -> Result<usize> {
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

fn not_separated(text: &str) -> String {
    format!("has no operator before `{text}`\nhelp: write one, as `AND` between conditions")
}

#[cfg(test)]
mod tests;
