//! Programs that must not compile, with what the compiler says of them, and their corrected twins.
//!
//! Each rule of the macros and of placement has a program in `tests/ui`, named by what is wrong with it. Its twin of
//! the same name in `tests/ui/pass` differs by the correction alone. The twins are modules of this test, so that they
//! are compiled together.
//!
//! Programs whose mistakes do not interfere stand in one file, each in a module of its own, so that the compiler runs once
//! for all of them: as many errors as modules, and a twin with the same modules.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use told::{Mistake, Words};

#[path = "ui/reworded.rs"]
mod reworded;
#[path = "ui/told.rs"]
mod told;

/// Whether this is the compiler whose messages are recorded.
const RECORDED: bool = rustversion::cfg!(stable(1.95));

/// The folder with the programs, in the process that records the messages of another compiler.
const ELSEWHERE: &str = "TENANTRY_UI_PROGRAMS";

/// Compares with what is recorded: with the recorded compiler letter by letter, with another one as far as it is ours.
#[test]
fn rejected_programs_are_told_what_is_wrong() {
    let elsewhere = env::var_os(ELSEWHERE).map(PathBuf::from);
    if elsewhere.is_none() && !RECORDED {
        return compare(&record());
    }
    let programs = trybuild::TestCases::new();
    for theme in THEMES {
        // The recorded messages have paths from here on.
        let themes = elsewhere.as_deref().unwrap_or(Path::new("ui"));
        programs.compile_fail(themes.join(theme).join("*.rs"));
    }
}

/// Records the messages of this compiler beside copies of the programs.
fn record() -> PathBuf {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    for theme in THEMES {
        let copies = copies.join(theme);
        drop(fs::remove_dir_all(&copies));
        fs::create_dir_all(&copies).expect("the target is writable");
        for name in names(&folder("ui").join(theme)) {
            let program = format!("{name}.rs");
            fs::copy(
                folder("ui").join(theme).join(&program),
                copies.join(program),
            )
            .expect("the program can be copied");
        }
    }
    let recorded = Command::new(env::current_exe().expect("a test is a program"))
        .args(["--exact", "rejected_programs_are_told_what_is_wrong"])
        .env("TRYBUILD", "overwrite")
        .env(ELSEWHERE, &copies)
        .output()
        .expect("it can be started again");
    let output = String::from_utf8_lossy(&recorded.stdout);
    assert!(recorded.status.success(), "{output}");
    copies
}

/// Compares what this compiler has told of the copies with what is recorded of the programs.
fn compare(copies: &Path) {
    let words = words();
    let mut differences = Vec::new();
    for path in programs() {
        let here = path.strip_prefix(folder("ui")).expect("it is among them");
        let told = fs::read_to_string(copies.join(here)).unwrap_or_default();
        let recorded = recorded(&path, &words);
        let told = told::read(&told::once(&told), &words);
        let told = told::beside(told, &recorded);
        if told != recorded {
            let here = here.display();
            differences.push(format!("{here}\nrecorded: {recorded:#?}\ntold: {told:#?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The messages of all rejected programs.
fn programs() -> impl Iterator<Item = PathBuf> {
    THEMES.iter().flat_map(|theme| {
        let theme = folder("ui").join(theme);
        let names = names(&theme).into_iter();
        names.map(move |name| theme.join(name).with_extension("stderr"))
    })
}

fn words() -> Words {
    Words::read(&folder("../runtime/src"))
}

fn recorded(path: &Path, words: &Words) -> Vec<Mistake> {
    told::read(
        &fs::read_to_string(path).expect("each program has its messages"),
        words,
    )
}

const THEMES: [&str; 7] = [
    "placement",
    "attributes",
    "columns",
    "schema",
    "sql",
    "queries",
    "scope",
];

#[test]
fn every_rejected_program_has_a_corrected_twin() {
    let this = fs::read_to_string(folder("tests/ui.rs")).unwrap();
    for theme in THEMES {
        let rejected = names(&folder("ui").join(theme));
        let corrected = names(&folder("ui/pass").join(theme));
        assert!(!rejected.is_empty(), "{theme}");
        assert_eq!(rejected, corrected, "{theme}");
        for name in corrected {
            assert!(
                this.contains(&format!("        mod {name};\n")),
                "{theme}/{name} is not compiled"
            );
        }
    }
}

/// Programs that have several mistakes on purpose, beside those with modules.
const SEVERAL: [(&str, usize); 7] = [
    ("several_errors_at_once", 3),
    ("enum_with_fields", 2),
    ("embedded_references", 2),
    ("embedded_fields_through_an_alias", 2),
    ("embeds_of_other_structs", 11), // an unknown struct is looked for twice: as a type, and where its fields are asked for
    ("former_name_that_is_the_present_one", 2),
    ("part_of_a_key_that_is_no_value", 2),
];

#[test]
fn each_mistake_is_told_once() {
    for theme in THEMES {
        for name in names(&folder("ui").join(theme)) {
            let path = folder("ui").join(theme).join(&name);
            let program = fs::read_to_string(path.with_extension("rs")).unwrap();
            let several = SEVERAL.iter().find(|(program, _)| *program == name);
            let mistakes =
                several.map_or(lines(&program, "mod ").max(1), |(_, mistakes)| *mistakes);
            let told = fs::read_to_string(path.with_extension("stderr")).unwrap();
            assert_eq!(lines(&told, "error"), mistakes, "{}", path.display());
        }
    }
}

/// How many lines begin so.
fn lines(text: &str, beginning: &str) -> usize {
    text.lines()
        .filter(|line| line.starts_with(beginning))
        .count()
}

/// The names of the programs in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).expect("the theme has a folder");
    files
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect()
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

// The programs are for people to read: they have no more than they need.
#[allow(
    dead_code,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic
)]
#[path = "../ui/pass"]
mod pass {
    mod placement {
        mod as_strict_as_nothing;
        mod as_strict_as_what_is_no_model;
        mod embedded_references;
        mod excuse_for_what_is_no_id;
        mod foreign_keys_of_several_columns;
        mod less_strict_than_another;
        mod models_that_a_macro_makes;
        mod overlays;
        mod reference_of_another_library;
        mod reference_to_what_is_no_model;
        mod references_to_what_are_no_models;
        mod shared_holds_a_bare_id;
        mod shared_holds_a_bare_uuid_through_an_alias;
        mod shared_holds_many_bare_ids;
        mod shared_references_tenant;
        mod shared_references_tenant_or_nothing;
        mod shared_references_tenant_through_a_newtype;
        mod shared_references_tenant_through_an_alias;
        mod shared_references_tenant_through_an_alias_called_string;
        mod tenant_model_needs_no_excuse;
        mod views;
    }
    mod attributes {
        mod argument_given_twice;
        mod arguments_that_are_no_list;
        mod arguments_that_stand_alone;
        mod attribute_with_a_value;
        mod attributes_that_place_a_model_again;
        mod auto_now_add_that_is_a_text_through_an_alias;
        mod auto_now_and_auto_now_add;
        mod auto_now_of_a_time_of_day;
        mod auto_now_that_is_a_text;
        mod auto_now_with_a_default;
        mod conditional_field;
        mod default_and_version;
        mod default_on_delete_without_a_default;
        mod default_that_is_no_literal;
        mod defaults_of_enums;
        mod defaults_of_numbers;
        mod defaults_of_other_types;
        mod defaults_of_texts;
        mod defaults_that_nobody_reads;
        mod delete_action_of_a_number;
        mod delete_action_of_a_number_through_an_alias;
        mod embedded_field_of_no_value;
        mod embedded_fields_through_an_alias;
        mod embedded_options;
        mod embedded_structs;
        mod embeds_of_other_structs;
        mod empty_check;
        mod empty_default;
        mod enum_as_model;
        mod field_argument_not_in_quotes;
        mod field_without_parentheses;
        mod given_but_no_key;
        mod inverse_that_is_no_name;
        mod inverse_through_an_alias;
        mod key_that_can_be_null;
        mod key_that_the_database_cannot_fill_in;
        mod key_that_the_database_cannot_fill_in_through_a_newtype;
        mod key_without_its_traits;
        mod keys_of_several_fields;
        mod length_beyond_the_limit;
        mod length_in_quotes;
        mod length_of_a_number;
        mod length_of_a_number_through_an_alias;
        mod length_of_zero;
        mod model_with_lifetimes;
        mod model_with_type_parameters;
        mod no_key;
        mod null_on_delete_of_what_is_never_null;
        mod null_on_delete_of_what_is_never_null_through_an_alias;
        mod optional_field_called_new;
        mod overlays;
        mod path_to_another_module;
        mod path_to_no_crate;
        mod precision_of_a_float;
        mod precision_of_zero;
        mod rejected_models_can_still_be_used;
        mod rows_that_are_tenants;
        mod scale_above_precision;
        mod scale_without_precision;
        mod several_errors_at_once;
        mod soft_deletes;
        mod table_not_in_quotes;
        mod tuple_struct_as_model;
        mod two_versions;
        mod unique_and_indexed;
        mod unique_key;
        mod unit_struct_as_model;
        mod unknown_delete_action;
        mod unknown_field_argument;
        mod unknown_model_argument;
        mod version_as_key;
        mod version_that_can_be_null_through_an_alias;
        mod version_that_is_a_text;
        mod versions_of_tenants;
        mod views;
        mod word_with_a_value;
        mod words_of_other_libraries;
        mod words_of_other_libraries_above_the_struct;
    }
    mod columns {
        mod check_of_nothing;
        mod check_without_a_condition;
        mod checks_with_functions;
        mod column_name_that_needs_quotes;
        mod column_of_postgresql;
        mod column_type_with_parameters;
        mod empty_column_name;
        mod enum_with_fields;
        mod enum_without_variants;
        mod enums_with_parameters;
        mod enums_with_parameters_that_nothing_uses;
        mod exclusions_that_cannot_be;
        mod field_declared_twice;
        mod field_that_is_no_value;
        mod former_name_of_another_field;
        mod former_name_that_is_the_present_one;
        mod generated_columns;
        mod index_name_that_needs_quotes;
        mod index_of_a_path;
        mod index_of_an_empty_expression;
        mod index_of_an_unknown_field;
        mod index_of_nothing;
        mod index_with_a_field_twice;
        mod index_with_an_unknown_option;
        mod index_with_too_many_parts;
        mod index_without_parentheses;
        mod indexes_that_cannot_be;
        mod labels_of_a_newtype;
        mod models_that_hold_themselves;
        mod names_that_are_taken;
        mod names_that_there_are_not;
        mod newtype_of_what_is_no_value;
        mod part_of_a_key_that_is_no_value;
        mod partial_index_without_a_filter;
        mod parts_of_an_index;
        mod parts_of_keys;
        mod sql_in_attributes;
        mod sql_that_no_table_holds;
        mod struct_of_two_values;
        mod struct_with_named_fields_as_column;
        mod table_name_that_needs_quotes;
        mod table_name_too_long;
        mod traits_as_types;
        mod two_constraints_with_one_name;
        mod two_fields_in_one_column;
        mod two_fields_with_one_constant;
        mod two_variants_with_one_label;
        mod types_of_libraries;
        mod types_of_the_language;
        mod types_that_are_told_once;
        mod types_that_no_value_has;
        mod types_without_a_size;
        mod union_as_column;
        mod unique_index_in_the_old_way;
        mod unique_with_a_method;
        mod unknown_case;
        mod unknown_column_argument;
        mod unsigned_field;
        mod value_of_a_newtype_with_arguments;
        mod variant_with_an_empty_label;
    }
    mod schema {
        mod glob_of_a_crate_that_is_none;
        mod glob_of_a_module;
        mod list_with_something_else;
        mod lists_of_other_forms;
        mod model_listed_twice;
        mod names_that_two_models_write;
        mod no_list;
        mod row_that_references_its_own_tenant;
        mod two_models_in_one_table;
        mod two_models_that_are_the_tenants;
        mod unlisted_target;
        mod what_is_listed_is_no_model;
    }
    mod sql {
        mod column_where_a_table_belongs;
        mod empty_statement;
        mod names_of_other_schemas;
        mod names_where_no_column_stands;
        mod parameter_zero;
        mod parameters_with_a_gap;
        mod placeholders_of_other_libraries;
        mod queries_of_views;
        mod search_path_that_is_read;
        mod several_statements;
        mod signs_of_other_languages;
        mod slot_in_a_text;
        mod slot_that_is_no_path;
        mod slot_that_is_not_closed;
        mod slot_that_was_not_opened;
        mod slots_in_another_case;
        mod slots_in_wrong_places;
        mod spellings_of_other_databases;
        mod statement_that_begins_a_transaction;
        mod statement_that_changes_tables;
        mod statement_that_is_no_literal;
        mod statement_that_sets_where_strings_end;
        mod statement_with_a_search_path;
        mod statement_with_values;
        mod table_by_name;
        mod table_by_name_and_schema;
        mod tables_behind_words_of_the_grammar;
        mod text_in_double_quotes;
        mod text_that_is_not_closed;
        mod texts_of_text_search;
        mod texts_that_are_computed;
        mod texts_that_name;
        mod texts_that_name_in_other_ways;
        mod unknown_field;
        mod unknown_model;
        mod values_that_are_not_as_many;
        mod what_is_no_model;
        mod write_to_a_query_of_its_own;
    }
    mod queries {
        mod aggregates;
        mod deleted_rows;
        mod embedded_wholes;
        mod expressions;
        mod keys_of_two_fields;
        mod loading;
        mod many_changes;
        mod named_inserts;
        mod named_rows;
        mod overlays;
        mod pages;
        mod remainder_of_a_float;
        mod sets;
        mod trees;
    }

    mod scope {
        mod columns_and_operators;
        mod columns_by_the_names_of_fields;
        mod condition_on_another_model;
        mod conditions_and_orders;
        mod key_of_another_model;
        mod rows_that_are_tenants_or_not;
        mod rows_without_an_origin;
        mod shared_query_with_a_query_of_tenant_rows;
        mod shared_query_with_a_tenant_condition;
        mod shared_row_inserted_by_a_tenant;
        mod shared_row_saved_by_a_tenant;
        mod shared_rows_deleted_by_a_tenant;
        mod shared_rows_deleted_in_parentheses_by_a_tenant;
        mod shared_rows_updated_by_a_tenant;
        mod shared_rows_written_in_a_query_of_its_own_by_a_tenant;
        mod shared_rows_written_in_sql_by_a_tenant;
        mod sql_that_is_not_checked;
        mod tenant_row_by_key_without_a_tenant;
        mod tenant_row_inserted_without_a_tenant;
        mod tenant_rows_without_a_tenant;
        mod tenant_scope_in_two_threads;
        mod tenant_table_in_sql_without_a_tenant;
        mod tenants_that_are_named_by_no_key;
        mod tenants_that_are_no_keys;
        mod value_of_another_type;
        mod what_is_not_what_it_has_to_be;
        mod writes_through_a_scope_that_only_reads;
        mod writes_to_a_view;
    }
}
