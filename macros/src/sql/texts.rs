//! Texts that a function takes for SQL or for a name: they lead past the slots.

use super::tokens::Token;

/// Functions that run a text as SQL, read other databases, or read the server's files.
const RUN: [&str; 24] = [
    "query_to_xml",
    "query_to_xmlschema",
    "query_to_xml_and_xmlschema",
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "table_to_xml",
    "table_to_xmlschema",
    "table_to_xml_and_xmlschema",
    "schema_to_xml",
    "schema_to_xmlschema",
    "schema_to_xml_and_xmlschema",
    "database_to_xml",
    "database_to_xmlschema",
    "database_to_xml_and_xmlschema",
    "ts_stat",
    "crosstab",
    "connectby",
    "xpath_table",
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "pg_stat_file",
    "lo_import",
    "lo_export",
];

/// The beginnings of the names of such functions.
const RUN_BEGINNINGS: [&str; 2] = ["dblink", "crosstab"];

/// Functions that take a text for the name of something in a schema.
const NAMED: [&str; 35] = [
    "nextval",
    "setval",
    "currval",
    "to_regclass",
    "to_regtype",
    "to_regproc",
    "to_regprocedure",
    "to_regoper",
    "to_regoperator",
    "to_regnamespace",
    "to_regcollation",
    "pg_relation_size",
    "pg_table_size",
    "pg_total_relation_size",
    "pg_indexes_size",
    "pg_relation_filepath",
    "pg_relation_filenode",
    "pg_get_serial_sequence",
    "pg_sequence_last_value",
    "pg_sequence_parameters",
    "pg_get_viewdef",
    "pg_relation_is_updatable",
    "pg_partition_tree",
    "pg_partition_root",
    "row_security_active",
    "has_table_privilege",
    "has_column_privilege",
    "has_any_column_privilege",
    "has_sequence_privilege",
    "has_function_privilege",
    "has_schema_privilege",
    "has_type_privilege",
    "pg_prewarm",
    "pgstattuple",
    "ts_rewrite",
];

/// Types whose texts are names of relations, functions and operators.
const NAMES: [&str; 6] = [
    "regclass",
    "regproc",
    "regprocedure",
    "regoper",
    "regoperator",
    "regnamespace",
];

/// Types whose texts are names that can have a schema.
const OFTEN_PLAIN: [&str; 4] = ["regtype", "regconfig", "regdictionary", "regcollation"];

/// What a statement does with texts that leads past its slots: as written, and why.
pub(crate) fn hidden_names(tokens: &[Token]) -> Option<(String, &'static str)> {
    (0..tokens.len()).find_map(|position| call(tokens, position).or_else(|| cast(tokens, position)))
}

/// A call at a position.
fn call(tokens: &[Token], position: usize) -> Option<(String, &'static str)> {
    let (Token::Word(name) | Token::Quoted(name)) = &tokens[position] else {
        return None;
    };
    if tokens.get(position + 1) != Some(&Token::Symbol('(')) {
        return None;
    }
    let runs = RUN.contains(&name.as_str())
        || RUN_BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning));
    if runs {
        return Some((name.clone(), "runs or reads what a text says"));
    }
    let named = NAMED.contains(&name.as_str())
        && arguments(tokens, position + 2).any(|token| matches!(token, Token::Text(_)));
    named.then(|| {
        (
            name.clone(),
            "takes a text for the name of something in a schema",
        )
    })
}

/// The tokens between the parentheses that were opened before a position.
fn arguments(tokens: &[Token], from: usize) -> impl Iterator<Item = &Token> {
    let mut depth = 1_usize;
    tokens[from..].iter().take_while(move |token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        depth > 0
    })
}

/// A type at a position that a text or parameter beside it is turned into.
fn cast(tokens: &[Token], position: usize) -> Option<(String, &'static str)> {
    let (Token::Word(name) | Token::Quoted(name)) = &tokens[position] else {
        return None;
    };
    let any = NAMES.contains(&name.as_str());
    if !any && !OFTEN_PLAIN.contains(&name.as_str()) {
        return None;
    }
    // `pg_catalog.regclass` is the same type.
    let mut begin = position;
    while begin >= 2 && tokens[begin - 1] == Token::Symbol('.') {
        begin -= 2;
    }
    let before = match begin.checked_sub(1).map(|before| &tokens[before]) {
        Some(Token::Symbol(':')) => begin.checked_sub(3),
        Some(word) if word.is("as") => begin.checked_sub(2),
        _ => None,
    };
    let given = before
        .map(|before| &tokens[before])
        .or_else(|| tokens.get(position + 1));
    let names = match given {
        Some(Token::Text(text)) => any || text.contains('.'),
        Some(Token::Parameter(_)) => any,
        _ => false,
    };
    names.then(|| {
        (
            name.clone(),
            "takes a text for the name of something in a schema",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn found(statement: &str) -> Option<String> {
        hidden_names(&tokens(statement).unwrap()).map(|(name, _)| name)
    }

    #[test]
    fn texts_that_are_taken_for_sql_or_names_are_found() {
        for (statement, expected) in [
            ("SELECT setval('acme.users_id_seq', 1)", "setval"),
            ("SELECT pg_catalog.nextval('s')", "nextval"),
            (
                "SELECT query_to_xml('SELECT 1', true, true, '')",
                "query_to_xml",
            ),
            ("SELECT query_to_xml($1, true, true, '')", "query_to_xml"),
            (
                "SELECT * FROM dblink('x', 'SELECT 1') AS t (a int)",
                "dblink",
            ),
            ("SELECT dblink_exec($1)", "dblink_exec"),
            ("SELECT to_regclass(lower('ACME.USERS'))", "to_regclass"),
            ("SELECT 'acme.users'::regclass", "regclass"),
            ("SELECT $1::pg_catalog.regclass", "regclass"),
            ("SELECT CAST('acme.users' AS regclass)", "regclass"),
            ("SELECT regclass 'acme.users'", "regclass"),
            ("SELECT 'acme.money'::regtype", "regtype"),
            ("SELECT \"nextval\"('s')", "nextval"),
            (
                "SELECT pg_total_relation_size('acme.users')",
                "pg_total_relation_size",
            ),
            ("SELECT pg_read_file('/etc/passwd')", "pg_read_file"),
        ] {
            assert_eq!(found(statement).as_deref(), Some(expected), "{statement}");
        }
    }

    #[test]
    fn other_texts_are_let_be() {
        for statement in [
            "SELECT lower('acme.users'), 'nextval(''s'')'",
            "SELECT to_tsvector('english'::regconfig, 'a')",
            "SELECT tableoid::regclass, pg_typeof(1)::regtype, 'int4'::regtype",
            "SELECT nextval, setval FROM t",
            "SELECT pg_relation_size(tableoid)",
        ] {
            assert_eq!(found(statement), None, "{statement}");
        }
    }
}
