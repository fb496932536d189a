//! Questions before what can't be undone.

use std::io::{self, BufRead, IsTerminal};

use super::output::Console;
use crate::error::{Error, ErrorKind, Result};

/// Lets somebody at a terminal type a word before something is done that can't be undone.
///
/// # Errors
///
/// When another word is typed, or there is nobody at a terminal.
pub(super) fn confirm(console: &mut Console<'_>, what: &str, word: &str) -> Result<()> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "not confirmed: {what}\nhelp: there is no terminal to ask at; add `--yes` if that is what you want"
            ),
        ));
    }
    ask(console, &mut input.lock(), what, word)
}

fn ask(console: &mut Console<'_>, input: &mut dyn BufRead, what: &str, word: &str) -> Result<()> {
    console.ask(&format!("{what}\ntype `{word}` to go on: "));
    let mut typed = String::new();
    // A terminal that is gone has typed nothing.
    let _ = input.read_line(&mut typed);
    if typed.trim() == word {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "`{word}` was not typed, so nothing was changed\nhelp: run it again and type that, or add `--yes`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &str) -> (Result<()>, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err);
        let what = "this drops the tenant `acme`";
        let answer = ask(&mut console, &mut typed.as_bytes(), what, "acme");
        assert!(out.is_empty(), "a question is no result");
        (answer, String::from_utf8(err).unwrap())
    }

    #[test]
    fn the_word_confirms() {
        let (answer, asked) = answer("acme\n");
        answer.unwrap();
        assert_eq!(
            asked,
            "this drops the tenant `acme`\ntype `acme` to go on: "
        );
    }

    #[test]
    fn anything_else_does_not() {
        for typed in ["", "\n", "y\n", "yes\n", "acm\n", "acmee\n", "Acme\n"] {
            let error = answer(typed).0.unwrap_err();
            assert!(
                error.to_string().contains("nothing was changed"),
                "{typed:?}"
            );
        }
    }
}
