//! Texts that a function takes for SQL or for a name: they lead past the slots.

use super::tokens::Token;

/// Functions that run a text as SQL, read other databases, or read the server's files.
const RUN: [&str; 18] = [
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
    "connectby",
    "xpath_table",
    "pg_stat_file",
];

/// The beginnings of the names of such functions, and of those for large objects, which are in no schema.
const RUN_BEGINNINGS: [&str; 6] = [
    "dblink", "crosstab", "pg_read_", "pg_ls_", "pg_file_", "lo_",
];

/// Functions that take a text for the name of something in a schema.
const NAMED: [&str; 29] = [
    "nextval",
    "setval",
    "currval",
    "pg_table_size",
    "pg_indexes_size",
    "pg_get_serial_sequence",
    "pg_sequence_last_value",
    "pg_sequence_parameters",
    "pg_get_viewdef",
    "row_security_active",
    "pg_prewarm",
    "ts_rewrite",
    "currtid2",
    "get_raw_page",
    "gin_clean_pending_list",
    "pg_column_is_updatable",
    "pg_extension_config_dump",
    "pg_freespace",
    "pg_get_object_address",
    "pg_get_replica_identity_index",
    "pg_import_system_collations",
    "pg_nextoid",
    "pg_relpages",
    "pg_total_relation_size",
    "pg_truncate_visibility_map",
    "pgrowlocks",
    "verify_heapam",
    "pg_index_has_property",
    "pg_index_column_has_property",
];

/// The beginnings of the names of such functions.
const NAMED_BEGINNINGS: [&str; 9] = [
    "to_reg",
    "pg_relation_",
    "pg_partition_",
    "pg_visibility",
    "pg_check_",
    "pgstat",
    "brin_",
    "bt_",
    "hash_page_",
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

/// Uses of texts in a statement that lead past its slots: as written, and why.
pub(crate) fn hidden_names(tokens: &[Token]) -> Option<(String, &'static str)> {
    (0..tokens.len()).find_map(|position| call(tokens, position).or_else(|| cast(tokens, position)))
}

/// A call at a position.
fn call(tokens: &[Token], position: usize) -> Option<(String, &'static str)> {
    let name = name(tokens.get(position)?)?;
    if tokens.get(position + 1) != Some(&Token::Symbol('(')) {
        return None;
    }
    if is_of(name, &RUN, &RUN_BEGINNINGS) {
        return Some((name.to_owned(), "runs or reads what a text says"));
    }
    let sets = name == "set_config"
        && !matches!(
            tokens.get(position + 2..position + 4),
            Some([Token::Text(_), Token::Symbol(',')])
        );
    if sets {
        return Some((
            name.to_owned(),
            "sets what its first argument says, which is no text by itself",
        ));
    }
    let privilege = name.starts_with("has_") && name.ends_with("_privilege");
    let named = (privilege || is_of(name, &NAMED, &NAMED_BEGINNINGS))
        && arguments(tokens, position + 2).any(|token| matches!(token, Token::Text(_)));
    named.then(|| {
        (
            name.to_owned(),
            "takes a text for the name of something in a schema",
        )
    })
}

fn is_of(name: &str, names: &[&str], beginnings: &[&str]) -> bool {
    names.contains(&name)
        || beginnings
            .iter()
            .any(|beginning| name.starts_with(beginning))
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

/// A type at a position that a value beside it is turned into.
fn cast(tokens: &[Token], position: usize) -> Option<(String, &'static str)> {
    let name = name(tokens.get(position)?)?;
    // `_regclass` is an array of them.
    let plain = name.strip_prefix('_').unwrap_or(name);
    let any = NAMES.contains(&plain);
    if !any && !OFTEN_PLAIN.contains(&plain) {
        return None;
    }
    let after = tokens.get(position + 1);
    let mut begin = position;
    if position >= 2 && tokens[position - 1] == Token::Symbol('.') {
        // `pg_catalog.regclass` is the same type, `a.regclass` a column.
        begin -= 2;
        if !tokens[begin].is("pg_catalog") {
            return None;
        }
    }
    let given = match begin.checked_sub(1).map(|before| &tokens[before]) {
        Some(Token::Symbol(':')) => begin.checked_sub(3),
        Some(word) if word.is("as") => begin.checked_sub(2),
        _ => None,
    };
    let given = given.map(|given| &tokens[given]);
    let names = if any {
        !given.is_some_and(is_number) && after != Some(&Token::Symbol('.'))
    } else {
        let text = given.or(after);
        matches!(text, Some(Token::Text(text)) if text.contains('.'))
    };
    names.then(|| {
        (
            name.to_owned(),
            "takes a text for the name of something in a schema",
        )
    })
}

/// Whether a value ends with a column of PostgreSQL's that is the number of a relation, whose name is only shown.
fn is_number(token: &Token) -> bool {
    name(token).is_some_and(|name| name.ends_with("oid") || name.ends_with("relid"))
}

fn name(token: &Token) -> Option<&str> {
    match token {
        Token::Word(name) | Token::Quoted(name) => Some(name),
        _ => None,
    }
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
            ("SELECT pg_ls_logdir()", "pg_ls_logdir"),
            ("SELECT pg_file_write('x', 'a', false)", "pg_file_write"),
            ("SELECT lo_get(1)", "lo_get"),
            ("SELECT bt_index_check('acme.i')", "bt_index_check"),
            (
                "SELECT brin_summarize_new_values('acme.i')",
                "brin_summarize_new_values",
            ),
            (
                "SELECT has_table_privilege('acme.users', 'select')",
                "has_table_privilege",
            ),
            ("SELECT ('acme' || '.users')::regclass", "regclass"),
            ("SELECT concat('acme', '.users')::regclass", "regclass"),
            ("SELECT 'acme.users'::text::regclass", "regclass"),
            ("SELECT ARRAY['acme.users']::regclass[]", "regclass"),
            ("SELECT '{acme.users}'::_regclass", "_regclass"),
            ("SELECT regclass('acme.users')", "regclass"),
            ("SELECT a.name::regclass FROM a", "regclass"),
            (
                "SELECT nextval(a) FROM jsonb_to_record($1) AS t (a regclass)",
                "regclass",
            ),
            (
                "SELECT set_config('search_' || 'path', 'acme', false)",
                "set_config",
            ),
            ("SELECT set_config($1, $2, true)", "set_config"),
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
            "SELECT CAST(u.tableoid AS regclass), u.regclass, c.oid::pg_catalog.regclass",
            "SELECT set_config('app.user', $1, true), has_role('admin')",
        ] {
            assert_eq!(found(statement), None, "{statement}");
        }
    }
}
