//! Texts and words that are the time.

use tenantry_sql::{Kind, Token};

/// Texts that become the time when they are read as one, alone or with an hour after them.
const TEXTS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// Words that may follow a text of the time.
const AFTER_TIMES: [&str; 7] = ["allballs", "am", "gmt", "noon", "pm", "utc", "zulu"];

/// Key words that are the time.
pub(super) const WORDS: [&str; 5] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
];

/// Types of times, with which a text becomes one at once.
const TYPES: [&str; 5] = ["date", "time", "timestamp", "timestamptz", "timetz"];

/// Whether SQL has a text that is the time if it is read as one, in its code too: what was kept of it two replays tell.
pub(in crate::migrate::baseline) fn may_keep_time(sql: &str) -> bool {
    tenantry_sql::tokens(sql).any(|token| match token.dollar_parts() {
        Some((_, inner)) => is_time(inner) || may_keep_time(inner),
        // Escapes can stand for any letter.
        None => {
            token.kind == Kind::String && (is_time(quoted(token.text)) || token.text.contains('\\'))
        }
    })
}

/// The inside of a string, whatever stands before its quotes.
pub(super) fn quoted(text: &str) -> &str {
    let inside = text.split_once('\'').map_or(text, |(_, inside)| inside);
    inside.strip_suffix('\'').unwrap_or(inside)
}

/// Whether a statement that changes the catalogue keeps the time at which it runs there: in a bound of a partition that is calculated, or
/// in a text that becomes the time at once, as in a default.
pub(in crate::migrate::baseline) fn keeps_time(tokens: &[Token<'_>]) -> bool {
    let is_text = |at: usize| {
        let token: &Token<'_> = &tokens[at];
        token.kind == Kind::String && is_time(quoted(token.text))
    };
    let is_type = |at: usize| {
        let token = tokens.get(at);
        token.is_some_and(|it| it.is_any(&TYPES))
    };
    let is_typed = |at: usize| {
        let is_cast = tokens.get(at + 1).is_some_and(|it| it.is_sign("::")) && is_type(at + 2);
        let is_default = at > 0 && tokens[at - 1].is("default") && !is_of_text(tokens, at);
        is_cast || is_default || at > 0 && is_type(at - 1)
    };
    let bounds = tokens
        .windows(2)
        .position(|pair| pair[0].is("for") && pair[1].is("values"));
    let bounds = bounds.map_or(0..0, |at| {
        let mut rest = tokens[at + 2..].iter();
        let length = rest.position(|it| it.is("partition"));
        at + 2..length.map_or(tokens.len(), |length| at + 2 + length)
    });
    let is_calculated = |at: usize| {
        let token = &tokens[at];
        let is_call = tokens.get(at + 1).is_some_and(|it| it.is_sign("("));
        let is_keyword = token.is_any(&["from", "to", "in", "with"]);
        token.is_any(&WORDS) || is_text(at) || is_call && token.kind == Kind::Word && !is_keyword
    };
    (0..tokens.len()).any(|at| is_text(at) && is_typed(at)) || bounds.into_iter().any(is_calculated)
}

/// Types of texts, which stay what they are.
const TEXT_TYPES: [&str; 8] = [
    "bpchar",
    "character",
    "citext",
    "json",
    "jsonb",
    "name",
    "text",
    "varchar",
];

/// Whether a default is that of a text, by its own type or that of its column.
fn is_of_text(tokens: &[Token<'_>], at: usize) -> bool {
    let is_end = |token: &&Token<'_>| !token.is_sign(",") && token.text != "(";
    let column = tokens[..at].iter().rev().take_while(is_end);
    let is_cast = tokens.get(at + 1).is_some_and(|it| it.is_sign("::"));
    let cast = tokens.get(at + 2).filter(|_| is_cast);
    let mut types = cast.into_iter().chain(column.filter(|_| !is_cast));
    types.any(|it| it.is_any(&TEXT_TYPES))
}

/// Whether a text of a statement stays one, or becomes a value of a column as a whole, so that two replays tell whether it is the time: in a
/// row of `VALUES`, as what a column is set to, in the list of a `SELECT`, or with the type of a text.
pub(super) fn is_whole_value(tokens: &[Token<'_>], at: usize) -> bool {
    let next = tokens.get(at + 1);
    if next.is_some_and(|it| it.is_sign("::")) {
        let cast = tokens.get(at + 2);
        let again = tokens.get(at + 3).is_some_and(|it| it.is_sign("::"));
        return cast.is_some_and(|it| it.is_any(&TEXT_TYPES)) && !again;
    }
    let is_end = next.is_none_or(|it| {
        [",", ")", ";"].contains(&it.text)
            || it.is_any(&["as", "from", "on", "returning", "where", "union"])
    });
    is_end && is_in_list(tokens, at)
}

/// Whether the elements before a place, on its level, are those of a row of `VALUES`, of `SET` or of `SELECT`.
fn is_in_list(tokens: &[Token<'_>], at: usize) -> bool {
    let is_begun = |at: usize| tokens[at].is_any(&["select", "set", "distinct", "all"]);
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let is_assigned = tokens[before].text == "=";
    if !is_assigned && !["(", ","].contains(&tokens[before].text) && !is_begun(before) {
        return false;
    }
    let mut depth = 0;
    for place in (0..at).rev() {
        match tokens[place].text {
            ")" | "]" => depth += 1,
            "(" | "[" if depth > 0 => depth -= 1,
            "(" => return !is_assigned && is_row(tokens, place),
            "[" => return false,
            _ if depth > 0 => {}
            _ if tokens[place].is("set") => return is_assigned,
            _ if tokens[place].is("select") => return !is_assigned,
            _ if tokens[place].is_any(&[
                "and", "by", "case", "from", "in", "on", "or", "then", "when", "where",
            ]) =>
            {
                return false;
            }
            _ => {}
        }
    }
    false
}

/// Whether a parenthesis opens a row of `VALUES`.
fn is_row(tokens: &[Token<'_>], mut open: usize) -> bool {
    loop {
        let Some(before) = open.checked_sub(1) else {
            return false;
        };
        if tokens[before].is("values") {
            return true;
        }
        let is_next = tokens[before].text == "," && before > 0 && tokens[before - 1].text == ")";
        match is_next.then(|| opening(tokens, before - 1)).flatten() {
            Some(place) => open = place,
            None => return false,
        }
    }
}

/// The parenthesis that the one at a place closes.
fn opening(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0;
    (0..=close).rev().find(|place| {
        match tokens[*place].text {
            ")" => depth += 1,
            "(" => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// The operands that are made times: what stands before `::`, with its parentheses, or in `CAST`.
fn operands<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = &'t [Token<'a>]> {
    let is_type = |at: usize| tokens.get(at).is_some_and(|it| it.is_any(&TYPES));
    (1..tokens.len()).filter_map(move |at| {
        let end = at - 1;
        if tokens[at].is("as") && is_type(at + 1) {
            let mut depth = 0;
            let open = (0..at).rev().find(|place| {
                match tokens[*place].text {
                    ")" => depth += 1,
                    "(" => depth -= 1,
                    _ => {}
                }
                depth < 0
            })?;
            let is_cast = open > 0 && tokens[open - 1].is("cast");
            return is_cast.then(|| &tokens[open + 1..at]);
        }
        let is_qualified = tokens.get(at + 2).is_some_and(|it| it.is_sign("."));
        if !tokens[at].is_sign("::") || !is_type(if is_qualified { at + 3 } else { at + 1 }) {
            return None;
        }
        if tokens[end].text != ")" {
            // A text that goes on in the next line is two.
            let is_text = |at: usize| tokens[at].kind == Kind::String;
            let begin = if end > 0 && is_text(end) && is_text(end - 1) {
                end - 1
            } else {
                end
            };
            return Some(&tokens[begin..at]);
        }
        let open = opening(tokens, end)?;
        let is_call = open > 0 && tokens[open - 1].name().is_some();
        Some(&tokens[if is_call { open - 1 } else { open }..at])
    })
}

/// Whether a text that is put together of texts becomes a time.
pub(super) fn is_put_together(tokens: &[Token<'_>]) -> bool {
    operands(tokens).any(|operand| {
        let is_text = |token: &&Token<'_>| token.kind == Kind::String;
        let is_name = |at: usize| {
            let is_call = operand.get(at + 1).is_some_and(|it| it.text == "(");
            operand[at].name().is_some() && !is_call
        };
        let texts = operand.iter().filter(is_text).count();
        let rest = operand.iter().filter(|it| !["(", ")"].contains(&it.text));
        let is_escaped = operand
            .iter()
            .filter(is_text)
            .any(|it| it.text.contains('\\'));
        texts > 0 && (rest.count() > 1 || is_escaped) && !(0..operand.len()).any(is_name)
    })
}

/// Whether a text makes times of what is no text that stands there, or has code that may do so.
pub(super) fn casts_texts(sql: &str) -> bool {
    let tokens: Vec<Token<'_>> = tenantry_sql::tokens(sql)
        .filter(|it| !it.is_blank())
        .collect();
    let in_code = tokens.iter().any(|token| match token.dollar_parts() {
        Some((_, inner)) => tenantry_sql::tokens(inner).any(|it| it.is_any(&TYPES)),
        None => false,
    });
    in_code || operands(&tokens).any(|it| it.len() > 1 || it[0].kind != Kind::String)
}

/// Whether a text becomes the time when it is read as one: by itself, or in a range, an array or a row.
pub(super) fn is_time(text: &str) -> bool {
    let is_text = |word: &str| TEXTS.iter().any(|it| word.eq_ignore_ascii_case(it));
    let text = text.trim();
    if text.starts_with(['[', '(', '{', ',']) && !text.contains("\":") {
        return text.split(|c: char| !c.is_alphanumeric()).any(is_text);
    }
    let mut words = text.split_whitespace();
    let is_part = |word: &str| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let is_zone = word.len() < 5 || word.contains('/');
        is_number || is_zone || AFTER_TIMES.iter().any(|it| word.eq_ignore_ascii_case(it))
    };
    words.next().is_some_and(is_text) && words.all(is_part)
}

#[cfg(test)]
mod tests {
    use tenantry_sql::tokens;

    use super::*;

    fn keeps(sql: &str) -> bool {
        let tokens: Vec<Token<'_>> = tokens(sql).filter(|it| !it.is_blank()).collect();
        keeps_time(&tokens)
    }

    #[test]
    fn a_time_that_is_kept_is_told_from_one_that_is_calculated_each_time() {
        for sql in [
            "CREATE TABLE a (at timestamp DEFAULT 'now')",
            "CREATE TABLE a (day date DEFAULT date 'Today')",
            "CREATE TABLE a (at timestamptz DEFAULT ('now'::timestamptz))",
            "CREATE INDEX ON a (b) WHERE day > 'yesterday'::date",
            "CREATE TABLE b PARTITION OF a FOR VALUES FROM (now()) TO (MAXVALUE)",
            "ALTER TABLE a ATTACH PARTITION b FOR VALUES FROM (CURRENT_DATE) TO ('2100-01-01')",
            "CREATE TABLE b PARTITION OF a FOR VALUES FROM ('today') TO (MAXVALUE)",
        ] {
            assert!(keeps(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE a (at timestamp DEFAULT now(), day date DEFAULT CURRENT_DATE, state text CHECK (state IN ('now', 'later')))",
            "CREATE TABLE a (id int, label text NOT NULL DEFAULT 'Today', other citext DEFAULT 'now'::citext)",
            "CREATE TABLE b PARTITION OF a FOR VALUES FROM ('2020-01-01') TO (MAXVALUE) PARTITION BY LIST (n)",
            "CREATE TABLE b PARTITION OF a FOR VALUES WITH (MODULUS 4, REMAINDER 1)",
            "COMMENT ON COLUMN a.date IS 'today'",
            "CREATE TABLE",
        ] {
            assert!(!keeps(sql), "{sql}");
        }
    }
}
