//! Uses of the setting by which a session finds tables without a schema.

use super::parentheses::items;
use super::texts::spelled;
use super::tokens::Token;

const SEARCH_PATH: &str = "search_path";

/// Whether a statement sets the search path, by the name itself.
pub(crate) fn sets_search_path(tokens: &[Token]) -> bool {
    names_search_path(tokens, "set_config")
}

/// Whether a statement reads the search path, by the name itself.
pub(crate) fn reads_search_path(tokens: &[Token]) -> bool {
    names_search_path(tokens, "current_setting")
}

fn names_search_path(tokens: &[Token], function: &str) -> bool {
    (0..tokens.len()).any(|position| {
        let (Token::Word(name) | Token::Quoted(name)) = &tokens[position] else {
            return false;
        };
        name == function
            && tokens.get(position + 1) == Some(&Token::Symbol('('))
            && name_of_setting(&items(tokens, position + 2)).is_some_and(is_search_path)
    })
}

/// The argument that is the name of the setting.
fn name_of_setting<'a>(arguments: &[&'a [Token]]) -> Option<&'a [Token]> {
    let mut all = arguments.iter().copied();
    let by_name = all.find(|argument| argument.first().is_some_and(|it| it.is("setting_name")));
    by_name.or_else(|| arguments.first().copied())
}

fn is_search_path(argument: &[Token]) -> bool {
    argument.iter().any(|token| match token {
        Token::Text(text) => {
            spelled(text).is_some_and(|text| text.eq_ignore_ascii_case(SEARCH_PATH))
        }
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
        }
        let statement = tokens("SELECT \"current_setting\"('search_path')").unwrap();
        assert!(reads_search_path(&statement) && !sets_search_path(&statement));
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
