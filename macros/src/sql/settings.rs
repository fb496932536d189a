//! Uses of the settings that decide what a statement means: where a session finds tables without a schema, and where a string ends.

use super::parentheses::items;
use super::texts::spelled;
use super::tokens::Token;

const SEARCH_PATH: &str = "search_path";
const STRINGS: &str = "standard_conforming_strings";

/// Why a statement that sets one of them by its name is refused.
pub(crate) fn sets_meaning(tokens: &[Token]) -> Option<&'static str> {
    if sets_search_path(tokens) {
        Some(
            "no statement sets `search_path`: all names are qualified, whatever the session\nhelp: write `{Model}` for a table",
        )
    } else if sets_strings(tokens) {
        Some(
            "no statement sets `standard_conforming_strings`: a backslash in a string is a character like others, whatever the session\n\
             help: write `E'…'` for a string in which it is an escape",
        )
    } else {
        None
    }
}

/// Whether a statement sets the search path, by the name itself.
fn sets_search_path(tokens: &[Token]) -> bool {
    names(SEARCH_PATH, tokens, "set_config")
}

/// Whether a statement sets what a backslash in a string is, by the name of the setting itself.
fn sets_strings(tokens: &[Token]) -> bool {
    names(STRINGS, tokens, "set_config")
}

/// Whether a statement reads the search path, by the name itself.
pub(crate) fn reads_search_path(tokens: &[Token]) -> bool {
    names(SEARCH_PATH, tokens, "current_setting")
}

fn names(setting: &str, tokens: &[Token], function: &str) -> bool {
    (0..tokens.len()).any(|position| {
        let (Token::Word(name) | Token::Quoted(name)) = &tokens[position] else {
            return false;
        };
        name == function
            && tokens.get(position + 1) == Some(&Token::Symbol('('))
            && name_of_setting(&items(tokens, position + 2)).is_some_and(|name| is(setting, name))
    })
}

/// The argument that is the name of the setting.
fn name_of_setting<'a>(arguments: &[&'a [Token]]) -> Option<&'a [Token]> {
    let mut all = arguments.iter().copied();
    let by_name = all.find(|argument| argument.first().is_some_and(|it| it.is("setting_name")));
    by_name.or_else(|| arguments.first().copied())
}

fn is(setting: &str, argument: &[Token]) -> bool {
    argument.iter().any(|token| match token {
        Token::Text(text) => spelled(text).is_some_and(|text| text.eq_ignore_ascii_case(setting)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn the_setting_is_found_however_it_is_written() {
        for arguments in [
            "'search_path'",
            "'Search_Path', 'a', true",
            "$$search_path$$, 'a', true",
            "('search_path'::text), 'a', true",
            "E'search\\x5fpath', 'a', true",
            "new_value => 'a', is_local => true, setting_name => 'search_path'",
        ] {
            let statement = tokens(&format!("SELECT pg_catalog.set_config({arguments})")).unwrap();
            assert!(sets_search_path(&statement), "{arguments}");
            assert!(!reads_search_path(&statement), "{arguments}");
            assert!(!sets_strings(&statement), "{arguments}");
        }
        let statement = tokens("SELECT \"current_setting\"('search_path')").unwrap();
        assert!(reads_search_path(&statement) && !sets_search_path(&statement));
    }

    #[test]
    fn what_a_backslash_is_is_not_set() {
        for arguments in [
            "'standard_conforming_strings', 'off', true",
            "'Standard_Conforming_Strings', $1, false",
        ] {
            let statement = tokens(&format!("SELECT set_config({arguments})")).unwrap();
            let why = sets_meaning(&statement).unwrap();
            assert!(why.contains("`standard_conforming_strings`"), "{why}");
        }
        let read = tokens("SELECT current_setting('standard_conforming_strings')").unwrap();
        assert_eq!(sets_meaning(&read), None);
    }

    #[test]
    fn the_word_by_itself_is_no_use_of_the_setting() {
        for statement in [
            "SELECT 1 WHERE name = 'search_path'",
            "SELECT a.search_path, \"search_path\" FROM a -- search_path",
            "SELECT set_config('app.shown', 'search_path', true)",
            "SELECT set_config('app.search_path', 'a', true), lower('search_path')",
        ] {
            let tokens = tokens(statement).unwrap();
            assert!(
                !sets_search_path(&tokens) && !reads_search_path(&tokens),
                "{statement}"
            );
        }
    }
}
