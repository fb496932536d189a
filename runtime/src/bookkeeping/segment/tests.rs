use super::*;

fn shown(sql: &str, is_transaction: bool) -> Vec<String> {
    segments(sql, is_transaction)
        .into_iter()
        .map(|segment| match segment {
            Segment::Together(stretch) => format!("together {}", stretch.sql.trim()),
            Segment::Batched(Batched { stretch, rows }) => {
                format!("{} a time {}", rows.size, stretch.sql.trim())
            }
            Segment::Alone(Alone { stretch, index, .. }) => {
                let index = index.map_or_else(String::new, |index| index.name + ": ");
                format!("alone {index}{}", stretch.sql.trim())
            }
        })
        .collect()
}

#[test]
fn indexes_on_tables_that_were_there_are_built_concurrently_and_cut_the_rest() {
    let sql = "ALTER TABLE \"{tenant}\".a ADD b int;\nCREATE INDEX a_b ON \"{tenant}\".a (b);\n\
               CREATE TABLE \"{tenant}\".c (id int);\nCREATE UNIQUE INDEX \"C\" ON \"{tenant}\".c (id);\n\
               CREATE UNIQUE INDEX IF NOT EXISTS d ON \"{tenant}\".a (b);";
    assert_eq!(
        shown(sql, true),
        [
            "together ALTER TABLE \"{tenant}\".a ADD b int;",
            "alone a_b: CREATE INDEX CONCURRENTLY a_b ON \"{tenant}\".a (b);",
            "together CREATE TABLE \"{tenant}\".c (id int);\nCREATE UNIQUE INDEX \"C\" ON \"{tenant}\".c (id);",
            "alone d: CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS d ON \"{tenant}\".a (b);",
        ]
    );
    assert!(is_cut_by_choice(sql) && !needs_segments(sql));
    assert!(!is_cut_by_choice("CREATE INDEX ON \"{tenant}\".a (b)"));
    assert!(!is_cut_by_choice(
        "CREATE INDEX x ON ONLY \"{tenant}\".a (b)"
    ));
}

#[test]
fn nothing_is_cut_while_a_view_is_off() {
    let off = "DROP VIEW \"{tenant}\".\"v\";\nCREATE INDEX a_b ON \"{tenant}\".a (b);\nCREATE VIEW \"{tenant}\".v AS SELECT 1;";
    assert_eq!(shown(off, true), [format!("together {off}")]);
    assert!(!is_cut_by_choice(off));
    let gone = off.replace(
        "CREATE VIEW \"{tenant}\".v AS SELECT 1",
        "DROP VIEW \"{tenant}\".w",
    );
    assert_eq!(shown(&gone, true).len(), 3);
    let behind = format!("{off}\nCREATE INDEX a_c ON \"{{tenant}}\".a (c);");
    assert_eq!(
        shown(&behind, true),
        [
            format!("together {off}"),
            "alone a_c: CREATE INDEX CONCURRENTLY a_c ON \"{tenant}\".a (c);".to_owned()
        ]
    );
}

#[test]
fn what_the_server_refuses_in_a_transaction_is_alone_and_on_its_line() {
    let sql =
        "SELECT 1;\nDROP INDEX CONCURRENTLY IF EXISTS \"{tenant}\".\"a_b\";\nVACUUM \"{tenant}\".a";
    assert_eq!(
        shown(sql, true),
        [
            "together SELECT 1;",
            "alone a_b: DROP INDEX CONCURRENTLY IF EXISTS \"{tenant}\".\"a_b\";",
            "alone VACUUM \"{tenant}\".a",
        ]
    );
    assert!(needs_segments(sql));
    let Segment::Alone(vacuum) = &segments(sql, true)[2] else {
        panic!("a vacuum is alone")
    };
    let begin = Position::default().after("SELECT 1;\n\n");
    assert_eq!(vacuum.stretch.begin, begin);
}

#[test]
fn thousands_of_statements_are_cut_in_one_pass() {
    let table = "CREATE TABLE \"{tenant}\".a (b int);\n";
    let index = "CREATE INDEX i ON \"{tenant}\".\"a\" (b);\n";
    let update = "UPDATE \"{tenant}\".a SET b = 1;\n";
    let sql = table.repeat(10_000) + &index.repeat(10_000) + &update.repeat(10_000);
    let segments = segments(&sql, false);
    assert_eq!(segments.len(), 30_000);
    let bytes = segments.iter().map(|segment| match segment {
        Segment::Together(stretch)
        | Segment::Alone(Alone { stretch, .. })
        | Segment::Batched(Batched { stretch, .. }) => stretch.sql.len(),
    });
    assert_eq!(bytes.sum::<usize>(), sql.len());
}

#[test]
fn a_statement_in_batches_is_a_segment_where_tables_are_big() {
    let sql = "ALTER TABLE \"{tenant}\".a ADD b int;\n-- tenantry: batch a by id, size 7\n\
               UPDATE \"{tenant}\".a SET b = f(id) WHERE \"{batch}\";\nCREATE INDEX i ON \"{tenant}\".a (b)";
    assert_eq!(
        shown(sql, true),
        [
            "together ALTER TABLE \"{tenant}\".a ADD b int;\n-- tenantry: batch a by id, size 7",
            "7 a time UPDATE \"{tenant}\".a SET b = f(id) WHERE \"{batch}\";",
            "alone i: CREATE INDEX CONCURRENTLY i ON \"{tenant}\".a (b)"
        ]
    );
    assert!(is_cut_by_choice(sql) && !needs_segments(sql));
    let all = sql.replace("\"{batch}\"", "(\"id\" IS NOT NULL)");
    assert_eq!(in_transaction(sql), sql);
    let [whole] = &transactions(sql, true)[..] else {
        panic!("nobody waits for it")
    };
    assert_eq!(whole.sql, all);
    let parts = transactions(sql, false);
    assert_eq!(parts.len(), 3);
    assert!(parts[1].sql.ends_with("WHERE (\"id\" IS NOT NULL);\n"));
}

#[test]
fn without_a_transaction_each_statement_is_a_segment() {
    assert_eq!(
        shown(
            "UPDATE \"{tenant}\".a SET b = 1; DO 'BEGIN COMMIT; END'; SELECT 2",
            false
        ),
        [
            "together UPDATE \"{tenant}\".a SET b = 1;",
            "alone DO 'BEGIN COMMIT; END';",
            "together SELECT 2"
        ]
    );
}

#[test]
fn sql_for_a_new_schema_keeps_its_lines() {
    let sql = "CREATE INDEX CONCURRENTLY a ON b (c);\nVACUUM\n b;\nDROP INDEX concurrently a;";
    assert_eq!(
        in_transaction(sql),
        "CREATE INDEX              a ON b (c);\n      \n   \nDROP INDEX              a;"
    );
    let plain = "SELECT concurrently FROM vacuum";
    assert_eq!(in_transaction(plain), plain);
}
