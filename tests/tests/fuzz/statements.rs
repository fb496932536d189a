//! Statements beside those of the server, which counts what it has done.

use postgres::{Client, NoTls, SimpleQueryMessage};
use tenantry::testing::TestDb;

use tenantry_tests::random::Random;

/// Texts with a semicolon that ends no statement.
const TEXTS: &[&str] = &[
    "';'",
    "$$;$$",
    "$a$ ; $$ ; $a$",
    "E'\\';'",
    "'a'\n';'",
    "'a' -- ;\n ';'",
    "U&';'",
    "N';'",
    "E'a'\n'\\';'",
    "$€$;$€$",
    "E';\\\\'",
    "$_1$;$1$;$_1$",
    "'--;'",
    "'/*;'",
    "''';'",
];

/// Texts that can stand between two tokens.
const BETWEEN: &[&str] = &[
    " ",
    "\n",
    "\t",
    "/* ; */",
    "-- ;\n",
    "-- '\r",
    "/* /* ; */ ' */",
    "\r\n",
    "\u{c}",
];

/// Names of a column.
const LABELS: &[&str] = &[
    "a",
    "\";\"",
    "\"a\"\";\"",
    "a$b",
    "→",
    "a\u{a0}b",
    "é$1",
    "\"end\"",
    "U&\"\\003b\"",
    "a$$b",
    "_$a$",
];

fn gap(random: &mut Random) -> &'static str {
    random.pick(BETWEEN)
}

fn select(random: &mut Random) -> String {
    let label = random.pick(LABELS);
    let text = random.pick(TEXTS);
    let (one, two) = (gap(random), gap(random));
    match random.below(5) {
        0 => format!("SELECT{one}{text}{two}AS {label}"),
        1 => format!("SELECT{one}({text}) AS case{two}"),
        2 => format!("SELECT CASE{one}WHEN true THEN 1{two}END AS end"),
        3 => format!("SELECT{one}CASE 1 WHEN 2 THEN 3 END end"),
        _ => format!("VALUES{one}({text},{two}{text})"),
    }
}

fn statement(random: &mut Random, number: usize) -> String {
    let (one, two) = (gap(random), gap(random));
    match random.below(7) {
        0 => format!("DO{one}$do$ BEGIN PERFORM 1; END $do$"),
        1 => {
            let body: String = (0..=random.below(3))
                .map(|_| select(random) + ";" + gap(random))
                .collect();
            format!(
                "CREATE FUNCTION{one}pg_temp.a{number}() RETURNS SETOF record{two}BEGIN{one}ATOMIC {body}{one}END"
            )
        }
        2 => format!(
            "CREATE PROCEDURE pg_temp.b{number}(begin int, atomic text){one}LANGUAGE sql AS{two}$x$SELECT 1;$x$"
        ),
        3 => format!(
            "CREATE TEMP TABLE t{number} (begin int); CREATE RULE r AS ON INSERT TO t{number} DO ALSO{one}(SELECT 1;{two}SELECT 2)"
        ),
        4 => one.to_owned(),
        _ => select(random),
    }
}

/// The number of statements that the server does.
fn done(client: &mut Client, sql: &str) -> usize {
    let mut transaction = client.transaction().unwrap();
    let answers = transaction
        .simple_query(sql)
        .unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
    let is_done =
        |answer: &&SimpleQueryMessage| matches!(answer, SimpleQueryMessage::CommandComplete(_));
    let count = answers.iter().filter(is_done).count();
    transaction.rollback().unwrap();
    count
}

#[test]
fn statements_are_those_of_postgresql() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    crate::fuzz(|random| {
        let all: Vec<String> = (0..random.below(6))
            .map(|number| statement(random, number))
            .collect();
        let sql = all.join(";");
        let found = tenantry_sql::statements(&sql).unwrap();
        // The server answers once where there is none.
        assert_eq!(found.len().max(1), done(&mut client, &sql), "{sql}");
    });
}
