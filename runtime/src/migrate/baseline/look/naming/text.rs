//! Where the tokens of a text belong to: statements, calls, names.

use tenantry_sql::{Kind, Token};

use super::words::{AFTER, BEGINS, NAMES};

/// The tokens of a text.
#[derive(Clone, Copy)]
pub(super) struct NameText<'t> {
    pub(super) tokens: &'t [Token<'t>],
}

impl NameText<'_> {
    /// The variables into which the query of a statement puts its results.
    pub(super) fn targets(&self, at: usize) -> Vec<String> {
        let start = self.begin(at);
        let end = self.end(at);
        let statement = &self.tokens[start..end];
        if statement[0].is("for") {
            let name = statement.get(1).and_then(Token::name);
            return name.into_iter().map(Into::into).collect();
        }
        let is_query = statement[0].is_any(&["select", "with", "execute"]);
        let Some(into) = statement
            .iter()
            .position(|it| it.is("into"))
            .filter(|_| is_query)
        else {
            return Vec::new();
        };
        // What comes before `INTO` is the list, and after it the variables are the first names.
        if start + into < at {
            return Vec::new();
        }
        let names = statement[into + 1..]
            .iter()
            .take_while(|it| it.is_sign(",") || !it.is_any(&AFTER) && it.name().is_some());
        names
            .filter_map(Token::name)
            .filter(|it| it != "strict")
            .map(Into::into)
            .collect()
    }

    /// The first token of the statement that a token is in.
    pub(super) fn begin(&self, at: usize) -> usize {
        let is_border = |token: &Token<'_>| token.is_sign(";") || token.is_any(&BEGINS);
        // A `CASE` has words of these too.
        let mut depth = 0_usize;
        for before in (0..at).rev() {
            let token = &self.tokens[before];
            if token.is_sign(")") {
                depth += 1;
            } else if token.is_sign("(") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && is_border(token) && !self.is_of_case(before) {
                return before + 1;
            }
        }
        0
    }

    /// Whether `THEN` or `ELSE` is of a `CASE` that is an expression, as the first `CASE`, `IF` or end of a statement before it tells.
    pub(super) fn is_of_case(&self, at: usize) -> bool {
        if !self.tokens[at].is_any(&["then", "else"]) {
            return false;
        }
        let mut before = self.tokens[..at].iter().rev();
        let found = before
            .find(|it| it.is_sign(";") || it.is_any(&["case", "if", "elsif", "begin", "loop"]));
        found.is_some_and(|it| it.is("case"))
    }

    /// Where the statement that a token is in is over.
    pub(super) fn end(&self, at: usize) -> usize {
        let rest = self.tokens[at..].iter();
        at + rest.take_while(|it| !it.is_sign(";")).count()
    }

    /// Whether a sign gives a variable a value.
    pub(super) fn is_assignment(&self, at: usize) -> bool {
        let begin = self.begin(at);
        let target = &self.tokens[begin..at];
        if self.is_sign(at, ":=") {
            return true;
        }
        let is_get = target.first().is_some_and(|it| it.is("get"));
        let is_path = target
            .iter()
            .all(|it| it.name().is_some() || it.is_sign(".") || it.is_sign(","));
        self.is_sign(at, "=")
            && !target.is_empty()
            && (is_get || is_path && !target.len().is_multiple_of(2))
            && !target[0].is_any(&[
                "if", "elsif", "when", "return", "set", "where", "select", "perform",
            ])
    }

    /// Whether a sign gives a column a value in an `UPDATE`.
    pub(super) fn is_column_set(&self, at: usize) -> bool {
        let before = at
            .checked_sub(1)
            .and_then(|at| self.qualified(at).checked_sub(1));
        let statement = &self.tokens[self.begin(at)..at];
        let is_among = statement.iter().any(|it| it.is("set"))
            && !statement.iter().any(|it| it.is_any(&["where", "from"]));
        before.is_some_and(|at| self.tokens[at].is("set") || self.is_sign(at, ",") && is_among)
    }

    pub(super) fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|it| it.is_sign(sign))
    }

    /// The end of a value with the casts behind it.
    pub(super) fn cast(&self, mut end: usize) -> usize {
        while self.is_sign(end + 1, "::") && end + 2 < self.tokens.len() {
            end += 2;
            while self.is_sign(end + 1, ".") {
                end += 2;
            }
            while self.is_sign(end + 1, "(") || self.is_sign(end + 1, "[") {
                end = self.closing(end + 1);
            }
        }
        end.min(self.tokens.len() - 1)
    }

    /// The whole of what is put together with a value.
    pub(super) fn joined(&self, begin: usize, end: usize) -> (usize, usize) {
        let ends = |token: &Token<'_>| {
            let is_other = token.kind == Kind::Operator && token.text != "||";
            let words = [
                "as", "select", "execute", "perform", "return", "case", "if", "elsif", "then",
                "set",
            ];
            is_other
                || token.is_any(&AFTER)
                || token.is_any(&words)
                || [",", ";", ":="].iter().any(|it| token.is_sign(it))
        };
        let is_open = |token: &Token<'_>| token.is_sign("(") || token.is_sign("[");
        let is_close = |token: &Token<'_>| token.is_sign(")") || token.is_sign("]");
        let (mut first, mut last) = (begin, end);
        while first > 0 && !is_open(&self.tokens[first - 1]) && !ends(&self.tokens[first - 1]) {
            first -= 1;
            if is_close(&self.tokens[first]) {
                first = self.opening(first).unwrap_or(first);
            }
        }
        while let Some(next) = self.tokens.get(last + 1) {
            if is_close(next) || ends(next) {
                break;
            }
            last += 1;
            if is_open(next) {
                last = self.closing(last);
            }
        }
        (first, last)
    }

    /// Whether the last cast of a value makes it a number of the catalogue.
    pub(super) fn is_number(&self, end: usize) -> bool {
        let begin = self.qualified(end);
        begin > 0 && self.is_sign(begin - 1, "::") && self.tokens[end].is_any(&NAMES)
    }

    /// The beginning of a name with the qualifiers before it.
    pub(super) fn qualified(&self, mut at: usize) -> usize {
        while at >= 2 && self.is_sign(at - 1, ".") {
            at -= 2;
        }
        at
    }

    /// The parenthesis that is open before a place, and not yet closed there.
    pub(super) fn opening(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for before in (0..at).rev() {
            let token = &self.tokens[before];
            if token.is_sign(")") || token.is_sign("]") {
                depth += 1;
            } else if token.is_sign("(") || token.is_sign("[") {
                if depth == 0 {
                    return Some(before);
                }
                depth -= 1;
            } else if token.is_sign(";") {
                return None;
            }
        }
        None
    }

    /// The parenthesis that closes one, or the end.
    pub(super) fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            if token.is_sign("(") || token.is_sign("[") {
                depth += 1;
            } else if token.is_sign(")") || token.is_sign("]") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
        }
        self.tokens.len() - 1
    }

    /// Whether a parenthesis is that of a list of columns, as in `INSERT INTO t (a)` and `WITH x (a) AS`.
    pub(super) fn is_list(&self, open: usize) -> bool {
        let name = self.qualified(open - 1);
        name > 0 && self.tokens[name - 1].is("into")
    }
}
