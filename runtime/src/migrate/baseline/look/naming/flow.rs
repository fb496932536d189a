//! The way of a schema's name through one text, from token to token.

use std::ops::RangeInclusive;

use tenantry_sql::{Kind, Token};

use super::text::NameText;
use super::words::{AFTER, COLUMNS, LOOKING_UP, NAMES, NO_CALLS, PASSING_ON, WORDS};
use super::{Naming, Use};

/// The way of the name through the tokens of a text.
pub(super) struct NameFlow<'n, 't, 's> {
    naming: &'n Naming<'s>,
    text: NameText<'t>,
    used: Use,
}

/// The fate of a value that has the name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameFate {
    /// It ends, and no letter of it matters: something was looked up, or a statement put together.
    Ends,
    /// It ends where it is compared with something that is no text: another name, or a column.
    Compared,
    /// A variable has it, which is followed by itself.
    Kept,
    /// It is a part of the result.
    Given,
    Looked,
}

impl<'n, 't, 's> NameFlow<'n, 't, 's> {
    pub(super) fn new(naming: &'n Naming<'s>, tokens: &'t [Token<'t>]) -> Self {
        let used = Use {
            columns: naming.columns.clone(),
            ..Use::default()
        };
        Self {
            naming,
            text: NameText { tokens },
            used,
        }
    }

    /// Follows the name from wherever it comes, until no more variables have it.
    pub(super) fn used(mut self) -> Use {
        let given = self.used.columns.clone();
        loop {
            let before = self.used.columns.len();
            let mut at = 0;
            while at < self.text.tokens.len() {
                self.used.looks |= self.is_looker(at);
                self.used.compares |= self.is_comparer(at);
                let Some(value) = self.source(at) else {
                    at += 1;
                    continue;
                };
                at = *value.end() + 1;
                let fate = self.fate(value);
                self.used.has |= fate == NameFate::Given;
                self.used.looks |= fate == NameFate::Looked;
                self.used.compares |= fate == NameFate::Compared;
            }
            if self.used.columns.len() == before {
                self.used.columns = &self.used.columns - &given;
                return self.used;
            }
        }
    }

    fn is_looker(&self, at: usize) -> bool {
        let name = self.text.tokens[at].name();
        let is_call = self.text.is_sign(at + 1, "(");
        name.is_some_and(|name| self.naming.looks(&name, is_call))
    }

    fn is_comparer(&self, at: usize) -> bool {
        let name = self.text.tokens[at].name();
        name.is_some_and(|name| self.naming.compares(&name))
    }

    /// Whether a value is compared with the name, or the beginning of the names, of a schema that is PostgreSQL's or nobody's.
    fn is_of_system(&self, begin: usize, end: usize) -> bool {
        let is_one = |at: usize| {
            let token = self.text.tokens.get(at);
            let text = token.filter(|it| it.kind == Kind::String);
            let text = text.map_or("", |it| it.text.trim_matches('\'').trim_start_matches('^'));
            text.starts_with("pg") || ["public", "information_schema"].contains(&text)
        };
        let negated = self.text.tokens.get(end + 1).is_some_and(|it| it.is("not"));
        let sign = self.text.tokens.get(end + 1 + usize::from(negated));
        let is_sign = |it: &&Token<'_>| it.kind == Kind::Operator || it.is_any(&["like", "ilike"]);
        let is_after =
            sign.is_some_and(|it| is_sign(&it)) && is_one(end + 2 + usize::from(negated));
        let is_in = sign.is_some_and(|it| it.is("in")) && {
            let open = end + 2 + usize::from(negated);
            self.text.is_sign(open, "(")
                && (open..self.text.closing(open)).all(|at| !self.is_text(at) || is_one(at))
                && is_one(open + 1)
        };
        let is_before = begin >= 2 && is_sign(&&self.text.tokens[begin - 1]) && is_one(begin - 2);
        is_after || is_in || is_before
    }

    /// The value that begins at a token, if it has the name.
    fn source(&self, at: usize) -> Option<RangeInclusive<usize>> {
        let token = self.text.tokens.get(at)?;
        if self.naming.is_own(token) {
            return Some(at..=at);
        }
        let name = token.name();
        if let Some(name) = &name {
            let is_call = self.text.is_sign(at + 1, "(");
            let end = if is_call {
                self.text.closing(at + 1)
            } else {
                at
            };
            let is_field = at > 0 && self.text.is_sign(at - 1, ".");
            let is_word = token.kind == Kind::Word && WORDS.contains(&&**name);
            let is_given = is_call && (self.naming.gives(name) || token.is("pg_typeof"));
            let is_diagnostic =
                token.is("schema_name") && at > 0 && self.text.is_sign(at - 1, "=") && {
                    let begin = self.text.begin(at);
                    self.text.tokens[begin].is("get")
                };
            let is_known = self.used.columns.contains(&**name) && !self.is_assigned(at);
            // A field of a record is told by its own name.
            let is_column = !is_call
                && !self.text.is_sign(at + 1, ".")
                && (is_known || COLUMNS.contains(&&**name));
            if is_word && !is_field || is_given || is_diagnostic || is_column {
                return Some(self.text.qualified(at)..=end);
            }
        }
        // `x::regclass`
        let is_cast = self.text.is_sign(at + 1, "::") && {
            let at = at + 2;
            let is_qualified = self.text.is_sign(at + 1, ".");
            let kind = self.text.tokens.get(if is_qualified { at + 2 } else { at });
            kind.is_some_and(|kind| kind.is_any(&NAMES))
        };
        let is_text = matches!(token.kind, Kind::String | Kind::Dollar);
        (is_cast && !is_text).then(|| {
            let begin = if token.is_sign(")") {
                self.text.opening(at).unwrap_or(at)
            } else {
                self.text.qualified(at)
            };
            begin..=at
        })
    }

    /// Follows a value until it is known what becomes of it.
    fn fate(&mut self, value: RangeInclusive<usize>) -> NameFate {
        let (mut begin, mut end) = value.into_inner();
        let mut is_passed = false;
        loop {
            end = self.text.cast(end);
            if self.text.is_sign(end + 1, "||") || begin > 0 && self.text.is_sign(begin - 1, "||") {
                (begin, end) = self.text.joined(begin, end);
            }
            // Whatever is done with what a function makes of it.
            if !is_passed {
                let fate = self.compared(begin, end);
                if let Some(fate) = fate.or_else(|| self.kept(begin, end)) {
                    return fate;
                }
            }
            let Some(open) = self.text.opening(begin) else {
                break;
            };
            let close = self.text.closing(open);
            let before = open.checked_sub(1).map(|at| self.text.tokens[at]);
            let called = before
                .filter(|it| !it.is_any(&NO_CALLS))
                .and_then(|it| it.name());
            let Some(called) = called else {
                if open + 1 != begin || close != end + 1 {
                    break;
                }
                (begin, end) = (open, close);
                continue;
            };
            let is_array = called == "array";
            if !is_array && LOOKING_UP.iter().any(|it| called.starts_with(it)) {
                return NameFate::Ends;
            }
            // A list of columns, not a call.
            if self.text.is_list(open) {
                break;
            }
            let is_passed_on = PASSING_ON.binary_search(&&*called).is_ok();
            // PostgreSQL's own functions that take a number of the catalogue look that up.
            if !is_passed_on && self.text.is_number(end) && !self.naming.is_routine(&called) {
                return NameFate::Ends;
            }
            is_passed |= !is_passed_on;
            (begin, end) = (self.text.qualified(open - 1), close);
        }
        if is_passed || self.is_put_into_rows(begin) {
            return NameFate::Looked;
        }
        let first = self.text.tokens[self.text.begin(begin)];
        if first.is_any(&["execute", "perform", "raise"]) {
            return NameFate::Ends;
        }
        NameFate::Given
    }

    /// The fate of a value by what stands beside it, if it is compared there.
    fn compared(&self, begin: usize, end: usize) -> Option<NameFate> {
        let before = begin.checked_sub(1).map(|at| &self.text.tokens[at]);
        let after = self.text.tokens.get(end + 1);
        let looked = |it: bool| {
            Some(if it {
                NameFate::Looked
            } else {
                NameFate::Compared
            })
        };
        let is_equality = |it: &Token<'_>| ["=", "<>", "!="].iter().any(|sign| it.is_sign(sign));
        let is_inspected = |it: &Token<'_>| {
            let is_other = ["||", "*", "%"].contains(&it.text);
            it.kind == Kind::Operator && !is_equality(it) && !is_other
        };
        let sides = [before, after];
        // No tenant's schema is called so.
        if self.is_of_system(begin, end) {
            return Some(NameFate::Ends);
        }
        if sides.iter().flatten().any(|it| is_inspected(it)) {
            return looked(true);
        }
        if before.is_some_and(|it| it.is_any(&["like", "ilike", "between", "case"])) {
            return looked(true);
        }
        if let Some(after) = after {
            let negated = usize::from(after.is("not"));
            let word = self.text.tokens.get(end + 1 + negated)?;
            if word.is_any(&["like", "ilike", "similar", "between", "collate"]) {
                return looked(true);
            }
            if word.is("in") {
                return looked(self.has_text(end + 2 + negated));
            }
            if is_equality(after) {
                return looked(self.is_text_or_list(end + 2));
            }
            if after.is("is") {
                let distinct = (end + 2..).take(3).find(|&at| {
                    let token = self.text.tokens.get(at);
                    token.is_some_and(|it| it.is("from"))
                });
                return looked(distinct.is_some_and(|at| self.is_text_or_list(at + 1)));
            }
        }
        let before = before?;
        let other = begin.checked_sub(2);
        if before.is_sign("(") && other.is_some_and(|at| self.text.tokens[at].is("using")) {
            return Some(NameFate::Compared);
        }
        if before.is("from") && other.is_some_and(|at| self.text.tokens[at].is("distinct")) {
            // `NOT` may stand between.
            let mut sides = [4, 5].iter().filter_map(|back| begin.checked_sub(*back));
            return looked(sides.any(|at| self.is_text_before(at)));
        }
        if before.is_sign("(") && other.is_some_and(|at| self.text.tokens[at].is("in")) {
            return looked(begin >= 3 && self.is_text_before(begin - 3));
        }
        if is_equality(before) && !self.text.is_assignment(begin - 1) {
            if self.text.is_column_set(begin - 1) {
                return looked(true);
            }
            return looked(other.is_some_and(|at| self.is_text_before(at)));
        }
        None
    }

    /// The fate of a value that is given a name, which is followed from there.
    fn kept(&mut self, begin: usize, end: usize) -> Option<NameFate> {
        let before = begin.checked_sub(1);
        if let Some(at) = before {
            let token = &self.text.tokens[at];
            let is_default = token.is("default") && self.text.begin(at) + 1 < at;
            if self.text.is_assignment(at) || is_default {
                let start = self.text.begin(at);
                let first = self.text.tokens[start..at]
                    .iter()
                    .find(|it| !it.is_any(&["get", "current", "stacked", "diagnostics"]))?;
                let name = first.name()?.into_owned();
                if name == "new" {
                    return Some(NameFate::Looked);
                }
                self.used.columns.insert(name);
                return Some(NameFate::Kept);
            }
        }
        let after = self.text.tokens.get(end + 1)?;
        let alias = if after.is("as") {
            self.text.tokens.get(end + 2)
        } else {
            let is_alias = matches!(after.kind, Kind::Word | Kind::Quoted) && !after.is_any(&AFTER);
            is_alias.then_some(after)
        };
        let is_cast = self
            .text
            .opening(begin)
            .is_some_and(|open| open > 0 && self.text.tokens[open - 1].is("cast"));
        if let Some(alias) = alias.filter(|_| !is_cast).and_then(Token::name) {
            self.used.columns.insert(alias.into_owned());
            return (!self.is_put_into_rows(begin)).then_some(NameFate::Given);
        }
        let targets = self.text.targets(begin);
        if targets.is_empty() {
            return None;
        }
        self.used.columns.extend(targets);
        Some(NameFate::Kept)
    }

    /// Whether a statement puts rows, or values in them, into a table.
    fn is_put_into_rows(&self, at: usize) -> bool {
        let start = self.text.begin(at);
        let verbs = ["insert", "update", "merge"];
        if self.text.tokens[start].is("with") {
            return self.text.tokens[start..self.text.end(at)]
                .iter()
                .any(|it| it.is_any(&verbs));
        }
        self.text.tokens[start].is_any(&verbs)
    }

    /// Whether a name is the variable that is given a value there.
    fn is_assigned(&self, at: usize) -> bool {
        self.text.is_assignment(at + 1)
    }

    /// Whether a string, or a list of them, stands at a place: a name of somebody's choice.
    fn is_text_or_list(&self, at: usize) -> bool {
        let Some(token) = self.text.tokens.get(at) else {
            return false;
        };
        if token.is_any(&["any", "all", "some"]) {
            return self.has_text(at + 1);
        }
        token.is_sign("(") && self.has_text(at) || self.is_text(at)
    }

    fn is_text(&self, at: usize) -> bool {
        let token = self.text.tokens.get(at);
        token.is_some_and(|it| {
            matches!(it.kind, Kind::String | Kind::Dollar) && !self.naming.is_own(it)
        })
    }

    /// Whether a string ends at a place, maybe with a type.
    fn is_text_before(&self, at: usize) -> bool {
        let is_cast = at >= 2 && self.text.is_sign(at - 1, "::");
        self.is_text(if is_cast { at - 2 } else { at })
    }

    /// Whether a parenthesis has a string in it that is not of a query's conditions.
    fn has_text(&self, open: usize) -> bool {
        if !self.text.is_sign(open, "(")
            || self
                .text
                .tokens
                .get(open + 1)
                .is_some_and(|it| it.is_any(&["select", "with"]))
        {
            return false;
        }
        (open..self.text.closing(open)).any(|at| self.is_text(at))
    }
}
