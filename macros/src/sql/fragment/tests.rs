use super::*;

fn known() -> Known {
    let columns = [
        "id", "total", "state", "name", "paid", "period", "tags", "user", "type", "at", "date",
    ];
    Known {
        table: "invoices".to_owned(),
        columns: columns
            .into_iter()
            .map(|name| KnownColumn {
                field: if name == "type" { "kind" } else { name }.to_owned(),
                name: name.to_owned(),
                plain: ["id", "total", "name", "paid"].contains(&name),
            })
            .collect(),
        tenant: true,
        computed: Vec::new(),
        itself: None,
    }
}

#[test]
fn sql_that_postgresql_takes_is_let_be() {
    for sql in [
        "total > 0",
        "NOT paid",
        "total >= 0 AND (state <> 'gone' OR paid)",
        "lower(name)",
        "lower(name) || '-' || state",
        "total BETWEEN 0 AND 100 OR total IS NULL",
        "state IN ('a', 'b') AND name NOT LIKE 'x%' ESCAPE '!'",
        "state = ANY (ARRAY['a', 'b'])",
        "CASE WHEN paid THEN total = 0 ELSE total > 0 END",
        "extract(year FROM period) = 2026",
        "period >= date '2026-01-01' AND period < DATE '2027-01-01' + interval '1' day",
        "period AT TIME ZONE 'UTC' IS DISTINCT FROM now()",
        "CAST(total AS numeric(12, 2)) = total::numeric(12,2)",
        "name::character varying(20) = \"name\" COLLATE \"C\"",
        "invoices.total > -1 AND total <> - 5",
        "tags && ARRAY['a'] AND tags @> '{\"a\"}'::text[]",
        "tags[1] = 'a' AND (tags)[1:2] = tags",
        "substring(name FROM 1 FOR 2) = trim(BOTH ' ' FROM name)",
        "position('a' IN name) > 0",
        "pg_catalog.lower(name) = \"{tenant}\".clean(name)",
        "\"user\" > 0",
        "make_interval(days => 3) > interval '1 day'",
        "(period).start > 0",
        "name ~ '^[a-z]+$' AND name !~~ 'b'",
        "coalesce(name, '') <> '' AND jsonb_typeof(tags) = 'array'",
        "total % 2 = 0 AND total * 2 >= id",
        "octet_length(name) <= 10 AND current_date > period",
        "(paid) = (total > 0)",
        "at AT TIME ZONE 'UTC' < at",
        "date >= date '2026-01-01' AND date < DATE '2027-01-01'",
        "num_nonnulls(name, state) = 1 AND (name, state) <> ('a', 'b')",
        "state <> ALL ('{a,b}') AND total NOT BETWEEN SYMMETRIC 5 AND 1",
        "tsrange(at, at) && period AND left(name, 1) ~* 'a'",
        "tags @? '$.a' AND tags ? 'a' AND tags #>> '{a,b}' = 'c'",
        "(name IS NULL) = (state IS NULL) AND total IS NOT NULL",
        "CASE state WHEN 'a' THEN 1 ELSE 2 END = 1",
        "overlay(name placing 'x' from 1 for 2) = 'x'",
        "extract(epoch from at - at)::int > 5",
        "name SIMILAR TO '(a|b)%' AND (at, at) OVERLAPS (at, interval '1 day')",
        "at AT LOCAL > at AND coalesce(name, NULL) IS DISTINCT FROM NULL",
        "total BETWEEN 0 AND CASE WHEN paid THEN 1 ELSE 2 END AND id BETWEEN 1 AND 2",
        "name !~* 'a' AND !!tags IS NULL AND name IS NOT NULL",
        "json_object('a' : 1, name: lower(state)) IS NOT NULL",
    ] {
        assert_eq!(objection(sql, &known()), None, "{sql}");
    }
}

#[test]
fn a_mistake_is_told() {
    for (sql, expected) in [
        (
            "totl > 0",
            "names an unknown column `totl`\nhelp: did you mean `total`?",
        ),
        (
            "kind = 'a'",
            "names field `kind`, and its column is called `type`",
        ),
        (
            "state = \"draft\"",
            "names an unknown column `draft`\nhelp: double quotes are for names",
        ),
        (
            "customers.name = 'a'",
            "names `customers.name`, and it sees",
        ),
        ("acme.f(name)", "names `acme.f`, which is in a schema"),
        (
            "total::acme.money > 0",
            "names `acme.money`, which is in a schema",
        ),
        (
            "name COLLATE acme.c > 'a'",
            "names `acme.c`, which is in a schema",
        ),
        (
            "\"{other}\".f(name)",
            "names `{other}.f`, which is in a schema",
        ),
        ("paid && total > 0", "joins conditions with `&&`"),
        ("total > 0 && paid", "joins conditions with `&&`"),
        ("total > 0 || total < 5", "compares twice"),
        ("NOT paid || true", "joins conditions with `||`"),
        ("total > 0 AND", "has an operator with nothing behind it"),
        ("AND total > 0", "has nothing on the left of `AND`"),
        ("total > ", "has an operator with nothing behind it"),
        ("> 5", "has nothing on the left of `>`"),
        (
            "(total > 0",
            "has a bracket that is not closed\nhelp: add `)`",
        ),
        ("total > 0)", "has a `)` that closes nothing"),
        ("(total]", "has a `]` that closes nothing"),
        ("total > 0;", "has a `;`"),
        ("total > 0 -- positive", "has a comment"),
        ("total > /* zero */ 0", "has a comment"),
        ("total > 'a", "is not closed"),
        ("total > $1", "has a parameter"),
        ("total == 0", "compares with `==`"),
        ("!paid", "has a `!`"),
        ("0 < total < 5", "compares twice"),
        ("total 5", "has no operator before `5`"),
        (
            "name text_pattern_ops",
            "names an unknown column `text_pattern_ops`",
        ),
        ("name DESC", "has `desc`, and it has no order"),
        (
            "total > (SELECT 1)",
            "has `select`, and there are no queries",
        ),
        ("sum(total) > 0", "calls `sum`, which is over several rows"),
        ("user = 'a'", "has `user`, a word of SQL's own"),
        ("total, name", "has a comma"),
        ("total > 0 AND ()", "has parentheses with nothing inside"),
        ("total > :low", "has a `:`"),
        ("isnull(name, '')", "calls `isnull`"),
        ("\0", "has a NUL"),
        ("state IN ['a', 'b']", "has a list in square brackets"),
        (
            "paid IS",
            "has a word with nothing behind it, before the end",
        ),
        ("(name LIKE) = paid", "has a word with nothing behind it"),
        ("total BETWEEN 0", "has a `BETWEEN` without `AND`"),
        (
            "(total BETWEEN 0) AND paid",
            "has a `BETWEEN` without `AND`",
        ),
        (
            "CASE WHEN paid THEN total > 0",
            "has a `CASE` without `END`",
        ),
        ("name = NULL", "compares with `NULL`"),
        ("name <> null AND paid", "compares with `NULL`"),
        ("total =! 5", "compares with `=!`\nhelp: write `<>`"),
        ("total => 5", "compares with `=>`\nhelp: write `>=`"),
        ("total =< 5", "compares with `=<`\nhelp: write `<=`"),
        ("max(total, id) > 0", "write `greatest(...)`"),
        ("generate_series(1, 2) > total", "gives several rows"),
    ] {
        let found = objection(sql, &known()).unwrap_or_default();
        assert!(found.contains(expected), "{sql}: {found}");
    }
}

#[test]
fn a_default_sees_no_columns() {
    let known = Known {
        columns: Vec::new(),
        ..known()
    };
    for sql in [
        "now()",
        "gen_random_uuid()",
        "CURRENT_DATE",
        "'a' || 'b'",
        "'{}'::jsonb",
        "-1",
        "ARRAY[]::text[]",
        "now() + interval '30 days'",
    ] {
        assert_eq!(objection(sql, &known), None, "{sql}");
    }
    for sql in ["draft", "total", "now(", "acme.next()"] {
        assert!(objection(sql, &known).is_some(), "{sql}");
    }
}
