//! The rules of the linter squawk: each is one of ours, refused, or has a reason why it does not apply.

use super::AdviceKind::Told;
use super::indexes::Indexes;
use super::of_text;
use crate::migrate::chain::lint;
use crate::model::PlacementKind;

/// The answer here to a rule of squawk.
enum Here {
    /// A rule of ours, and SQL that breaks both.
    Rule(&'static str, &'static str),
    /// SQL that is refused when the chain is read.
    Refused(&'static str),
    /// Why there is none.
    None(&'static str),
}

use Here::{None, Refused, Rule};

const RUNNER: &str = "the runner sets it for each statement, and tries again";
const MODEL: &str = "the type of a column follows from that of the field";
const DIFFERENCE: &str =
    "it is a change of the models, which `makemigrations` names and `check` compares";

const RULES: &[(&str, Here)] = &[
    (
        "adding-field-with-default",
        Rule(
            "table-rewrite",
            r#"ALTER TABLE "{tenant}".a ADD b float8 DEFAULT random()"#,
        ),
    ),
    (
        "adding-foreign-key-constraint",
        Rule(
            "validated-at-once",
            r#"ALTER TABLE "{tenant}".a ADD FOREIGN KEY (b) REFERENCES "{tenant}".c"#,
        ),
    ),
    (
        "adding-not-nullable-field",
        Rule(
            "not-null-at-once",
            r#"ALTER TABLE "{tenant}".a ALTER b SET NOT NULL"#,
        ),
    ),
    (
        "adding-required-field",
        Rule(
            "required-without-value",
            r#"ALTER TABLE "{tenant}".a ADD b int NOT NULL"#,
        ),
    ),
    (
        "adding-serial-primary-key-field",
        Rule(
            "unique-at-once",
            r#"ALTER TABLE "{tenant}".a ADD PRIMARY KEY (b)"#,
        ),
    ),
    (
        "ban-alter-domain-with-add-constraint",
        Rule(
            "domain-with-check",
            r#"ALTER DOMAIN "{shared}".d ADD CHECK (VALUE > 0)"#,
        ),
    ),
    (
        "ban-alter-generated-expression",
        Rule(
            "table-rewrite",
            r#"ALTER TABLE "{tenant}".a ALTER b SET EXPRESSION AS (c * 2)"#,
        ),
    ),
    ("ban-alter-identity", None(DIFFERENCE)),
    ("ban-char-field", None(MODEL)),
    (
        "ban-concurrent-index-creation-in-transaction",
        None("the runner cuts such statements out of the transaction by itself"),
    ),
    (
        "ban-create-domain-with-constraint",
        Rule(
            "domain-with-check",
            r#"CREATE DOMAIN "{shared}".d AS int CHECK (VALUE > 0)"#,
        ),
    ),
    (
        "ban-disable-trigger",
        None("it is known to be in the schema, and `check` tells of it where tenants differ"),
    ),
    (
        "ban-drop-column",
        Rule(
            "removed-in-expand",
            r#"ALTER TABLE "{tenant}".a DROP COLUMN b"#,
        ),
    ),
    ("ban-drop-constraint", None(DIFFERENCE)),
    (
        "ban-drop-database",
        Rule("of-the-database", "DROP DATABASE d"),
    ),
    ("ban-drop-default", None(DIFFERENCE)),
    (
        "ban-drop-extension",
        Rule("of-the-database", "DROP EXTENSION hstore"),
    ),
    (
        "ban-drop-not-null",
        Rule(
            "nulls-in-expand",
            r#"ALTER TABLE "{tenant}".a ALTER b DROP NOT NULL"#,
        ),
    ),
    (
        "ban-drop-schema",
        Rule("schema-changed", r#"DROP SCHEMA "{tenant}""#),
    ),
    (
        "ban-drop-table",
        Rule("removed-in-expand", r#"DROP TABLE "{tenant}".a"#),
    ),
    (
        "ban-duplicate-column-assignments",
        None("PostgreSQL refuses it, and `migrate --try-out` shows that before"),
    ),
    (
        "ban-truncate-cascade",
        Rule("rows-lost", r#"TRUNCATE "{tenant}".a CASCADE"#),
    ),
    ("ban-uncommitted-transaction", Refused("BEGIN")),
    (
        "changing-column-type",
        Rule(
            "table-rewrite",
            r#"ALTER TABLE "{tenant}".a ALTER b TYPE bigint"#,
        ),
    ),
    (
        "constraint-missing-not-valid",
        Rule(
            "validated-at-once",
            r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT c CHECK (b > 0)"#,
        ),
    ),
    (
        "disallowed-unique-constraint",
        Rule(
            "unique-at-once",
            r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT c UNIQUE (b)"#,
        ),
    ),
    (
        "identifier-too-long",
        None(
            "the macros refuse longer names, and `check` compares what migrations make with the models",
        ),
    ),
    ("prefer-bigint-over-int", None(MODEL)),
    ("prefer-bigint-over-smallint", None(MODEL)),
    ("prefer-identity", None(MODEL)),
    (
        "prefer-repack",
        Rule("table-rewrite", r#"VACUUM FULL "{tenant}".a"#),
    ),
    (
        "prefer-robust-stmts",
        None("what is no transaction is remembered statement by statement, and gone on with"),
    ),
    ("prefer-text-field", None(MODEL)),
    ("prefer-timestamptz", None(MODEL)),
    (
        "renaming-column",
        Rule(
            "removed-in-expand",
            r#"ALTER TABLE "{tenant}".a RENAME COLUMN b TO c"#,
        ),
    ),
    (
        "renaming-table",
        Rule(
            "removed-in-expand",
            r#"ALTER TABLE "{tenant}".a RENAME TO c"#,
        ),
    ),
    (
        "require-concurrent-index-creation",
        None(
            "the runner builds indexes of big tables concurrently by itself, and tells by `scan-under-lock` where it can't",
        ),
    ),
    (
        "require-concurrent-index-deletion",
        None("no row is looked at, and the lock is waited for two seconds at a time"),
    ),
    (
        "require-concurrent-partition-detach",
        Rule(
            "partition-at-once",
            r#"ALTER TABLE "{tenant}".a DETACH PARTITION "{tenant}".b"#,
        ),
    ),
    (
        "require-concurrent-reindex",
        Rule("reindex-at-once", r#"REINDEX TABLE "{tenant}".a"#),
    ),
    (
        "require-enum-value-ordering",
        None("labels of a model's enum are texts with a check, which have no order"),
    ),
    ("require-lock-timeout", None(RUNNER)),
    ("require-statement-timeout", None(RUNNER)),
    (
        "require-table-schema",
        None(
            "a name without a schema finds nothing, since no `search_path` is set; `check` applies each migration to a schema that nobody sees",
        ),
    ),
    ("require-timeout-settings", None(RUNNER)),
    (
        "transaction-nesting",
        Refused("START TRANSACTION; SELECT 1"),
    ),
];

#[test]
fn each_rule_of_squawk_is_ours_or_has_a_reason_why_not() {
    for (name, here) in RULES {
        match here {
            Rule(rule, sql) => {
                let found = of_text(
                    sql,
                    PlacementKind::Tenant,
                    Option::None,
                    &Indexes::default(),
                );
                let is_told = found.iter().any(|(kind, fault)| {
                    *kind == Told && fault.message.starts_with(&format!("{rule}: "))
                });
                assert!(is_told, "{name}: {found:?}");
            }
            Refused(sql) => assert!(lint::check(sql, PlacementKind::Tenant).is_err(), "{name}"),
            None(reason) => assert!(reason.len() > 20, "{name}"),
        }
    }
    let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
}
