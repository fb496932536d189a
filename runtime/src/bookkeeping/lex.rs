//! Where the statements of a SQL text begin and end.
//!
//! Only as much of PostgreSQL's grammar is known here as it takes to look past strings, comments and function bodies.

/// A statement: its tokens without comments and spaces.
#[derive(Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
}

/// A token and where it begins, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

/// What kind of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A key word, a name without quotes, or a number.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A string in single quotes, with its prefix.
    String,
    /// A string in dollar quotes.
    Dollar,
    /// Any other character.
    Symbol,
}

impl Token<'_> {
    /// Whether it is this word, in whatever case.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

impl Statement<'_> {
    /// Where the statement begins, in bytes.
    pub(crate) fn start(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.start)
    }

    /// Whether the statement begins with these words.
    pub(crate) fn begins(&self, words: &[&str]) -> bool {
        self.tokens.len() >= words.len()
            && words
                .iter()
                .zip(&self.tokens)
                .all(|(word, token)| token.is(word))
    }

    /// Whether any word that comes next is a name, a key word too.
    fn expects_label(&self) -> bool {
        let last = self.tokens.last();
        last.is_some_and(|last| last.is("as") || (last.kind == Kind::Symbol && last.text == "."))
    }

    /// Whether the statement defines or alters a function or procedure.
    pub(crate) fn is_routine(&self) -> bool {
        let creates = self.begins(&["create"]) || self.begins(&["alter"]);
        let after = if self.begins(&["create", "or", "replace"]) {
            3
        } else {
            1
        };
        creates
            && self.tokens.get(after).is_some_and(|token| {
                token.is("function") || token.is("procedure") || token.is("routine")
            })
    }
}

/// What is wrong with a text that can't be cut: what is left open, and where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) what: &'static str,
    pub(crate) start: usize,
}

/// Cuts a text into statements. Statements without tokens are left out.
pub(crate) fn statements(sql: &str) -> Result<Vec<Statement<'_>>, Open> {
    let mut statements = Vec::new();
    let mut current = Statement { tokens: Vec::new() };
    // A semicolon within parentheses, or within the body of a routine in SQL, does not end the statement.
    let (mut parentheses, mut blocks) = (0_usize, 0_usize);
    let mut at = 0;
    while let Some(token) = next(sql, &mut at)? {
        if token.text == ";" && token.kind == Kind::Symbol && parentheses == 0 && blocks == 0 {
            statements.push(std::mem::replace(
                &mut current,
                Statement { tokens: Vec::new() },
            ));
            continue;
        }
        match token.text {
            "(" => parentheses += 1,
            ")" => parentheses = parentheses.saturating_sub(1),
            _ if parentheses == 0 && opens_block(&current, &token) => blocks = 1,
            _ if blocks > 0 && !current.expects_label() => {
                if token.is("case") {
                    blocks += 1;
                } else if token.is("end") {
                    blocks -= 1;
                }
            }
            _ => {}
        }
        current.tokens.push(token);
    }
    statements.push(current);
    statements.retain(|statement| !statement.tokens.is_empty());
    Ok(statements)
}

/// Whether a token is the second word of `BEGIN ATOMIC`, where the body of a routine in SQL begins. `begin` alone can be
/// the name of a parameter or of a type.
fn opens_block(statement: &Statement<'_>, token: &Token<'_>) -> bool {
    token.is("atomic")
        && statement.tokens.last().is_some_and(|last| last.is("begin"))
        && statement.is_routine()
}

/// Reads the token at or after `at`, and moves on past it.
fn next<'a>(sql: &'a str, at: &mut usize) -> Result<Option<Token<'a>>, Open> {
    skip(sql, at)?;
    let start = *at;
    let rest = &sql[start..];
    let Some(first) = rest.chars().next() else {
        return Ok(None);
    };
    let (kind, len) = match first {
        '\'' => (Kind::String, string(rest, 0, false, start)?),
        'e' | 'E' if rest[1..].starts_with('\'') => (Kind::String, string(rest, 1, true, start)?),
        '"' => (Kind::Quoted, quoted(rest, start)?),
        '$' => match dollar(rest, start)? {
            Some(len) => (Kind::Dollar, len),
            None => (Kind::Symbol, 1),
        },
        c if is_word(c) => {
            let len = rest.find(|c| !is_word(c) && c != '$').unwrap_or(rest.len());
            (Kind::Word, len)
        }
        c => (Kind::Symbol, c.len_utf8()),
    };
    *at = start + len;
    let text = &sql[start..*at];
    Ok(Some(Token { kind, text, start }))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Moves past spaces and comments.
fn skip(sql: &str, at: &mut usize) -> Result<(), Open> {
    loop {
        let rest = &sql[*at..];
        let trimmed = rest.trim_start();
        *at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            *at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            *at += comment(trimmed).ok_or(Open {
                what: "comment",
                start: *at,
            })?;
        } else {
            return Ok(());
        }
    }
}

/// The length of a comment, in which others can be nested.
fn comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The length of a string with a prefix of so many bytes.
fn string(text: &str, prefix: usize, escapes: bool, start: usize) -> Result<usize, Open> {
    let bytes = text.as_bytes();
    let mut at = prefix + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(Open {
        what: "string",
        start,
    })
}

fn quoted(text: &str, start: usize) -> Result<usize, Open> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(Open {
        what: "quoted name",
        start,
    })
}

/// The length of a string in dollar quotes, if it is one and not a parameter.
fn dollar(text: &str, start: usize) -> Result<Option<usize>, Open> {
    let Some(tag_len) = text[1..].find(|c| !is_word(c)) else {
        return Ok(None);
    };
    let tag_end = tag_len + 2;
    let is_tag = text.as_bytes()[tag_len + 1] == b'$'
        && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return Ok(None);
    }
    let tag = &text[..tag_end];
    match text[tag_end..].find(tag) {
        Some(len) => Ok(Some(tag_end + len + tag.len())),
        None => Err(Open {
            what: "string in dollar quotes",
            start,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(sql: &str) -> Vec<String> {
        let statements = statements(sql).unwrap();
        statements
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
                "SELECT $ 1"
            ]
        );
    }

    #[test]
    fn a_routine_in_sql_is_one_statement() {
        let sql = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; \
                   SELECT 2; END; SELECT 3";
        assert_eq!(cut(sql).len(), 2);
        assert_eq!(
            cut("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3").len(),
            2
        );
    }

    #[test]
    fn a_name_that_looks_like_a_block_hides_no_statement_behind_a_routine() {
        for routine in [
            "CREATE FUNCTION f(begin int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
            "CREATE FUNCTION f(begin atomic) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.case AS case FROM t; END",
        ] {
            let sql = format!("{routine}; COMMIT");
            assert_eq!(
                cut(&sql).last().map(String::as_str),
                Some("COMMIT"),
                "{sql}"
            );
        }
    }

    #[test]
    fn a_comment_ends_with_its_line_however_the_line_ends() {
        assert_eq!(
            cut("SELECT 1 -- a\r; COMMIT -- b\n; SELECT 2 -- c\r\n"),
            ["SELECT 1", "COMMIT", "SELECT 2"]
        );
    }

    #[test]
    fn begin_outside_of_a_routine_is_a_statement() {
        assert_eq!(cut("BEGIN; SELECT 1; END"), ["BEGIN", "SELECT 1", "END"]);
    }

    #[test]
    fn what_is_left_open_is_found() {
        for (sql, what, start) in [
            ("SELECT 'a", "string", 7),
            ("SELECT \"a", "quoted name", 7),
            ("SELECT $a$ $b$", "string in dollar quotes", 7),
            (" /* /* */", "comment", 1),
            ("SELECT E'a\\'", "string", 7),
        ] {
            assert_eq!(statements(sql).unwrap_err(), Open { what, start }, "{sql}");
        }
    }

    #[test]
    fn texts_of_any_characters_are_cut_without_panic() {
        for sql in [
            "$",
            "e",
            "E",
            "é'",
            "$é$é$é$",
            "-",
            "/",
            "--",
            "''",
            "\\",
            "$$",
            "E'\\",
        ] {
            let _ = statements(sql);
        }
    }
}
