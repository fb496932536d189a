//! Calls of functions by the name of their schema.

use super::tokens::Token;

/// The schema of PostgreSQL's own functions, which is the same for all.
const OWN: &str = "pg_catalog";

/// The functions that are called with the name of a schema, as written, but for PostgreSQL's own.
pub(crate) fn foreign_functions(tokens: &[Token]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        if *token == Token::Symbol('(')
            && let Some(parts) = name_before(tokens, position)
            && parts.len() > 1
            && parts.first() != Some(&OWN)
        {
            names.push(parts.join("."));
        }
    }
    names
}

/// The parts of the name that ends right before a position.
fn name_before(tokens: &[Token], mut end: usize) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    loop {
        end = end.checked_sub(1)?;
        let (Token::Word(part) | Token::Quoted(part)) = &tokens[end] else {
            return None;
        };
        parts.insert(0, part.as_str());
        match end.checked_sub(1) {
            Some(dot) if tokens[dot] == Token::Symbol('.') => end = dot,
            _ => return Some(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn found(statement: &str) -> Vec<String> {
        foreign_functions(&tokens(statement).unwrap())
    }

    #[test]
    fn a_function_of_a_schema_is_found_wherever_it_is_called() {
        for (statement, expected) in [
            ("SELECT globex.f(1)", "globex.f"),
            ("SELECT 1 FROM globex.f() AS g", "globex.f"),
            ("SELECT 1 WHERE \"Globex\" . \"f\" (1) = 1", "Globex.f"),
            ("SELECT db.pg_catalog.now()", "db.pg_catalog.now"),
        ] {
            assert_eq!(found(statement), [expected], "{statement}");
        }
    }

    #[test]
    fn functions_of_postgresql_and_columns_are_let_be() {
        for statement in [
            "SELECT pg_catalog.now(), lower(a.name)",
            "SELECT 1 WHERE a.name IN (SELECT 1) AND (a.b) = (2)",
            "SELECT 1 FROM generate_series(1, 2) AS g (n)",
        ] {
            assert_eq!(found(statement), [""; 0], "{statement}");
        }
    }
}
