use super::AdviceKind::{Allowed, Mistaken, Told};
use super::*;
use crate::model::PlacementKind;
use crate::structure::{
    Action, Change, Check, ForeignKey, Op, PrimaryKey, Target, Unique, render_in_use,
};

/// The rules that a tenant's SQL breaks.
fn broken(sql: &str) -> Vec<String> {
    let found = of_text(sql, PlacementKind::Tenant, None, &Indexes::default());
    let rule = |(kind, fault): &(AdviceKind, Fault)| {
        assert!(fault.message.contains("\nhelp: ") || *kind == Allowed);
        fault
            .message
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    found.iter().map(rule).collect()
}

#[test]
fn what_holds_others_up_is_told_with_a_way_that_does_not() {
    for (sql, rule) in [
        (
            r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT c CHECK (b > 0)"#,
            "validated-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}"."A" ADD CHECK (b > 0)"#,
            "validated-at-once",
        ),
        (
            r#"alter table only "{tenant}".a add foreign key (b) references "{shared}".c"#,
            "validated-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT c UNIQUE (b)"#,
            "unique-at-once",
        ),
        (
            r#"ALTER TABLE IF EXISTS "{tenant}".a ADD PRIMARY KEY (b)"#,
            "unique-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD EXCLUDE USING gist (b WITH &&)"#,
            "unique-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ALTER b SET NOT NULL"#,
            "not-null-at-once",
        ),
        (
            r#"SELECT f(); CREATE INDEX i ON "{tenant}".a (b)"#,
            "scan-under-lock",
        ),
        (
            r#"SELECT f(); ALTER TABLE "{tenant}".a VALIDATE CONSTRAINT c"#,
            "scan-under-lock",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ALTER COLUMN b TYPE bigint"#,
            "table-rewrite",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD COLUMN b uuid DEFAULT gen_random_uuid()"#,
            "table-rewrite",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD b bigserial"#,
            "table-rewrite",
        ),
        (r#"ALTER TABLE "{tenant}".a SET UNLOGGED"#, "table-rewrite"),
        (r#"VACUUM FULL "{tenant}".a"#, "table-rewrite"),
    ] {
        assert_eq!(broken(sql), [rule], "{sql}");
    }
}

#[test]
fn what_running_versions_and_rows_are_hurt_by_is_told() {
    for (sql, rule) in [
        (r#"DROP TABLE "{tenant}".a"#, "removed-in-expand"),
        (
            r#"ALTER TABLE "{tenant}".a DROP COLUMN b"#,
            "removed-in-expand",
        ),
        (
            r#"ALTER TABLE "{tenant}".a RENAME b TO c"#,
            "removed-in-expand",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD COLUMN b int NOT NULL"#,
            "required-without-value",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ALTER COLUMN b DROP NOT NULL"#,
            "nulls-in-expand",
        ),
        (
            r#"ALTER TYPE "{shared}".t RENAME VALUE 'a' TO 'b'"#,
            "removed-in-expand",
        ),
        (r#"REINDEX INDEX "{tenant}".i"#, "reindex-at-once"),
        (
            r#"ALTER TABLE "{tenant}".a DETACH PARTITION "{tenant}".b"#,
            "partition-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ATTACH PARTITION "{tenant}".b FOR VALUES IN (1)"#,
            "partition-at-once",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD b int; UPDATE "{tenant}".a SET b = c + 1 WHERE c > 1"#,
            "rows-under-lock",
        ),
        (
            r#"ALTER TABLE "{tenant}".a ADD b int; DELETE FROM "{tenant}".a WHERE c > 1"#,
            "rows-under-lock",
        ),
        (r#"TRUNCATE "{tenant}".a"#, "rows-lost"),
        (r#"DROP VIEW "{tenant}".v CASCADE"#, "rows-lost"),
        (
            r#"ALTER TABLE "{tenant}".a DROP CONSTRAINT c CASCADE"#,
            "rows-lost",
        ),
        (
            r#"CREATE DOMAIN "{shared}".d AS int NOT NULL"#,
            "domain-with-check",
        ),
        (
            r#"CREATE TYPE "{tenant}".t AS ENUM ('a')"#,
            "type-per-tenant",
        ),
        (
            r#"ALTER TYPE "{tenant}".t ADD VALUE 'b'; UPDATE "{tenant}".a SET b = E'\x62' WHERE c"#,
            "label-used-at-once",
        ),
        (
            r#"ALTER SCHEMA "{tenant}" RENAME TO other"#,
            "schema-changed",
        ),
        ("CREATE EXTENSION hstore", "of-the-database"),
        (r#"UPDATE "{shared}".a SET b = 1"#, "shared-per-tenant"),
        (
            r#"INSERT INTO "{shared}".a VALUES (1)"#,
            "shared-per-tenant",
        ),
    ] {
        assert_eq!(broken(sql), [rule], "{sql}");
    }
}

#[test]
fn a_label_may_be_used_where_the_transaction_is_over_that_adds_it() {
    let add = "ALTER TYPE \"{tenant}\".t ADD VALUE IF NOT EXISTS 'b' AFTER 'a';\n";
    let index = "CREATE INDEX CONCURRENTLY ON \"{tenant}\".a (c);\n";
    let fill = "UPDATE \"{tenant}\".a SET b = 'b' WHERE c = 'd';\n";
    assert_eq!(broken(&[add, fill].concat()), ["label-used-at-once"]);
    assert_eq!(broken(&[add, index, fill].concat()), [""; 0]);
    assert_eq!(broken(&[fill, add].concat()), [""; 0]);
    let others = "ALTER TYPE \"{tenant}\".t ADD VALUE 'c' BEFORE 'b'; UPDATE \"{tenant}\".a SET b = 'a' WHERE c = 'd';";
    assert_eq!(broken(&[add, others].concat()), [""; 0]);
}

#[test]
fn a_statement_in_batches_ends_the_transaction_before_it_and_cuts_nothing_else() {
    let batch = "-- tenantry: batch a by id\nUPDATE \"{tenant}\".a SET d = c WHERE \"{batch}\";\n";
    let add = "ALTER TABLE \"{tenant}\".a ADD d int;\n";
    let all = "UPDATE \"{tenant}\".a SET e = c + 1 WHERE c > 1;\n";
    let told = |parts: &[&str]| broken(&parts.concat());
    assert_eq!(told(&[add, batch, all]), [""; 0]);
    assert_eq!(told(&[add, all, batch]), ["rows-under-lock"]);
    let add = "ALTER TABLE \"{tenant}\".a ADD f int;\n";
    assert_eq!(told(&[batch, add, all]), ["rows-under-lock"]);
    let index = "SELECT f();\nCREATE INDEX i ON \"{tenant}\".a (b);\n";
    assert_eq!(told(&[batch, index]), ["scan-under-lock"]);
}

#[test]
fn what_an_upsert_names_and_a_query_goes_by_is_known_of_the_chain() {
    let before = r#"
        CREATE TABLE "{tenant}".a (b int PRIMARY KEY, c int UNIQUE, d int, e text, UNIQUE (d, "e"), CONSTRAINT named CHECK (d > 0),
            CONSTRAINT "By e" UNIQUE NULLS NOT DISTINCT (e));
        CREATE UNIQUE INDEX low ON "{tenant}".a USING btree (lower(e) DESC) WHERE d > 0;
        CREATE INDEX plain ON "{tenant}".a ((d + 1), c);
        ALTER TABLE "{tenant}".a ADD f int UNIQUE, ADD CONSTRAINT f_f UNIQUE (f, d);
        CREATE UNIQUE INDEX taken ON "{tenant}".a (f, e);
        ALTER TABLE "{tenant}".a ADD CONSTRAINT taker UNIQUE USING INDEX taken;
        ALTER TABLE "{tenant}".a RENAME CONSTRAINT f_f TO g; ALTER INDEX "{tenant}".plain RENAME TO plainer;
        ALTER TABLE "{tenant}".a RENAME TO z"#;
    let mut indexes = Indexes::default();
    indexes.follow(&statements(before).unwrap());
    let told = |sql: &str| {
        let found = of_text(sql, PlacementKind::Tenant, None, &indexes);
        let rules = found.into_iter().map(|(_, fault)| fault.message);
        rules.collect::<Vec<_>>()
    };
    for (drop, columns) in [
        ("CONSTRAINT a_pkey", "b"),
        ("CONSTRAINT IF EXISTS a_c_key", "c"),
        ("CONSTRAINT a_d_e_key RESTRICT", "d, e"),
        ("CONSTRAINT \"By e\"", "e"),
        ("CONSTRAINT a_f_key", "f"),
        ("CONSTRAINT g", "f, d"),
        ("CONSTRAINT taker", "f, e"),
    ] {
        for sql in [
            format!(r#"ALTER TABLE "{{tenant}}".z DROP {drop}"#),
            format!(r#"ALTER TABLE ONLY "{{tenant}}".z ADD x int DEFAULT abs(1), DROP {drop}"#),
        ] {
            let found = told(&sql);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            let words = format!(
                "unique-in-expand: upserts of the version of the application from before name {columns},"
            );
            assert!(found[0].starts_with(&words), "{sql}: {found:?}");
        }
    }
    for (drop, rules) in [
        (r#"INDEX "{tenant}".low"#, &["unique-in-expand"][..]),
        (
            r#"INDEX CONCURRENTLY IF EXISTS "{tenant}".plainer"#,
            &["index-in-expand"],
        ),
        (
            r#"INDEX "{tenant}".plainer, "{tenant}"."low" CASCADE"#,
            &["rows-lost", "unique-in-expand", "index-in-expand"],
        ),
        (r#"INDEX "{tenant}".of_somebody"#, &["index-in-expand"]),
    ] {
        let found = told(&format!("DROP {drop}"));
        let mut found: Vec<&str> = found
            .iter()
            .map(|it| it.split(':').next().unwrap())
            .collect();
        let mut rules = rules.to_vec();
        found.sort_unstable();
        rules.sort_unstable();
        assert_eq!(found, rules, "{drop}");
    }
    for sql in [
        r#"ALTER TABLE "{tenant}".z DROP CONSTRAINT named"#,
        r#"CREATE UNIQUE INDEX next ON "{tenant}".z (e, D); ALTER TABLE "{tenant}".z DROP CONSTRAINT a_d_e_key"#,
        r#"CREATE UNIQUE INDEX next ON "{tenant}".z (LOWER("e")) INCLUDE (d) WHERE (d > 0); DROP INDEX "{tenant}".low"#,
        r#"CREATE INDEX next ON "{tenant}".z ((D + 1) DESC); DROP INDEX "{tenant}".plainer"#,
        r#"CREATE INDEX mine ON "{tenant}".z (e); DROP INDEX "{tenant}".mine"#,
        r#"CREATE TABLE "{tenant}".new (a int CONSTRAINT once UNIQUE); ALTER TABLE "{tenant}".new DROP CONSTRAINT once"#,
    ] {
        assert_eq!(told(sql), [""; 0], "{sql}");
    }
}

#[test]
fn each_thing_that_is_done_to_a_table_is_looked_at() {
    let several = r#"ALTER TABLE "{tenant}".a ADD b numeric(3, 1), DROP c, ALTER d SET NOT NULL, DROP COLUMN e"#;
    assert_eq!(broken(several), ["removed-in-expand", "not-null-at-once"]);
}

#[test]
fn what_holds_nobody_up_is_not_told() {
    for sql in [
        r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE "{tenant}".a VALIDATE CONSTRAINT c"#,
        r#"CREATE UNIQUE INDEX c ON "{tenant}".a (b); ALTER TABLE "{tenant}".a ADD CONSTRAINT c UNIQUE USING INDEX c"#,
        r#"CREATE TABLE "{tenant}".a (b int); ALTER TABLE "{tenant}".a ADD CHECK (b > 0); ALTER TABLE "{tenant}".a ALTER b SET NOT NULL"#,
        r#"ALTER TABLE "{tenant}".a ADD CONSTRAINT p CHECK ("b" IS NOT NULL) NOT VALID; ALTER TABLE "{tenant}".a VALIDATE CONSTRAINT p;
           ALTER TABLE "{tenant}".a ALTER b SET NOT NULL; ALTER TABLE "{tenant}".a DROP CONSTRAINT p"#,
        r#"ALTER TABLE "{tenant}".a ADD COLUMN b timestamptz DEFAULT now()"#,
        r#"ALTER TABLE "{tenant}".a ADD COLUMN b int NOT NULL DEFAULT 5"#,
        r#"UPDATE "{tenant}".a SET b = c + 1 WHERE c > 1; ALTER TABLE "{tenant}".a ADD d int"#,
        r#"ALTER TABLE "{tenant}".a ADD b int; CREATE INDEX i ON "{tenant}".a (b); UPDATE "{tenant}".a SET b = 1 WHERE b IS NULL"#,
        r#"CREATE TABLE "{tenant}".b (c int); ALTER TABLE "{tenant}".a ATTACH PARTITION "{tenant}".b FOR VALUES IN (1)"#,
        r#"ALTER TABLE "{tenant}".a DETACH PARTITION "{tenant}".b CONCURRENTLY"#,
        r#"REINDEX INDEX CONCURRENTLY "{tenant}".i"#,
        r#"CREATE TYPE "{shared}".t AS ENUM ('a')"#,
        r#"ALTER TABLE "{tenant}".a RENAME CONSTRAINT b TO c"#,
        r#"INSERT INTO "{tenant}".a SELECT * FROM "{shared}".a"#,
        r#"SELECT f(); CREATE INDEX CONCURRENTLY i ON "{tenant}".a (b)"#,
        "-- ALTER TABLE \"{tenant}\".a ADD CHECK (b > 0)\nSELECT 'ALTER TABLE a ADD CHECK (b)'",
    ] {
        assert_eq!(broken(sql), [""; 0], "{sql}");
    }
}

#[test]
fn what_was_thought_of_is_listed_with_its_reason_and_nothing_else_is_allowed() {
    let check = "ALTER TABLE \"{tenant}\".a ADD CHECK (b > 0);\n";
    let told = |comment: &str| {
        let text = format!("SELECT 1;\n{comment}\n{check}{check}");
        let found = of_text(&text, PlacementKind::Tenant, None, &Indexes::default()).into_iter();
        found
            .map(|(kind, fault)| (kind, fault.message))
            .collect::<Vec<_>>()
    };
    let kinds = |comment: &str| {
        told(comment)
            .iter()
            .map(|(kind, _)| *kind)
            .collect::<Vec<_>>()
    };
    let allowed = told("-- tenantry: allow(validated-at-once) five rows a tenant");
    let listed = (
        Allowed,
        "validated-at-once is allowed: five rows a tenant".to_owned(),
    );
    assert_eq!(allowed[0], listed);
    // It is for the one statement after it.
    assert_eq!(allowed.len(), 2);
    assert_eq!(allowed[1].0, Told);
    assert_eq!(
        kinds("/* tenantry: allow(validated-at-once): few */"),
        [Allowed, Told]
    );
    assert_eq!(
        kinds("-- tenantry: allow(validated-at-once)"),
        [Mistaken, Told, Told]
    );
    assert_eq!(
        kinds("-- tenantry: allow(all) why not"),
        [Mistaken, Told, Told]
    );
    assert_eq!(
        kinds("-- tenantry: allow(table-rewrite) small"),
        [Mistaken, Told, Told]
    );
    assert_eq!(kinds("-- allow(validated-at-once) few"), [Told, Told]);
}

#[test]
fn what_is_written_for_tables_in_use_keeps_to_the_rules() {
    let target = Target::new(PlacementKind::Shared, "plans", ["id"]);
    let from = ForeignKey::new(["plan"], target);
    let to = ForeignKey {
        on_delete: Action::Cascade,
        ..from.clone()
    };
    let name = || "named".to_owned();
    for change in [
        Change::AddCheck {
            name: name(),
            definition: Check::new("b > 0"),
        },
        Change::AddForeignKey {
            name: name(),
            definition: from.clone(),
        },
        Change::AlterForeignKey {
            name: name(),
            from,
            to,
        },
        Change::AddUnique {
            name: name(),
            definition: Unique::new(["b"]),
        },
        Change::AddPrimaryKey {
            definition: PrimaryKey::new("a_pkey", ["b"]),
        },
        Change::AlterNullable {
            column: "B \"b\"".to_owned(),
            nullable: false,
            fill: Some("now()".to_owned()),
        },
    ] {
        let statements = render_in_use(
            &Op::new(PlacementKind::Tenant, "a", change),
            &["id".to_owned()],
        );
        let sql = statements.join(";\n");
        assert_eq!(broken(&sql), [""; 0], "{sql}");
    }
}
