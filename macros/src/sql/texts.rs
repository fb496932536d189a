//! Texts that a function takes for SQL or for a name: they lead past the slots.

mod calls;
mod casts;
mod operand;

use super::tokens::Token;
use calls::call;
use casts::cast;
pub(super) use operand::spelled;

/// Words about a function or a type that finds something by its name.
const NAMES_SOMETHING: &str = "takes a text for the name of something in a schema";

/// Uses of texts in a statement that lead past its slots: as written, and why.
pub(crate) fn hidden_names(tokens: &[Token]) -> Option<(String, &'static str)> {
    (0..tokens.len()).find_map(|position| {
        let name = name(&tokens[position])?;
        let why = call(tokens, position, name).or_else(|| cast(tokens, position, name))?;
        Some((name.to_owned(), why))
    })
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
            (
                "SELECT set_config(E'search\\x5fpath', 'a', true)",
                "set_config",
            ),
            ("SELECT set_config(U&'a', 'a', true)", "set_config"),
            ("SELECT pg_catalog.lastval ()", "lastval"),
            (
                "SELECT set_config('Default_Text_Search_Config', 'acme.cfg', true)",
                "set_config",
            ),
        ] {
            assert_eq!(found(statement).as_deref(), Some(expected), "{statement}");
        }
    }

    #[test]
    fn configurations_of_text_search_are_found_by_their_schema() {
        for call in [
            "to_tsvector('acme.cfg', a)",
            "to_tsvector('acme.cfg'::text::regconfig, a)",
            "to_tsvector(('acme.cfg'), a)",
            "to_tsvector($$acme.cfg$$, a)",
            "to_tsvector(E'acme\\x2ecfg', a)",
            "to_tsvector(U&'acme\\002ecfg', a)",
            "to_tsvector(' acme . cfg ', a)",
            "to_tsvector('\"my tenant\".\"a cfg\"', a)",
            "pg_catalog.to_tsquery('acme.cfg', $1)",
            "plainto_tsquery('acme.cfg', $1)",
            "phraseto_tsquery('acme.cfg', $1)",
            "websearch_to_tsquery('acme.cfg', $1)",
            "ts_headline('acme.cfg', a, $1::tsquery)",
            "ts_headline('acme.cfg', a, $1::tsquery, 'MaxWords=5')",
            "json_to_tsvector('acme.cfg', $1, '\"all\"')",
            "jsonb_to_tsvector('acme.cfg', $1, '\"all\"')",
            "ts_debug('acme.cfg', 'a')",
            "ts_debug(document => 'a', config => 'acme.cfg')",
            "ts_lexize('acme.dict', 'a')",
            "unaccent('acme.dict', a)",
            "ts_parse('acme.parser', 'a')",
            "ts_parse('acme' || chr(46) || 'parser', 'a')",
            "ts_token_type('acme.parser')",
        ] {
            assert!(found(&format!("SELECT {call}")).is_some(), "{call}");
        }
        for call in [
            "to_tsvector('english', a.title), to_tsvector('v. 2.0'), to_tsvector('a.b')",
            "to_tsvector('simple', 'acme.cfg'), plainto_tsquery('english', 'a.b')",
            "ts_headline('see acme.cfg and others', $1::tsquery, 'MaxWords=5')",
            "ts_headline('a.b', $1::tsquery), ts_headline('english', 'a.b', $1::tsquery)",
            "json_to_tsvector('{\"a\": 1.5}', '\"all\"'), to_tsvector(a.language::regconfig, a.b)",
            "to_tsvector($1::regconfig, a), to_tsvector(CAST({A.language} AS regconfig), a)",
            "ts_parse('default', 'a.b'), unaccent('a.b'), ts_lexize('simple', 'a.b')",
            "ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery)",
            "set_config('default_text_search_config', 'english', true)",
        ] {
            assert_eq!(
                found(&format!("SELECT {}", call.replace("{A.language}", "\u{1}"))),
                None,
                "{call}"
            );
        }
        assert!(found("SELECT ts_rewrite($1, a.query)").is_some());
    }

    #[test]
    fn texts_that_are_computed_are_no_plain_names() {
        for ty in [
            "regtype",
            "regconfig",
            "regdictionary",
            "regcollation",
            "regclass",
            "regproc",
        ] {
            for value in [
                "('ac' || 'me.t')::",
                "('acme' || chr(46) || 't')::",
                "concat('acme', chr(46), 't')::",
                "('acme.t')::",
                "(('acme.t'))::text::",
                "'acme.t'::text::",
                "lower($1)::pg_catalog.",
                "CASE WHEN true THEN 'acme.t' END::",
                "(SELECT 'acme.t')::",
                "E'acme\\x2et'::",
                "U&'acme\\002et'::",
                "pg_typeof(1)::text || 'acme.t'::",
                "by('t')::",
                "like('t')::",
            ] {
                let statement = format!("SELECT {value}{ty}");
                assert_eq!(found(&statement).as_deref(), Some(ty), "{statement}");
            }
            for value in [
                "'ac.' || 't'",
                "'acme.' || a.tableoid",
                "('acme.t')",
                "concat($1, $2)",
            ] {
                for statement in [
                    format!("SELECT CAST({value} AS {ty})"),
                    format!("SELECT {ty}({value})"),
                ] {
                    assert_eq!(found(&statement).as_deref(), Some(ty), "{statement}");
                }
            }
            let column = format!("SELECT a FROM json_to_record($1) AS t (a {ty})");
            assert_eq!(found(&column).as_deref(), Some(ty));
        }
        for value in [
            "'int4'::regtype, ('int4')::regtype, 'simple'::text::regconfig, CAST(('C') AS regcollation)",
            "pg_typeof(a.b)::regtype, regtype 'int4', regtype('int4'), CAST(pg_typeof(1) AS regtype)",
            "a.tableoid::regclass, (tableoid)::regtype, CAST(a.tableoid AS regclass), regclass(a.tableoid)",
            "1, rank() OVER (ORDER BY ('int4')::regtype), a.name LIKE ('int4')::regtype",
            "(SELECT ('int4')::regtype), 23::regtype, $1::regtype, a.regtype, regtype.a",
        ] {
            let statement = format!("SELECT {value} FROM a");
            assert_eq!(found(&statement), None, "{statement}");
        }
    }

    #[test]
    fn names_in_the_newest_functions_are_found() {
        for call in [
            "pg_input_is_valid('acme.t', 'regclass')",
            "pg_input_is_valid('5', 'acme.money')",
            "pg_input_is_valid('5', $1)",
            "pg_input_is_valid('acme.t', 'reg' || 'class')",
            "pg_input_error_info('{acme.t}', '_regclass')",
            "pg_input_error_info('acme.t', E'\\x72egclass')",
            "pg_get_sequence_data('acme.users_id_seq')",
            "pg_restore_relation_stats('schemaname', $1, 'relname', $2)",
            "pg_restore_attribute_stats(VARIADIC $1)",
            "pg_clear_relation_stats($1, $2)",
            "pg_clear_attribute_stats($1, $2, $3, false)",
            "pg_basetype('acme.money')",
            "regclassin('acme.t')",
            "regtypein('acme.money')",
            "pg_logical_slot_peek_changes('s', NULL, NULL)",
            "heap_page_item_attrs($1, 'acme.t')",
            "gin_index_check('acme.i')",
        ] {
            assert!(found(&format!("SELECT {call}")).is_some(), "{call}");
        }
        for call in [
            "pg_input_is_valid($1, 'integer'), pg_input_is_valid(a.b, 'numeric(5, 2)')",
            "pg_basetype('int4'), pg_get_sequence_data(tableoid)",
        ] {
            assert_eq!(found(&format!("SELECT {call}")), None, "{call}");
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
