//! Slots: where a schema's name goes into SQL that is the same for all tenants.

use std::ops::Range;

use crate::delimiter::Delimiters;
use crate::lexer::Tokens;
use crate::meaning::{Meaning, meanings};
use crate::token::{Kind, Token};
use crate::unescape::{Unescaped, unescape};

/// A slot: the name `"{tenant}"` or the like, in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<'a> {
    /// Text between the braces.
    pub name: &'a str,
    /// Where it is in the text, with its quotes, in bytes.
    pub range: Range<usize>,
    /// Whether it is in a string: in the body of a routine, or in one that is the name of something.
    pub is_in_string: bool,
}

/// The slots of SQL, in order, and what looks like one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots<'a> {
    /// The slots.
    pub slots: Vec<Slot<'a>>,
    /// Where a string in the body of a routine has `"{tenant}".` or the like, as if the string were SQL. It is none, so
    /// there is no slot in it.
    pub texts: Vec<usize>,
    /// Where code has an opening brace outside of quotes, which means nothing to PostgreSQL. A slot may be meant.
    pub braces: Vec<usize>,
}

/// Finds the slots of SQL.
///
/// A slot is a name in double quotes whose content is a word in braces. It is one in code only: in SQL itself and in the
/// body of a routine or of `DO`. Strings and comments are text, with or without anything that looks like a slot in it. Two
/// kinds of strings are code too, since a name has no other form there: one that PostgreSQL takes for the name of
/// something, as in `'"{tenant}"."s"'::regclass` or `nextval('"{tenant}"."s"')`, and an argument of a trigger that is all
/// of a name with its schema. In the body of a routine in another language than SQL and PL/pgSQL, which has SQL in its own
/// strings, `"{tenant}".` is a slot with the dot behind it.
///
/// ```
/// use tenantry_sql::slots;
///
/// let sql = r#"INSERT INTO "{tenant}".a VALUES ('{"{tenant}": 1}')"#;
/// let found = slots(sql).slots;
/// assert_eq!((found.len(), found[0].name, found[0].range.clone()), (1, "tenant", 12..22));
/// ```
pub fn slots(sql: &str) -> Slots<'_> {
    let mut found = Slots::default();
    // SQL without braces is not looked at any closer.
    if sql.contains('{') {
        let whole = Source {
            sql,
            text: sql,
            places: None,
        };
        whole.scan(&mut found, Region::Code);
        found.slots.sort_unstable_by_key(|slot| slot.range.start);
        found.texts.sort_unstable();
        found.braces.sort_unstable();
    }
    found
}

/// Role of a part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    Code,
    Body,
    Name,
}

/// A text that is code: SQL, or a part of it with its quotes and escapes undone.
struct Source<'s, 'a> {
    /// The whole SQL.
    sql: &'a str,
    text: &'s str,
    /// The place of each byte in the whole SQL, unless the text is that.
    places: Option<&'s [usize]>,
}

impl<'a> Source<'_, 'a> {
    /// Where a part of the text is in the whole SQL, if it is written there as it is.
    fn place(&self, range: Range<usize>) -> Option<Range<usize>> {
        let Some(places) = self.places else {
            return Some(range);
        };
        let start = places[range.start];
        let place = start..start + range.len();
        (self.sql.get(place.clone()) == self.text.get(range)).then_some(place)
    }

    /// Finds the slots, with those of the strings inside, however many are nested.
    fn scan(&self, found: &mut Slots<'a>, region: Region) {
        let mut delimiters = None;
        let mut left = vec![(0..self.text.len(), region)];
        while let Some((range, region)) = left.pop() {
            let tokens = Tokens::within(self.text, range, delimiters.as_ref());
            let tokens: Vec<Token<'_>> = tokens.filter(|token| !token.is_blank()).collect();
            for (token, meaning) in tokens.iter().zip(meanings(&tokens)) {
                let inner = match meaning {
                    Meaning::Code => {
                        self.name(found, token, region);
                        continue;
                    }
                    Meaning::Text if region == Region::Body => {
                        self.text(found, token);
                        continue;
                    }
                    Meaning::Text => continue,
                    Meaning::OtherBody => {
                        self.dotted(found, token.range());
                        continue;
                    }
                    Meaning::Argument if !is_name(token) => continue,
                    Meaning::Argument | Meaning::Name | Meaning::Schema => Region::Name,
                    Meaning::Body => Region::Body,
                };
                match token.dollar_parts() {
                    Some((delimiter, text)) => {
                        let start = token.start + delimiter.len();
                        left.push((start..start + text.len(), inner));
                    }
                    None => self.unescaped(found, token, inner),
                }
            }
            if delimiters.is_none() && !left.is_empty() {
                delimiters = Some(Delimiters::of(self.text));
            }
        }
    }

    /// Finds the slots of a string in single quotes. Its depth is limited, since the quotes of each string in another are
    /// doubled.
    fn unescaped(&self, found: &mut Slots<'a>, token: &Token<'_>, region: Region) {
        let Unescaped {
            text, mut places, ..
        } = unescape(token);
        if let Some(own) = self.places {
            for place in &mut places {
                *place = own[*place];
            }
        }
        let inner = Source {
            sql: self.sql,
            text: &text,
            places: Some(&places),
        };
        inner.scan(found, region);
    }

    fn name(&self, found: &mut Slots<'a>, token: &Token<'_>, region: Region) {
        // In a string that is a name it can be the beginning of an array.
        if token.is_sign("{") && region != Region::Name {
            let place = self.place(token.range());
            found.braces.extend(place.map(|place| place.start));
        }
        if token.kind == Kind::Quoted
            && slot_name(token.text).is_some()
            && let Some(range) = self.place(token.range())
            && let Some(name) = slot_name(&self.sql[range.clone()])
        {
            found.slots.push(Slot {
                name,
                range,
                is_in_string: region != Region::Code,
            });
        }
    }

    /// Notes what looks like a slot in a text.
    fn text(&self, found: &mut Slots<'a>, token: &Token<'_>) {
        for range in dotted(token.text) {
            let range = token.start + range.start..token.start + range.end;
            found
                .texts
                .extend(self.place(range).map(|place| place.start));
        }
    }

    /// Finds the slots of a text that is no SQL.
    fn dotted(&self, found: &mut Slots<'a>, text: Range<usize>) {
        for range in dotted(&self.text[text.clone()]) {
            let range = text.start + range.start..text.start + range.end;
            let Some(range) = self.place(range) else {
                continue;
            };
            if let Some(name) = slot_name(&self.sql[range.clone()]) {
                found.slots.push(Slot {
                    name,
                    range,
                    is_in_string: true,
                });
            }
        }
    }
}

/// Text between the braces of a name in double quotes that is a slot.
fn slot_name(quoted: &str) -> Option<&str> {
    let name = quoted.strip_prefix("\"{")?.strip_suffix("}\"")?;
    let is_word = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    is_word.then_some(name)
}

/// Where a text has `"{tenant}"` or `"{shared}"` with a dot behind it. Other words in braces are not meant there.
fn dotted(text: &str) -> impl Iterator<Item = Range<usize>> {
    ["\"{tenant}\".", "\"{shared}\"."]
        .into_iter()
        .flat_map(|slot| text.match_indices(slot))
        .map(|(start, slot)| start..start + slot.len() - 1)
}

/// Whether a string is all of a name with its schema, which is a slot.
fn is_name(token: &Token<'_>) -> bool {
    let Unescaped { text, .. } = unescape(token);
    is_qualified(&text) && text.starts_with("\"{")
}

/// Tells whether a text is all of a name with its schema.
pub fn is_qualified(text: &str) -> bool {
    let tokens: Vec<Token<'_>> = crate::tokens(text).collect();
    tokens.len() >= 3
        && tokens.len() % 2 == 1
        && tokens.iter().enumerate().all(|(at, token)| {
            if at % 2 == 0 {
                token.name().is_some()
            } else {
                token.is_sign(".")
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SQL with all slots as `[name]`, or `<name>` in strings.
    fn shown(sql: &str) -> String {
        let (mut text, mut end) = (String::new(), 0);
        for slot in slots(sql).slots {
            text += &sql[end..slot.range.start];
            let (opening, closing) = if slot.is_in_string {
                ("<", ">")
            } else {
                ("[", "]")
            };
            text.extend([opening, slot.name, closing]);
            end = slot.range.end;
        }
        text + &sql[end..]
    }

    #[test]
    fn names_in_code_are_slots() {
        for (sql, expected) in [
            (r#"DROP TABLE "{tenant}"."a""#, r#"DROP TABLE [tenant]."a""#),
            (
                r#"SELECT * FROM "{shared}".a, "{tennant}".b"#,
                "SELECT * FROM [shared].a, [tennant].b",
            ),
            (
                r#"DO $$ BEGIN DELETE FROM "{tenant}".a; -- "{tenant}".b
                   END $$"#,
                r#"DO $$ BEGIN DELETE FROM <tenant>.a; -- "{tenant}".b
                   END $$"#,
            ),
            (
                r#"CREATE FUNCTION "{tenant}".f() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM "{tenant}".a WHERE b = ''"{tenant}"'''"#,
                r#"CREATE FUNCTION [tenant].f() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM <tenant>.a WHERE b = ''"{tenant}"'''"#,
            ),
            (
                r#"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 FROM "{tenant}".a; END"#,
                r"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 FROM [tenant].a; END",
            ),
            (
                r#"DO $a$ BEGIN DO $b$ BEGIN PERFORM nextval('"{tenant}".s'); END $b$; END $a$"#,
                r"DO $a$ BEGIN DO $b$ BEGIN PERFORM nextval('<tenant>.s'); END $b$; END $a$",
            ),
            (
                r#"DO E'BEGIN DO ''SELECT \'"{tenant}".s\'::regclass''; END'"#,
                r"DO E'BEGIN DO ''SELECT \'<tenant>.s\'::regclass''; END'",
            ),
            (
                r#"SELECT '"{tenant}"."s"'::regclass, setval('"{shared}".s', 1), '"{tenant}".f("{shared}".m)'::regprocedure"#,
                r#"SELECT '<tenant>."s"'::regclass, setval('<shared>.s', 1), '<tenant>.f(<shared>.m)'::regprocedure"#,
            ),
            (
                r#"CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f('"{tenant}".a', '{"{tenant}".a}', '"{tenant}"')"#,
                r#"CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f('<tenant>.a', '{"{tenant}".a}', '"{tenant}"')"#,
            ),
            (
                r#"CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ plpy.execute('SELECT 1 FROM "{tenant}".a') # '{"{tenant}": 1}' $$"#,
                r#"CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ plpy.execute('SELECT 1 FROM <tenant>.a') # '{"{tenant}": 1}' $$"#,
            ),
            (
                "DO 'BEGIN PERFORM 1 FROM '\n -- \"{tenant}\".a\n '\"{tenant}\".a; END'",
                "DO 'BEGIN PERFORM 1 FROM '\n -- \"{tenant}\".a\n '<tenant>.a; END'",
            ),
        ] {
            assert_eq!(shown(sql), expected);
        }
    }

    #[test]
    fn texts_and_comments_have_no_slots() {
        for sql in [
            r#"ALTER TABLE a ALTER b SET DEFAULT 'Dear "{tenant}",'"#,
            r#"INSERT INTO a VALUES ('{"{tenant}": 1}', $${"{tenant}": 1}$$, E'"{tenant}".a')"#,
            r#"INSERT INTO a VALUES ($x$ DO $$ SELECT 1 FROM "{tenant}".a $$ $x$)"#,
            r#"COMMENT ON TABLE a IS 'Of "{tenant}"."a".'"#,
            r#"-- "{tenant}".a
               /* "{shared}".b */"#,
            r#"SELECT 1 AS "x""{tenant}""#,
            r#"SELECT 1 AS "{tenant}""x""#,
            r#"SELECT 1 AS "{a b}", "{}", U&"{tenant}""#,
            r#"DO E'SELECT 1 FROM "\x7btenant}".a'"#,
            "SELECT {tenant}",
            r#"SELECT '"{tenant}".a"#,
        ] {
            assert_eq!(shown(sql), sql);
            assert_eq!(slots(sql).texts, [0; 0], "{sql}");
        }
    }

    #[test]
    fn a_brace_in_code_is_told() {
        for (sql, places) in [
            ("SELECT {tenant}", &[7][..]),
            ("DO $$ BEGIN DELETE FROM {tenant}.a; END $$", &[24]),
            ("DO 'BEGIN DO ''BEGIN DELETE FROM {a}.b; END''; END'", &[33]),
            ("SELECT '{tenant}', \"{\", '{a,b}'::regtype[] -- {", &[]),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE plv8 AS $$ if (a) { return 1 } $$",
                &[],
            ),
        ] {
            assert_eq!(slots(sql).braces, places, "{sql}");
        }
    }

    #[test]
    fn a_slot_in_a_string_of_a_body_is_told() {
        let sql = r#"DO $$ BEGIN EXECUTE 'LOCK "{tenant}".a'; PERFORM '{"{tenant}": 1}'; END $$"#;
        assert_eq!(slots(sql).texts, [26]);
        let sql = r#"DO 'BEGIN EXECUTE ''LOCK "{shared}".a''; END'"#;
        assert_eq!(slots(sql).texts, [25]);
        assert!(slots(sql).slots.is_empty());
    }

    #[test]
    fn nesting_takes_no_stack_and_no_time_that_grows_faster_than_the_text() {
        for open in ["DO ", "SELECT ", "CREATE FUNCTION f() LANGUAGE sql AS "] {
            let tags = (0..20_000).map(|number| format!("{open}$t{number}$ "));
            let ends = (0..20_000).rev().map(|number| format!(" $t{number}$"));
            let sql: String = tags
                .chain(["SELECT \"{tenant}\".a".to_owned()])
                .chain(ends)
                .collect();
            assert_eq!(slots(&sql).slots.len(), usize::from(open != "SELECT "));
        }
    }
}
