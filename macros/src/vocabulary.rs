//! Words of other libraries, and the words for the same here.

/// Where an argument stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `#[tenant_model(...)]` or `#[shared_model(...)]`.
    Model,
    /// `#[tenant_view(...)]` or `#[shared_view(...)]`.
    View,
    /// `#[tenant_overlay(...)]`.
    Overlay,
    /// `#[field(...)]`.
    Field,
    /// `#[column(...)]` above a type.
    Type,
    /// `#[column(...)]` above a variant.
    Variant,
    /// `#[embedded(...)]`.
    Embedded,
    /// `#[row(...)]` above a struct.
    Row,
    /// `#[row(...)]` above a field.
    RowField,
}

/// Whether an argument of a field is called so.
pub(crate) fn is_of_field(word: &str) -> bool {
    [
        "key",
        "given",
        "column",
        "max_length",
        "precision",
        "scale",
        "unique",
        "index",
        "default",
        "check",
        "on_delete",
        "constraint",
        "inverse",
        "auto_now",
        "auto_now_add",
        "version",
        "not_a_reference",
        "was",
        "generated",
        "check_with",
        "soft_delete",
        "since",
        "until",
        "embed",
        "own",
        "prefix",
    ]
    .contains(&word)
}

/// Whether a word means the primary key, here or in other libraries.
pub(crate) fn means_key(word: &str) -> bool {
    ["key", "primary_key", "pk", "primary", "id", "primarykey"].contains(&word)
}

/// Says how an argument of another library is written here.
pub(crate) fn called_here(place: Place, argument: &str) -> Option<&'static str> {
    let argument = argument.to_ascii_lowercase();
    match place {
        Place::Model => of_model(&argument),
        Place::View => of_view(&argument),
        Place::Overlay => of_overlay(&argument),
        Place::Field => of_field(&argument),
        Place::Type => of_type(&argument),
        Place::Variant => of_variant(&argument),
        Place::Embedded => of_embedded(&argument),
        Place::Row => of_row(&argument),
        Place::RowField => of_row_field(&argument),
    }
}

fn of_model(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "table_name" | "tablename" | "db_table" | "name" | "rename" | "sql_table" => {
            "the table's name is `table = \"...\"`"
        }
        "schema" | "schema_name" | "database" | "search_path" | "namespace" => {
            "the schema follows from the placement: write `#[tenant_model]` or `#[shared_model]` without it"
        }
        "unique_together" | "unique_index" | "unique_constraint" | "unique_key" | "uniques"
        | "uniq" => "write `unique(first, second)`",
        "indexes" | "indices" | "index_together" | "db_index" | "idx" | "add_index" => {
            "write `index(first, second)`, once for each index"
        }
        "primary_key" | "pk" | "key" | "id" | "primary" => {
            "write `#[field(key)]` above the field that is the primary key, or above each of several"
        }
        "constraint" | "constraints" | "check_constraint" | "checks" | "validate" => {
            "write `check = \"...\"`, or `check(name = \"...\", \"...\")`"
        }
        "rename_all" | "naming" => {
            "write `#[field(column = \"...\")]` above a field that has another column"
        }
        "ordering" | "order_by" | "default_order" => {
            "an order belongs to a query: `.order_by(Model::FIELD.asc())`"
        }
        "comment" | "verbose_name" | "doc" | "description" => {
            "write a doc comment above the struct"
        }
        "belongs_to" | "foreign_keys" | "references" | "relation" | "many_to_one" => {
            "give the field the type `Fk<Model>`; of several columns write `foreign_key(project, assignee, references = Membership)`"
        }
        "has_many" | "has_one" | "one_to_many" => {
            "write `#[field(inverse = \"...\")]` above the `Fk` field of the other model"
        }
        "many_to_many" | "belongs_to_many" | "has_and_belongs_to_many" => {
            "make a model of the pairs, with two `Fk` fields"
        }
        "crate_path" | "root" | "path" => "write `crate = path`",
        "shared" | "global" | "public" => "write `#[shared_model]` in place of `#[tenant_model]`",
        "tenant" | "per_tenant" => "write `#[tenant_model]`, and nothing else",
        "max_length" | "precision" | "scale" | "default" | "on_delete" | "inverse" | "column"
        | "auto_now" | "auto_now_add" | "version" | "not_a_reference" | "given" | "generated"
        | "check_with" | "since" | "until" | "embed" | "prefix" => {
            "it belongs above a field, in `#[field(...)]`"
        }
        "exclusion" | "exclusions" | "exclusion_constraint" | "exclude_using" | "no_overlap" => {
            "write `exclude(room = \"=\", during = \"&&\")`"
        }
        "filter" | "method" => "it belongs into `index(...)`, behind the fields",
        "soft_delete" | "softdelete" | "soft_deletes" | "paranoid" | "acts_as_paranoid"
        | "safe_delete" => {
            "write `#[field(soft_delete)]` above a field of type `Option<Timestamp>`, as `deleted_at`"
        }
        _ => return None,
    })
}

fn of_view(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "table" | "view" | "table_name" | "view_name" | "rename" | "db_table" => {
            "the view's name is `name = \"...\"`"
        }
        "query" | "select" | "definition" | "statement" | "as" => {
            "the view's SELECT is `sql = \"...\"`"
        }
        "was" => {
            "a view has no rows to keep: under another name it is a new one, and the former is dropped once no version of the application reads it; remove it"
        }
        "index" | "unique" | "check" | "exclude" | "foreign_key" => {
            "a view is read and never written: write it above the model of a table that it reads"
        }
        "security_invoker" | "security_barrier" | "check_option" => {
            "a view is always read with the rights of whoever reads it: remove it"
        }
        "materialized" => {
            "rows that are kept are those of a table: write them by SQL of a migration, or into a model"
        }
        "schema" | "database" | "search_path" => {
            "the schema follows from the placement: write `#[tenant_view]` or `#[shared_view]` without it"
        }
        "tenant" | "shared" => {
            "the placement is the attribute's: write `#[tenant_view]` or `#[shared_view]`"
        }
        _ => return None,
    })
}

fn of_overlay(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "tenant" | "tenants" | "mine" | "private" | "overlay" | "override" | "over" => {
            "the tenant's model is `own = Product`"
        }
        "global" | "public" | "base" | "catalog" | "catalogue" | "default" | "fallback" => {
            "the shared model is `shared = CatalogProduct`"
        }
        "by" | "key" | "on" | "unique" => {
            "what a row of the tenant stands for is told by `#[field(key)]` above a field"
        }
        "sql" | "query" | "select" => {
            "the rows are those of two models; for a SELECT of your own write `#[tenant_view]`"
        }
        "table" | "name" | "schema" | "index" | "check" | "was" => {
            "an overlay is in no database: remove it"
        }
        "soft_delete" | "deleted" | "with_deleted" | "hide_deleted" => {
            "that a row which the tenant has deleted hides the shared one is `deleted_hides`"
        }
        _ => return None,
    })
}

fn of_field(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "nullable" | "null" | "optional" | "allow_null" | "blank" => {
            "a column that can be null is a field of type `Option<...>`"
        }
        "not_null" | "notnull" | "required" | "non_null" => {
            "a field that is no `Option` is never null: remove it"
        }
        "primary_key" | "pk" | "primary" | "id" | "primarykey" => "the primary key is `key`",
        "auto_increment" | "autoincrement" | "auto" | "serial" | "bigserial" | "identity"
        | "increment" => "write `key`: the database fills a key in by itself",
        "foreign_key" | "foreignkey" | "fk" | "references" | "belongs_to" | "relation"
        | "many_to_one" | "to" => "a foreign key is a field of type `Fk<Model>`",
        "has_many" | "has_one" | "one_to_many" | "related_name" | "backref" | "back_populates"
        | "inverse_of" | "reverse" => "the other side of a foreign key is `inverse = \"...\"`",
        "many_to_many" => "make a model of the pairs, with two `Fk` fields",
        "type" | "db_type" | "sql_type" | "column_type" | "data_type" | "ty"
        | "column_definition" => "the column's type follows from that of the field",
        "varchar" | "length" | "len" | "size" | "max_len" | "maxlength" | "max_size" | "max" => {
            "at most so many characters is `max_length = 40`"
        }
        "text" | "string" | "char" => {
            "a text is a field of type `String`, with `max_length = 40` if it is bounded"
        }
        "json" | "jsonb" => "a JSON column is a field of type `Json<...>`",
        "db_index" | "indexed" | "idx" | "add_index" => "an index of its own is `index`",
        "db_column" | "column_name" | "name" | "rename" | "col" | "field_name" => {
            "the column's name is `column = \"...\"`"
        }
        "default_value" | "default_expr" | "server_default" | "db_default" | "default_sql"
        | "defaults" | "initial" => "a default is `default = 5`, or `default = sql(\"now()\")`",
        "created_at" | "auto_created" | "create_time" | "on_create" | "timestamp" => {
            "the time of the insert is `auto_now_add`"
        }
        "updated_at" | "auto_updated" | "update_time" | "on_save" => {
            "the time of the last write is `auto_now`"
        }
        "softdelete" | "soft_deleted" | "deleted_at" | "is_deleted" | "paranoid"
        | "safe_delete" | "archived" => {
            "the time of the delete of a row that stays in the table is `soft_delete`"
        }
        "on_update" => {
            "a key never changes, so nothing happens to those who reference it: remove it"
        }
        "ondelete" | "on_deleted" | "delete" | "cascade" => {
            "what happens on a delete is `on_delete = \"cascade\"`"
        }
        "db_constraint" | "foreign_key_constraint" | "create_constraint" | "enforced" => {
            "a foreign key that the database does not check is `constraint = false`"
        }
        "lock_version" | "optimistic_lock" | "row_version" | "version_column" => {
            "a count of writes, checked when a row is saved, is `version`"
        }
        "decimal_places" | "digits" => {
            "digits behind the point are `scale`, and all digits `precision`"
        }
        "max_digits" | "numeric" | "decimal" => "digits are `precision = 12, scale = 2`",
        "unique_key" | "uniq" | "unique_index" | "unique_constraint" => {
            "no two rows with the same value is `unique`"
        }
        "choices" | "enum" | "values" | "enumtype" => {
            "give the field the type of an enum with `#[derive(Column)]`"
        }
        "comment" | "help_text" | "verbose_name" | "doc" | "description" => {
            "write a doc comment above the field"
        }
        "skip" | "ignore" | "transient" | "not_mapped" => {
            "every field is a column: keep other values in a struct of your own"
        }
        "flatten" | "embedded" | "nested" | "composed_of" => {
            "a struct with `#[derive(Embedded)]`, whose fields are columns of this table, is `embed`; one that is a value of JSON is a `Json<...>`"
        }
        "validate" | "validators" | "check_constraint" | "min" | "unsigned" | "positive" => {
            "a condition on the column is `check = \"total >= 0\"`"
        }
        "table" | "as_strict_as" | "crate" => {
            "it belongs above the struct, in the model's attribute"
        }
        "filter" | "method" => {
            "write `index(..., filter = \"...\", method = \"...\")` above the struct"
        }
        "min_length" | "min_len" | "minlength" => {
            "at least so many characters is `check = \"length(name) >= 3\"`"
        }
        "generated_always" | "generated_as" | "stored" | "virtual" | "computed" | "computed_as"
        | "persisted" | "expression" => {
            "a column that the database computes from others is `generated = \"lower(email)\"`"
        }
        "added_in" | "added" | "introduced" | "since_migration" | "from_version"
        | "since_version" | "min_version" => {
            "a column that tenants have from a migration on is `since = \"0007_notes\"`"
        }
        "removed_in" | "dropped_in" | "removed" | "deprecated" | "until_migration"
        | "until_version" | "max_version" => {
            "a column that tenants have until a migration is `until = \"0009_no_notes\"`"
        }
        "collate" | "collation" | "using" => {
            "write it in a migration: a field has no such argument"
        }
        _ => return None,
    })
}

fn of_type(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "case" | "casing" | "rename" | "naming" | "style" => {
            "how labels are written is `rename_all = \"snake_case\"`"
        }
        "type" | "db_type" | "sql_type" | "type_name" | "name" | "transparent" => {
            "an enum is stored as a text, a newtype as what it wraps: remove it"
        }
        "enum_name" | "pg_enum" | "postgres_enum" | "native" | "native_enum" => {
            "an enum that is a type of PostgreSQL's own has `enum_type = \"...\"`"
        }
        "crate_path" | "root" => "write `crate = path`",
        _ => return None,
    })
}

fn of_variant(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "label" | "name" | "value" | "string_value" | "db_value" | "serialize" | "text" | "as" => {
            "a variant's label is `rename = \"...\"`"
        }
        "rename_all" => "`rename_all` belongs above the enum",
        "default" => "the default belongs to a field: `#[field(default = \"...\")]`",
        _ => return None,
    })
}

fn of_embedded(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "prefix" | "column_prefix" | "embed" => {
            "it belongs to the model's field: `#[field(embed, prefix = \"...\")]`"
        }
        "index" | "unique" | "check" | "table" => {
            "an embedded struct has no table: write it above the models that have it"
        }
        "crate_path" | "root" => "write `crate = path`",
        _ => return None,
    })
}

fn of_row(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "rename_all" | "naming" | "case" => {
            "a field with another column than its name says so: `#[row(column = \"...\")]`"
        }
        "table" | "table_name" | "model" | "from" => {
            "a row is of no table: each query says what it selects, as `SelectSummary { name: Customer::NAME }`"
        }
        "crate_path" | "root" => "write `crate = path`",
        "column" | "prefix" => "it belongs above a field",
        _ => return None,
    })
}

fn of_row_field(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "rename" | "column_name" | "name" | "alias" | "from_alias" | "from_col" => {
            "the column's name is `column = \"...\"`"
        }
        "flatten" | "embed" | "nested" | "flattened" => {
            "a struct with `#[derive(Row)]` is read from columns of the same row without an argument: remove it"
        }
        "json" => "a value of JSON is a field of type `Json<...>`",
        "default" | "skip" | "ignore" => {
            "every field is read: make it an `Option` and select a null, or keep it in a struct around this one"
        }
        "try_from" | "try_from_u64" | "with" | "deserialize_as" => {
            "a type of your own is read as itself: derive `Column` for it"
        }
        "crate" => "it belongs above the struct",
        _ => return None,
    })
}

/// The action that other libraries call so.
pub(crate) fn delete_action(given: &str) -> Option<&'static str> {
    let plain = given.to_ascii_lowercase().replace([' ', '-'], "_");
    Some(match plain.as_str() {
        "no_action" | "do_nothing" | "noaction" | "none" | "nothing" => "no_action",
        "restrict" | "protect" | "prevent" | "deny" => "restrict",
        "cascade" | "delete" | "destroy" | "delete_all" => "cascade",
        "set_null" | "setnull" | "nullify" | "null" | "nilify_all" => "set_null",
        "set_default" | "setdefault" | "default" => "set_default",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_libraries_are_known_in_any_case() {
        for name in ["nullable", "NULL", "primary_key", "auto_increment", "type"] {
            assert!(called_here(Place::Field, name).is_some(), "{name}");
        }
        assert!(called_here(Place::Model, "unique_together").is_some());
        assert_eq!(called_here(Place::Field, "max_lenght"), None);
    }

    #[test]
    fn delete_actions_are_known_as_they_are_written_in_sql() {
        assert_eq!(delete_action("SET NULL"), Some("set_null"));
        assert_eq!(delete_action("PROTECT"), Some("restrict"));
        assert_eq!(delete_action("cascde"), None);
    }
}
