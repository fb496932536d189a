//! What a statement may do beside giving its answer, as far as its text tells.
//!
//! A list of what is known, not of what is dangerous: a function can hide anything. What is not known is only slower: the
//! session is reset before anybody else has the connection.

use super::tokens::Token;

/// What a statement may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads, so it can be run again.
    Reads,
    /// It changes rows, and leaves nothing else behind.
    Writes,
    /// It is not known.
    Unknown,
}

/// Tells what a statement may do.
pub(crate) fn effect(tokens: &[Token]) -> Effect {
    let begins = tokens
        .iter()
        .find(|token| **token != Token::Symbol('('))
        .is_some_and(|token| token.is_any(&BEGINNINGS));
    let is_known = begins
        && !tokens.contains(&Token::Symbol(';'))
        && (0..tokens.len()).all(|position| is_harmless(tokens, position));
    if !is_known {
        return Effect::Unknown;
    }
    let writes = (0..tokens.len()).any(|position| writes(tokens, position));
    let into = tokens.iter().any(|token| token.is("into"));
    match (writes, into) {
        (true, _) => Effect::Writes,
        // `SELECT INTO` makes a table.
        (false, true) => Effect::Unknown,
        (false, false) => Effect::Reads,
    }
}

fn writes(tokens: &[Token], position: usize) -> bool {
    let locks = position > 0 && tokens[position - 1].is_any(&["for", "key"]);
    tokens[position].is_any(&["insert", "update", "delete", "merge"]) && !locks
}

/// Whether nothing unknown is called at a position.
fn is_harmless(tokens: &[Token], position: usize) -> bool {
    let before = |steps: usize| position.checked_sub(steps).map(|at| &tokens[at]);
    match &tokens[position] {
        Token::Symbol('(') => match before(1) {
            Some(Token::Word(name)) if before(2) == Some(&Token::Symbol('.')) => {
                before(3).is_some_and(|schema| schema.is("pg_catalog"))
                    && before(4) != Some(&Token::Symbol('.'))
                    && is_function(name)
            }
            // A name that is given here, with the names of its columns.
            Some(Token::Word(_) | Token::Quoted(_)) if before(2).is_some_and(|it| it.is("as")) => {
                true
            }
            Some(Token::Word(word)) => {
                is_function(word)
                    || KEYWORDS.contains(&word.as_str())
                    || TYPES.contains(&word.as_str())
            }
            Some(Token::Quoted(_)) => false,
            _ => true,
        },
        // A cast to a type that is not built in calls what it is made of.
        Token::Symbol(':') if before(1) == Some(&Token::Symbol(':')) => {
            let rest = match &tokens[position + 1..] {
                [schema, Token::Symbol('.'), rest @ ..] if schema.is("pg_catalog") => rest,
                rest => rest,
            };
            matches!(rest, [Token::Word(name), rest @ ..]
                if TYPES.contains(&name.as_str()) && rest.first() != Some(&Token::Symbol('.')))
        }
        Token::Word(word) => word != "cast" && word != "call",
        _ => true,
    }
}

fn is_function(name: &str) -> bool {
    FUNCTIONS
        .iter()
        .any(|line| line.split(' ').any(|known| known == name))
}

const BEGINNINGS: [&str; 8] = [
    "select", "values", "table", "with", "insert", "update", "delete", "merge",
];

/// Words that a parenthesis can follow without being called.
const KEYWORDS: [&str; 58] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "asymmetric",
    "between",
    "by",
    "case",
    "conflict",
    "cube",
    "default",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "filter",
    "from",
    "group",
    "having",
    "ilike",
    "in",
    "intersect",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "nothing",
    "null",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "over",
    "overlaps",
    "returning",
    "rollup",
    "row",
    "select",
    "set",
    "sets",
    "similar",
    "some",
    "symmetric",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
];

/// The first words of types that are built in.
const TYPES: [&str; 44] = [
    "bigint",
    "bit",
    "bool",
    "boolean",
    "bytea",
    "char",
    "character",
    "cidr",
    "date",
    "daterange",
    "dec",
    "decimal",
    "double",
    "float",
    "float4",
    "float8",
    "inet",
    "int",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "real",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsrange",
    "uuid",
    "varchar",
];

/// Functions of PostgreSQL that read their arguments, the clock or the catalogue, and change nothing.
const FUNCTIONS: [&str; 14] = [
    // Aggregates and windows.
    "count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg \
     jsonb_object_agg bit_and bit_or bit_xor stddev stddev_pop stddev_samp variance var_pop var_samp corr mode \
     percentile_cont percentile_disc row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value \
     last_value nth_value any_value grouping",
    // Of any type.
    "coalesce nullif greatest least num_nulls num_nonnulls",
    // Numbers.
    "abs ceil ceiling floor round trunc mod div power sqrt cbrt exp ln log log10 sign pi degrees radians sin cos tan \
     asin acos atan atan2 gcd lcm random width_bucket scale min_scale trim_scale factorial",
    // Texts.
    "lower upper initcap length char_length character_length octet_length bit_length btrim ltrim rtrim trim lpad rpad \
     left right substr substring position strpos overlay replace translate reverse repeat split_part concat concat_ws \
     format md5 encode decode chr ascii to_hex quote_ident quote_literal quote_nullable starts_with normalize \
     regexp_replace regexp_match regexp_matches regexp_count regexp_instr regexp_like regexp_substr \
     regexp_split_to_array regexp_split_to_table string_to_array string_to_table array_to_string",
    // Bytes and digests.
    "sha224 sha256 sha384 sha512 get_byte set_byte get_bit set_bit bit_count convert_from convert_to",
    // Dates and times.
    "now clock_timestamp statement_timestamp transaction_timestamp timeofday date_trunc date_part date_bin extract age \
     justify_days justify_hours justify_interval make_date make_time make_timestamp make_timestamptz make_interval \
     isfinite to_char to_date to_timestamp to_number timezone",
    // Arrays.
    "array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions \
     array_prepend array_remove array_replace array_upper cardinality unnest trim_array generate_subscripts",
    // JSON.
    "to_json to_jsonb array_to_json row_to_json json_build_object jsonb_build_object json_build_array jsonb_build_array \
     json_object jsonb_object json_array_elements jsonb_array_elements json_array_elements_text \
     jsonb_array_elements_text json_array_length jsonb_array_length json_each jsonb_each json_each_text jsonb_each_text \
     json_object_keys jsonb_object_keys json_typeof jsonb_typeof json_strip_nulls jsonb_strip_nulls jsonb_set \
     jsonb_set_lax jsonb_insert jsonb_pretty json_extract_path jsonb_extract_path json_extract_path_text \
     jsonb_extract_path_text jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array \
     jsonb_path_query_first",
    // Search.
    "to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline \
     setweight numnode tsvector_to_array",
    // Ranges.
    "int4range int8range numrange tsrange tstzrange daterange isempty lower_inc upper_inc lower_inf upper_inf \
     range_merge range_agg",
    // Rows of their own.
    "generate_series",
    // Keys.
    "gen_random_uuid uuidv4 uuidv7",
    // Sessions and the catalogue, as far as they are only looked at. A transaction's locks end with it.
    "current_setting current_database current_schema current_schemas version pg_backend_pid pg_typeof txid_current \
     pg_current_xact_id pg_column_size pg_relation_size pg_total_relation_size pg_table_size pg_size_pretty to_regclass \
     pg_sleep pg_is_in_recovery pg_advisory_xact_lock pg_try_advisory_xact_lock hashtext hashtextextended",
    // Network addresses.
    "host masklen network broadcast family abbrev",
];

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn of(statement: &str) -> Effect {
        effect(&tokens(&statement.replace("{A}", "\u{1}")).unwrap())
    }

    #[test]
    fn what_only_reads_is_known() {
        for statement in [
            "SELECT 1",
            "SELECT a.id, lower(b) FROM {A} a JOIN {A} b ON (a.id = b.id) WHERE a.id IN (1, 2) AND (b.x OR NOT (b.y))",
            "SELECT count(*) FILTER (WHERE x) OVER (PARTITION BY y) FROM {A}",
            "WITH t AS MATERIALIZED (SELECT 1) SELECT * FROM t",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "VALUES (1), (2)",
            "SELECT x::numeric(10, 2), '2020-01-01'::pg_catalog.date FROM generate_series(1, 3) AS g (x)",
            "SELECT pg_catalog.pg_backend_pid()",
            "SELECT * FROM {A} WHERE id = $1 FOR NO KEY UPDATE",
            "SELECT coalesce(a, (SELECT max(b) FROM {A})) FROM {A} ORDER BY (a) LIMIT (1)",
            "SELECT 'set_config(''role'', ''x'', false)'",
        ] {
            assert_eq!(of(statement), Effect::Reads, "{statement}");
        }
    }

    #[test]
    fn what_changes_rows_and_nothing_else_is_known() {
        for statement in [
            "INSERT INTO {A} (a, b) VALUES (1, lower($1)) ON CONFLICT (a) DO UPDATE SET b = 2 RETURNING a",
            "UPDATE {A} SET a = now() WHERE id = ANY ($1)",
            "DELETE FROM {A}",
            "WITH gone AS (DELETE FROM {A} RETURNING id) SELECT count(*) FROM gone",
            "MERGE INTO {A} USING {A} AS b ON (true) WHEN MATCHED THEN DELETE",
        ] {
            assert_eq!(of(statement), Effect::Writes, "{statement}");
        }
    }

    #[test]
    fn what_is_not_known_is_told() {
        for statement in [
            "SELECT set_config('role', 'x', false)",
            "SELECT pg_catalog.set_config('role', 'x', false)",
            "SELECT pg_advisory_lock(1)",
            "SELECT pg_catalog.\"set_config\"('a.b', 'x', false)",
            "SELECT \"lower\"('x')",
            "SELECT acme.lower('x')",
            "SELECT acme . pg_catalog . lower ('x')",
            "SELECT lower /* */ (f ( 1 ))",
            "SELECT 1 WHERE $1::acme.checked IS NULL",
            "SELECT $1::checked",
            "SELECT CAST($1 AS checked)",
            "INSERT INTO {A} VALUES (nextval('s'))",
            "SET ROLE x",
            "DO $$ BEGIN END $$",
            "CALL p()",
            "LISTEN x",
            "CREATE TEMP TABLE t (a int)",
            "SELECT 1 INTO TEMP t",
            "PREPARE p AS SELECT 1",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "EXPLAIN ANALYZE DELETE FROM {A}",
            "LOCK TABLE {A}",
            "TRUNCATE {A}",
            "SELECT 1; SET ROLE x",
            "COMMIT",
            "",
        ] {
            assert_eq!(of(statement), Effect::Unknown, "{statement}");
        }
    }
}
