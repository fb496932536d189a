//! Functions that may give something else another time: the server says which, but for those that are known to be harmless.

use std::collections::BTreeMap;

use postgres::Client;

use super::time::casts_texts;
use crate::error::Result;

/// Functions that the server takes for changing because they depend on settings, on sequences or on types; two replays, in two time zones,
/// tell these. With their beginnings, which have several forms of one.
const HARMLESS: [&str; 57] = [
    "anytextcat",
    "array_to_json",
    "array_to_string",
    "concat",
    "concat_ws",
    "convert",
    "convert_from",
    "convert_to",
    "currval",
    "date",
    "date_add",
    "date_part",
    "date_subtract",
    "date_trunc",
    "enum_first",
    "enum_last",
    "enum_range",
    "extract",
    "format",
    "generate_series",
    "json_build_array",
    "json_build_object",
    "json_to_record",
    "json_to_recordset",
    "json_to_tsvector",
    "lastval",
    "length",
    "make_timestamptz",
    "money",
    "nextval",
    "numeric",
    "overlaps",
    "pg_notify",
    "pg_typeof",
    "phraseto_tsquery",
    "plainto_tsquery",
    "quote_literal",
    "quote_nullable",
    "regclass",
    "row_to_json",
    "set_config",
    "setval",
    "suppress_redundant_updates_trigger",
    "textanycat",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_number",
    "to_timestamp",
    "websearch_to_tsquery",
    "xml",
    "xml_is_well_formed",
];

/// The same of extensions: they depend on settings, on types, or on a dictionary of the server.
const HARMLESS_OF_EXTENSIONS: [&str; 10] = [
    "hstore",
    "hstore_to_json",
    "hstore_to_json_loose",
    "hstore_to_jsonb",
    "hstore_to_jsonb_loose",
    "populate_record",
    "similarity_op",
    "strict_word_similarity_op",
    "unaccent",
    "word_similarity_op",
];

const HARMLESS_BEGINNINGS: [&str; 11] = [
    "json_agg",
    "json_object_agg",
    "json_populate_",
    "jsonb_",
    "pg_advisory_",
    "pg_get_serial_sequence",
    "pg_sleep",
    "to_jsonb",
    "to_tsquery",
    "to_tsvector",
    "tsvector_update_trigger",
];

/// Beginnings of functions about the catalogue: where no rows change, they are only a way to say what to do.
const OF_CATALOGUE: [&str; 12] = [
    "aclexplode",
    "col_description",
    "current_schema",
    "current_setting",
    "format_type",
    "has_",
    "obj_description",
    "pg_describe_",
    "pg_get_",
    "pg_has_role",
    "pg_identify_",
    "to_reg",
];

/// The names of functions that may give something else another time.
#[derive(Debug, Default)]
pub(in crate::migrate::baseline) struct ChangingFunctions {
    functions: BTreeMap<String, Vec<Form>>,
    /// Whether the chain makes times of texts that are not there to be read.
    pub(super) casts_texts: bool,
}

/// A form of a function.
#[derive(Debug, Clone, Copy)]
struct Form {
    owner: Owner,
    /// The fewest and the most arguments that it is called with.
    arguments: (i32, i32),
}

/// The owner of a function, which says under which qualifiers it can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    PostgreSql,
    Extension,
}

impl ChangingFunctions {
    /// Reads them from the server's catalogue, for a chain of these texts.
    pub(in crate::migrate::baseline) fn read<'t>(
        client: &mut Client,
        mut texts: impl Iterator<Item = &'t str>,
    ) -> Result<Self> {
        let rows = client.query_typed(include_str!("changing.sql"), &[])?;
        let mut functions: BTreeMap<String, Vec<Form>> = BTreeMap::new();
        for row in &rows {
            let (name, is_builtin): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
            let (owner, is_harmless) = if is_builtin {
                (Owner::PostgreSql, is_harmless(&name))
            } else {
                let is_harmless = HARMLESS_OF_EXTENSIONS.contains(&name.as_str());
                (Owner::Extension, is_harmless)
            };
            if !is_harmless {
                let arguments = (row.try_get(2)?, row.try_get(3)?);
                let forms = functions.entry(name).or_default();
                forms.push(Form { owner, arguments });
            }
        }
        Ok(Self {
            functions,
            casts_texts: texts.any(casts_texts),
        })
    }

    /// Whether a call of a name, with so many arguments if that is known, may give something else another time. In another schema than
    /// PostgreSQL's it is an extension's.
    pub(super) fn is_called(
        &self,
        (name, arguments): (&str, Option<i32>),
        is_qualified: bool,
        has_rows: bool,
    ) -> bool {
        let mut forms = self.functions.get(name).into_iter().flatten();
        forms.any(|form| {
            let (least, most) = form.arguments;
            arguments.is_none_or(|number| (least..=most).contains(&number))
                && match form.owner {
                    Owner::Extension => true,
                    Owner::PostgreSql => {
                        !is_qualified && (has_rows || !begins(name, &OF_CATALOGUE))
                    }
                }
        })
    }

    #[cfg(test)]
    pub(super) fn of(names: &[&str]) -> Self {
        let form = |name: &str| Form {
            owner: Owner::PostgreSql,
            arguments: if name == "age" { (1, 1) } else { (0, 9) },
        };
        let functions = names
            .iter()
            .map(|name| ((*name).to_owned(), vec![form(name)]));
        Self {
            functions: functions.collect(),
            casts_texts: false,
        }
    }
}

fn is_harmless(name: &str) -> bool {
    HARMLESS.binary_search(&name).is_ok() || begins(name, &HARMLESS_BEGINNINGS)
}

fn begins(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|it| name.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(HARMLESS.is_sorted_by(|one, two| one < two));
    }

    #[test]
    fn what_is_harmless_is_no_clock_and_no_session() {
        for name in ["now", "random", "current_setting", "query_to_xml", "age"] {
            assert!(!is_harmless(name), "{name}");
        }
        for name in ["to_char", "jsonb_agg", "nextval", "pg_advisory_xact_lock"] {
            assert!(is_harmless(name), "{name}");
        }
    }
}
