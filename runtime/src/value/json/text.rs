//! JSON as text, and what `jsonb` can't hold.

use std::borrow::Cow;

use super::number::JsonNumber;
use super::token::{JsonTokens, Token};
use crate::error::Withheld;
use crate::value::DecodeError;

/// How deep `serde_json` reads: whoever writes deeper could not read it again.
const MAX_DEPTH: usize = 127;

/// Refuses what `jsonb` would change, or what could not be read again.
pub(super) fn check(json: &[u8]) -> Result<(), DecodeError> {
    // The keys of all that is open, and where those of each begin.
    let mut keys: Vec<Cow<'_, [u8]>> = Vec::new();
    let mut opened: Vec<usize> = Vec::new();
    for token in JsonTokens(json) {
        match token {
            Token::Open => {
                opened.push(keys.len());
                if opened.len() > MAX_DEPTH {
                    return Err(format!(
                        "the JSON is nested deeper than {MAX_DEPTH} levels, and could not be read again"
                    )
                    .into());
                }
            }
            Token::Close => {
                let first = opened.pop().unwrap_or_default();
                if let Some(twice) = repeated(&mut keys[first..]) {
                    let told = "the JSON has a key twice in one object, of which `jsonb` keeps the last value only\n\
                         help: give each value a key of its own";
                    return Err(
                        Withheld::new(told, format!("the key `{twice}` is there twice")).into(),
                    );
                }
                keys.truncate(first);
            }
            Token::Text { text, is_key } => {
                if is_key {
                    keys.push(unescaped(text));
                }
                if has_nul(text) {
                    return Err(
                        "the JSON has a text with a NUL character, which `jsonb` can't hold".into(),
                    );
                }
            }
            Token::Number(number) => {
                if number.first() == Some(&b'-') && JsonNumber::of(number).is_zero() {
                    return Err(
                        "the JSON has a negative zero, which `jsonb` takes for zero\n\
                                help: add `0.0` to the number"
                            .into(),
                    );
                }
            }
        }
    }
    Ok(())
}

/// A key that stands twice among those of an object.
fn repeated<'k>(keys: &'k mut [Cow<'_, [u8]>]) -> Option<Cow<'k, str>> {
    keys.sort_unstable();
    let pair = keys.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(String::from_utf8_lossy(&pair[0]))
}

/// The text that stands for what is between quotes.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return text.into();
    }
    let quoted = [b"\"", text, b"\""].concat();
    match serde_json::from_slice::<String>(&quoted) {
        Ok(text) => text.into_bytes().into(),
        // PostgreSQL refuses what stands for no text.
        Err(_) => text.into(),
    }
}

fn has_nul(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        if rest[at..].starts_with(b"\\u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsonb_can_not_hold_is_found_and_nothing_else() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for refused in [
            r#"{"a":"x\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#""\\\u0000""#,
            "[-0.0]",
            "-0",
            "-0e5",
            r#"{"a":1,"b":{},"a":1}"#,
            r#"[{"é":1,"\u00e9":2}]"#,
            r#"{"a" : 1, "a"	: 2}"#,
            &deep(128),
        ] {
            assert!(check(refused.as_bytes()).is_err(), "{refused}");
        }
        for held in [
            r#"{"a":"\\u0000","b":"-0.0"}"#,
            "[0.0,-1,-0.5,null]",
            r#""\"-0""#,
            r#"[{"a":{"a":["a","a"]},"A":"a"},{"a":{},"b:":"a","\\":"a"}]"#,
            &deep(127),
        ] {
            assert!(check(held.as_bytes()).is_ok(), "{held}");
        }
    }
}
