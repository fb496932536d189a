use super::*;

const FILL: &str = "ALTER TABLE \"{tenant}\".a ADD c int;\n\
    -- tenantry: batch a by id, size 5_000\n\
    UPDATE \"{tenant}\".a SET c = 1 WHERE c IS NULL AND \"{batch}\";\n";

fn refused(sql: &str) -> (usize, String) {
    let fault = check(sql, "tenant").expect_err(sql);
    (fault.start, fault.message)
}

#[test]
fn a_comment_says_of_which_rows_a_statement_is() {
    assert_eq!(check(FILL, "tenant"), Ok(()));
    let all = read(FILL, None).unwrap();
    let [BatchStatement { range, rows }] = all.as_slice() else {
        panic!("there is one");
    };
    assert!(FILL[range.clone()].starts_with("UPDATE") && FILL[range.clone()].ends_with("}\""));
    assert_eq!(
        (rows.table.as_str(), rows.key.as_slice(), rows.size),
        ("a", &["id".to_owned()][..], 5000)
    );
    let sql = "/* tenantry: batch \"{tenant}\".\"Ä b\" by (\"Region\", id) */ DELETE FROM \"{tenant}\".\"Ä b\" AS x WHERE x.\"{batch}\"";
    assert_eq!(check(sql, "tenant"), Ok(()));
    let rows = &read(sql, None).unwrap()[0].rows;
    assert_eq!(
        (rows.key.join(" "), rows.size),
        ("Region id".to_owned(), 1000)
    );
    assert!(at_once(sql).ends_with("WHERE (x.\"Region\" IS NOT NULL AND x.\"id\" IS NOT NULL)"));
}

#[test]
fn all_rows_are_one_batch_where_nobody_waits() {
    let all = at_once(FILL);
    assert!(
        all.ends_with("WHERE c IS NULL AND (\"id\" IS NOT NULL);\n"),
        "{all}"
    );
    assert_eq!(at_once(&all), all);
    assert_eq!(at_once("SELECT 1"), "SELECT 1");
}

#[test]
fn a_batch_is_the_rows_between_two_keys() {
    let rows = &read(FILL, None).unwrap()[0].rows;
    let operators = ["<", "<=", ">"].map(|sign| format!("OPERATOR(pg_catalog.{sign})"));
    let operators = KeyOperators::read(operators.to_vec()).unwrap();
    let statement = "UPDATE t SET c = 1 FROM u WHERE t.a = u.a AND t . \"{batch}\" -- x";
    assert_eq!(
        rows.between(
            statement,
            &operators,
            Some(&["1::int".to_owned()]),
            &["5".to_owned()]
        ),
        "UPDATE t SET c = 1 FROM u WHERE t.a = u.a AND ((t . \"id\") OPERATOR(pg_catalog.>) (1::int) AND (t . \"id\") OPERATOR(pg_catalog.<=) (5)) -- x"
    );
    assert_eq!(
        rows.between(
            "DELETE FROM t WHERE \"{batch}\"",
            &operators,
            None,
            &["5".to_owned()]
        ),
        "DELETE FROM t WHERE ((\"id\") OPERATOR(pg_catalog.<=) (5))"
    );
}

#[test]
fn what_says_too_little_or_too_much_is_refused_at_its_place() {
    let update = "UPDATE \"{tenant}\".a SET b = 1 WHERE \"{batch}\"";
    for (sql, at, why) in [
        (update.to_owned(), update.len() - 9, "nothing says of which rows"),
        (
            "-- tenantry: batch a by id\nUPDATE \"{tenant}\".a SET b = 1".to_owned(),
            27,
            "no place for the condition",
        ),
        (
            format!("-- tenantry: batch a by id\n{update} OR \"{{batch}}\""),
            27 + update.len() + 4,
            "a second one",
        ),
        (
            format!("-- tenantry: batch a by id\n-- tenantry: batch a by id\n{update}"),
            27,
            "take one of the two comments out",
        ),
        (format!("-- tenantry: batch b by id\n{update}"), 0, "does not name the table `b`"),
        (
            format!("-- tenantry: batch \"{{shared}}\".a by id\n{update}"),
            0,
            "without a slot",
        ),
        (format!("-- tenantry: batch a\n{update}"), 0, "neither the table nor its key"),
        (format!("-- tenantry: batch a of id\n{update}"), 0, "by which key"),
        (format!("-- tenantry: batch a by\n{update}"), 0, "names no key"),
        (format!("-- tenantry: batch a by (id\n{update}"), 0, "is not closed"),
        (format!("-- tenantry: batch a by (id,)\n{update}"), 0, "names with commas"),
        (format!("-- tenantry: batch a by id, size 0\n{update}"), 0, "a number from 1"),
        (format!("-- tenantry: batch a by id, size many\n{update}"), 0, "a number from 1"),
        (format!("-- tenantry: batch a by id size 5\n{update}"), 0, "`size` is not understood"),
        ("SELECT 1;\n-- tenantry: batch a by id".to_owned(), 10, "no statement after"),
        (
            "-- tenantry: batch a by id\nCREATE TABLE \"{tenant}\".b AS SELECT * FROM \"{tenant}\".a WHERE \"{batch}\"".to_owned(),
            89,
            "only a statement about rows",
        ),
    ] {
        let (start, message) = refused(&sql);
        assert!(message.contains(why) && message.contains("\nhelp: "), "{sql}: {message}");
        assert_eq!(start, at, "{sql}: {message}");
    }
}

#[test]
fn a_condition_on_another_table_is_refused() {
    let of = |table: &str, sql: &str| {
        format!(
            "-- tenantry: batch {table} by id\n{}",
            sql.replace("T.", "\"{tenant}\".")
        )
    };
    let from = "UPDATE T.orders SET x = (SELECT max(y) FROM T.customers AS c) WHERE";
    let joined = "UPDATE T.orders AS o SET x = c.x FROM T.customers c WHERE o.c = c.id AND";
    for (table, sql) in [
        ("customers", format!("{from} \"{{batch}}\"")),
        (
            "customers",
            format!("{from} (x IS NULL AND (\"{{batch}}\"))"),
        ),
        ("customers", format!("{joined} \"{{batch}}\"")),
        ("customers", format!("{joined} o.\"{{batch}}\"")),
        ("orders", format!("{joined} c.\"{{batch}}\"")),
        (
            "customers",
            "DELETE FROM T.orders USING T.customers WHERE orders.\"{batch}\"".to_owned(),
        ),
    ] {
        let (_, message) = refused(&of(table, &sql));
        assert!(
            message.contains("another table") && message.contains("\nhelp: "),
            "{sql}: {message}"
        );
    }
    for (table, sql) in [
        ("orders", format!("{from} \"{{batch}}\"")),
        ("orders", format!("{joined} o.\"{{batch}}\"")),
        ("customers", format!("{joined} c.\"{{batch}}\"")),
        ("orders", "UPDATE T.orders SET x=-id WHERE T.orders.\"{batch}\"".to_owned()),
        (
            "orders",
            "WITH gone AS (DELETE FROM ONLY T.orders * AS o WHERE o.\"{batch}\" RETURNING *) INSERT INTO T.kept SELECT * FROM gone"
                .to_owned(),
        ),
        (
            "orders",
            "INSERT INTO T.kept (id) SELECT id FROM T.orders WHERE \"{batch}\"".to_owned(),
        ),
    ] {
        assert_eq!(check(&of(table, &sql), "tenant"), Ok(()), "{sql}");
    }
}

#[test]
fn a_statement_that_would_never_end_is_refused() {
    let of = |sql: &str| {
        format!(
            "-- tenantry: batch a by (id, \"Kéy\")\n{}",
            sql.replace("T.", "\"{tenant}\".")
        )
    };
    for (sql, why) in [
        (
            "UPDATE T.a SET b = 1, ID = id + 1 WHERE \"{batch}\"",
            "changes `id`",
        ),
        (
            "UPDATE T.a AS x SET (b, \"Kéy\") = (SELECT 1, 2) WHERE x.\"{batch}\"",
            "changes `Kéy`",
        ),
        (
            "INSERT INTO T.a SELECT id + 1 FROM T.a WHERE \"{batch}\"",
            "adds rows to `a`",
        ),
        (
            "MERGE INTO T.a AS x USING (SELECT * FROM T.a AS y WHERE y.\"{batch}\") AS z ON x.id = -z.id \
             WHEN NOT MATCHED THEN INSERT VALUES (-z.id)",
            "adds rows to `a`",
        ),
        (
            "MERGE INTO T.a AS x USING T.b ON x.id = b.id AND x.\"{batch}\" WHEN MATCHED THEN UPDATE SET id = 3",
            "changes `id`",
        ),
    ] {
        let (_, message) = refused(&of(sql));
        assert!(
            message.contains(why) && message.contains("\nhelp: "),
            "{sql}: {message}"
        );
    }
    for sql in [
        "UPDATE T.a SET b = id, \"KÉY\" = CASE WHEN id = 1 THEN 2 END WHERE id = 3 AND \"{batch}\"",
        "INSERT INTO T.b (id) SELECT id FROM T.a WHERE \"{batch}\" ON CONFLICT (id) DO UPDATE SET id = 1",
        "MERGE INTO T.b USING T.a ON b.id = a.id AND a.\"{batch}\" WHEN MATCHED THEN UPDATE SET id = 3",
        "MERGE INTO T.a AS x USING T.b ON x.id = b.id AND x.\"{batch}\" WHEN MATCHED THEN UPDATE SET b = 3",
    ] {
        assert_eq!(check(&of(sql), "tenant"), Ok(()), "{sql}");
    }
}
