//! SQL in attributes: conditions, filters, expressions of indexes and defaults.
//!
//! It is read as far as a mistake can be told for certain: what it names, and whether values and operators take turns.
//! PostgreSQL would find the same, but only when the first tenant is created.

mod names;
mod operators;

use tenantry_sql::{Kind, Token, tokens};

/// The names that SQL in an attribute can use.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) table: String,
    pub(crate) columns: Vec<KnownColumn>,
    /// Whether the SQL may name the tenant's schema, as `"{tenant}"`.
    pub(crate) tenant: bool,
    /// Columns that the SQL can't name although they are there: those that are generated, for one that is.
    pub(crate) computed: Vec<String>,
    /// The column that the SQL is the value of, if it is.
    pub(crate) itself: Option<String>,
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

/// Returns why SQL in an attribute is wrong; nothing if it is not known to be.
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

/// The kind of what stands before a token.
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

/// Contents of a pair of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inside {
    #[default]
    Values,
    /// The arguments of a call, which can have none.
    Call,
    /// Keys and values, which can be separated by colons: `json_object('a' : 1)`.
    Pairs,
}

/// A pair of brackets, or the whole.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    close: &'static str,
    inside: Inside,
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
                let pairs = ["json_object", "json_objectagg"];
                let inside = match word {
                    Some(word) if call && word.is_any(&pairs) => Inside::Pairs,
                    _ if call => Inside::Call,
                    _ => Inside::Values,
                };
                self.levels.push(Level {
                    close,
                    inside,
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
                if empty && level.close == ")" && level.inside == Inside::Values {
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
            ":" if self.level().inside == Inside::Pairs && self.before == Before::Value => {
                self.level().compared = false;
                self.before = Before::Operator;
            }
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

    /// Checks that what ends here has a value behind its last operator.
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
}

fn not_separated(text: &str) -> String {
    format!("has no operator before `{text}`\nhelp: write one, as `AND` between conditions")
}

#[cfg(test)]
mod tests;
