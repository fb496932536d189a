//! Cuts a text into statements.

use crate::token::{Kind, Open, Token};
use crate::tokens;

/// A statement: its tokens without comments and spaces, and without the semicolon. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The tokens.
    pub tokens: Vec<Token<'a>>,
}

impl Statement<'_> {
    /// The place where the statement begins, in bytes.
    pub fn start(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.start)
    }

    /// Tells whether the statement begins with these words.
    pub fn begins(&self, words: &[&str]) -> bool {
        begins(&self.tokens, words)
    }

    /// Tells whether the statement defines or alters a function or procedure.
    pub fn is_routine(&self) -> bool {
        is_routine(&self.tokens)
    }
}

/// Cuts a text into statements. Those without tokens are left out.
///
/// A semicolon in parentheses, as in a rule, or in the body of a routine between `BEGIN ATOMIC` and `END` ends none.
///
/// # Errors
///
/// An opening that is not closed, and where it begins, in bytes.
///
/// ```
/// use tenantry_sql::statements;
///
/// assert_eq!(statements("SELECT ';'; COMMIT -- ;").unwrap().len(), 2);
/// assert_eq!(statements("SELECT 'a").unwrap_err().start, 7);
/// ```
pub fn statements(sql: &str) -> Result<Vec<Statement<'_>>, Open> {
    let mut cut = Cut::default();
    for token in tokens(sql) {
        if let Kind::Open(what) = token.kind {
            let start = token.start;
            return Err(Open { what, start });
        }
        if !token.is_blank() {
            cut.add(token);
        }
    }
    Ok(cut.finish())
}

/// The statements so far, and the one that is being read.
#[derive(Debug, Default)]
struct Cut<'a> {
    statements: Vec<Statement<'a>>,
    tokens: Vec<Token<'a>>,
    parentheses: usize,
    /// Where the statement begins that is being read in the body of a routine, among the tokens; one for each body.
    bodies: Vec<usize>,
}

impl<'a> Cut<'a> {
    fn add(&mut self, token: Token<'a>) {
        match token.text {
            ";" if self.parentheses == 0 && self.bodies.is_empty() => return self.end(),
            ";" if self.parentheses == 0 => self.next_in_body(),
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ if self.parentheses > 0 => {}
            _ if self.opens_body(&token) => self.bodies.push(self.tokens.len() + 1),
            // In a body, `END` begins no statement but ends the body; anywhere else it is a part of `CASE`, or a name.
            _ if token.is("end") && self.bodies.last() == Some(&self.tokens.len()) => {
                self.bodies.pop();
            }
            _ => {}
        }
        self.tokens.push(token);
    }

    fn end(&mut self) {
        if !self.tokens.is_empty() {
            let tokens = std::mem::take(&mut self.tokens);
            self.statements.push(Statement { tokens });
        }
    }

    fn next_in_body(&mut self) {
        if let Some(begin) = self.bodies.last_mut() {
            *begin = self.tokens.len() + 1;
        }
    }

    /// Whether a token is the second word of `BEGIN ATOMIC`, where the body of a routine in SQL begins. `begin` alone can
    /// be the name of a parameter or of a type.
    fn opens_body(&self, token: &Token<'_>) -> bool {
        let begin = self.bodies.last().copied().unwrap_or_default();
        token.is("atomic")
            && self.tokens.last().is_some_and(|last| last.is("begin"))
            && is_routine(&self.tokens[begin..])
    }

    fn finish(mut self) -> Vec<Statement<'a>> {
        self.end();
        self.statements
    }
}

fn begins(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && words.iter().zip(tokens).all(|(word, token)| token.is(word))
}

fn is_routine(tokens: &[Token<'_>]) -> bool {
    let kind = if begins(tokens, &["create", "or", "replace"]) {
        3
    } else if begins(tokens, &["create"]) || begins(tokens, &["alter"]) {
        1
    } else {
        return false;
    };
    tokens
        .get(kind)
        .is_some_and(|token| token.is_any(&["function", "procedure", "routine"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unclosed;

    fn cut(sql: &str) -> Vec<String> {
        statements(sql)
            .unwrap()
            .iter()
            .map(|statement| {
                let texts: Vec<&str> = statement.tokens.iter().map(|token| token.text).collect();
                texts.join(" ")
            })
            .collect()
    }

    #[test]
    fn semicolons_end_statements_only_outside_of_strings_and_comments() {
        assert_eq!(
            cut(
                "SELECT ';' , \"a;b\", $$;$$, $x$ $$;$$ $x$, E'\\';' -- ;\n/* ; /* ; */ ; */; SELECT $1;;"
            ),
            [
                "SELECT ';' , \"a;b\" , $$;$$ , $x$ $$;$$ $x$ , E'\\';'",
                "SELECT $1"
            ]
        );
        for sql in [
            "SELECT $€$ ; COMMIT; $€$",
            "SELECT E'x'\n'\\'; COMMIT; --'",
            "SELECT 1 AS a\u{a0}$$; COMMIT",
        ] {
            assert_eq!(
                cut(sql)[0].contains("COMMIT"),
                !sql.contains('\u{a0}'),
                "{sql}"
            );
        }
        assert_eq!(cut("SELECT 1 AS →$a$; COMMIT; SELECT $a$x$a$").len(), 3);
    }

    #[test]
    fn a_routine_in_sql_is_one_statement() {
        for routine in [
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.case AS case FROM t; END",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2 AS end; ; END",
            "CREATE PROCEDURE f() BEGIN ATOMIC END",
            "CREATE FUNCTION f(begin int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
            "CREATE FUNCTION f(begin atomic) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
            "CREATE FUNCTION f() RETURNS begin BEGIN ATOMIC SELECT 1; END",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT (SELECT CASE 1 WHEN 2 THEN 3 END); END",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        ] {
            let sql = format!("{routine}; COMMIT");
            assert_eq!(cut(&sql).len(), 2, "{sql}");
            assert_eq!(cut(&sql)[1], "COMMIT", "{sql}");
        }
    }

    #[test]
    fn begin_outside_of_a_routine_is_a_statement() {
        assert_eq!(cut("BEGIN; SELECT 1; END"), ["BEGIN", "SELECT 1", "END"]);
        assert_eq!(cut("BEGIN ATOMIC; SELECT 1"), ["BEGIN ATOMIC", "SELECT 1"]);
    }

    #[test]
    fn what_is_left_open_is_found() {
        for (sql, what, start) in [
            ("SELECT 'a", Unclosed::String, 7),
            ("SELECT \"a", Unclosed::Name, 7),
            ("SELECT $a$ $b$", Unclosed::Dollar, 7),
            (" /* /* */", Unclosed::Comment, 1),
            ("SELECT E'a\\'", Unclosed::String, 7),
        ] {
            assert_eq!(statements(sql), Err(Open { what, start }), "{sql}");
        }
    }
}
