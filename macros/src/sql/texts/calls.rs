//! Calls of PostgreSQL's own functions with texts.

use super::super::parentheses::items;
use super::super::tokens::Token;
use super::NAMES_SOMETHING;
use super::operand::{is_dotted_name, is_plain, spelled};

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
const RUN_BEGINNINGS: [&str; 7] = [
    "dblink",
    "crosstab",
    "pg_read_",
    "pg_ls_",
    "pg_file_",
    "pg_logical_",
    "lo_",
];

/// Functions of PostgreSQL's that are told a schema and a relation one by one, or have it in their options.
const NAMED_IN_PARTS: [&str; 2] = ["pg_restore_", "pg_clear_"];

/// Functions that take a text for the name of something in a schema.
const NAMED: [&str; 37] = [
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
    "pg_get_sequence_data",
    "pg_buffercache_evict_relation",
    "gin_index_check",
    "gist_page_items",
    "hash_bitmap_info",
    "heap_force_freeze",
    "heap_force_kill",
    "heap_page_item_attrs",
    "tuple_data_split",
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

/// Functions whose first argument can be the name of a configuration, a dictionary or a type, and how many arguments they have at
/// the least if it is.
const CONFIGURED: [(&str, usize); 12] = [
    ("to_tsvector", 2),
    ("to_tsquery", 2),
    ("plainto_tsquery", 2),
    ("phraseto_tsquery", 2),
    ("websearch_to_tsquery", 2),
    ("ts_debug", 2),
    ("ts_lexize", 2),
    ("unaccent", 2),
    ("json_to_tsvector", 3),
    ("jsonb_to_tsvector", 3),
    ("ts_headline", 3),
    ("pg_basetype", 1),
];

/// Functions whose first argument is the name of a parser, as a text of whatever origin.
const PARSED: [&str; 2] = ["ts_parse", "ts_token_type"];

/// Functions whose second argument is the name of a type, whose values may be names themselves.
const TYPED: [&str; 2] = ["pg_input_is_valid", "pg_input_error_info"];

/// Why the call of a function at a position leads past the slots.
pub(super) fn call(tokens: &[Token], position: usize, name: &str) -> Option<&'static str> {
    if tokens.get(position + 1) != Some(&Token::Symbol('(')) {
        return None;
    }
    let arguments = items(tokens, position + 2);
    let reads_type = name.starts_with("reg") && name.ends_with("in");
    // With two arguments its second is a query.
    let rewrites = name == "ts_rewrite" && arguments.len() < 3;
    if rewrites || is_of(name, &RUN, &RUN_BEGINNINGS) {
        return Some("runs or reads what a text says");
    }
    if name == "set_config" {
        return setting(&arguments);
    }
    if name == "lastval" {
        return Some(
            "gives the number that was drawn last over the connection, for whichever tenant",
        );
    }
    let privilege = name.starts_with("has_") && name.ends_with("_privilege");
    let mut all = arguments.iter().copied().flatten();
    let names = if privilege || reads_type || is_of(name, &NAMED, &NAMED_BEGINNINGS) {
        all.any(|token| matches!(token, Token::Text(_)))
    } else if PARSED.contains(&name) {
        !arguments.first().is_some_and(|first| is_plain(first)) || is_by_name(&arguments)
    } else if TYPED.contains(&name) {
        !matches!(arguments[..], [_, [Token::Text(ty)]] if is_type(ty)) || is_by_name(&arguments)
    } else if let Some((_, least)) = CONFIGURED.iter().find(|(own, _)| *own == name) {
        let first = if is_by_name(&arguments) {
            arguments.len()
        } else {
            usize::from(arguments.len() >= *least)
        };
        arguments[..first]
            .iter()
            .copied()
            .flatten()
            .any(is_dotted_name)
    } else {
        is_of(name, &[], &NAMED_IN_PARTS)
    };
    names.then_some(NAMES_SOMETHING)
}

fn is_of(name: &str, names: &[&str], beginnings: &[&str]) -> bool {
    names.contains(&name)
        || beginnings
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

/// Whether arguments are given by their names, in any order.
fn is_by_name(arguments: &[&[Token]]) -> bool {
    const ARROWS: [[Token; 2]; 2] = [
        [Token::Symbol('='), Token::Symbol('>')],
        [Token::Symbol(':'), Token::Symbol('=')],
    ];
    let is_arrow = |pair: &[Token]| ARROWS.iter().any(|arrow| pair == arrow);
    arguments
        .iter()
        .any(|argument| argument.windows(2).any(is_arrow))
}

/// Whether a text is the name of a type of PostgreSQL's own whose values are no names.
fn is_type(text: &str) -> bool {
    spelled(text).is_some_and(|name| !name.contains('.') && !name.to_lowercase().contains("reg"))
}

/// Why a setting that is set leads past the slots, if it does.
fn setting(arguments: &[&[Token]]) -> Option<&'static str> {
    const UNKNOWN: &str = "sets what its first argument says, which is no text by itself";
    let [[Token::Text(name)], value, ..] = arguments else {
        return Some(UNKNOWN);
    };
    let Some(name) = spelled(name) else {
        return Some(UNKNOWN);
    };
    if name.eq_ignore_ascii_case("search_path") {
        return Some("sets the `search_path`");
    }
    let is_name = name.eq_ignore_ascii_case("default_text_search_config") && !is_plain(value);
    is_name.then_some(NAMES_SOMETHING)
}
