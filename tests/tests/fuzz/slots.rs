//! Slots: whatever the SQL is, only they are filled, and texts stay what they are.

use postgres::{Client, NoTls, SimpleQueryMessage};
use tenantry::SchemaName;
use tenantry::name::quote_literal;
use tenantry::structure::{Slots, StructureError, fill};
use tenantry::testing::TestDb;
use tenantry_sql::{Kind, slots, tokens};

use crate::input::{corpus, text};
use tenantry_tests::random::Random;

#[test]
fn slots_are_filled_and_nothing_else_is() {
    let [shared, tenant] = ["common", "acme"].map(|name| SchemaName::new(name).unwrap());
    let schemas = Slots {
        shared: &shared,
        tenant: Some(&tenant),
    };
    let corpus = corpus();
    let mut filled_once = 0;
    crate::fuzz(|random| {
        let sql = text(random, &corpus);
        let found = slots(&sql).slots;
        let mut end = 0;
        for slot in &found {
            assert!(slot.range.start >= end, "{sql:?}");
            assert_eq!(
                &sql[slot.range.clone()],
                format!("\"{{{}}}\"", slot.name),
                "{sql:?}"
            );
            end = slot.range.end;
        }
        // All names in SQL itself are slots, and none is in a string that has an end and is no code.
        for token in tokens(&sql) {
            if matches!(token.text, "\"{tenant}\"" | "\"{shared}\"") && token.kind == Kind::Quoted {
                assert!(
                    found.iter().any(|slot| slot.range == token.range()),
                    "{sql:?}"
                );
            }
            if token.kind == Kind::Comment {
                assert!(
                    !found
                        .iter()
                        .any(|slot| token.range().contains(&slot.range.start)),
                    "{sql:?}"
                );
            }
        }
        match fill(&sql, &schemas) {
            Ok(filled) => {
                filled_once += 1;
                let expected = found.iter().rev().fold(sql.clone(), |mut sql, slot| {
                    let schema = if slot.name == "tenant" {
                        "\"acme\""
                    } else {
                        "\"common\""
                    };
                    sql.replace_range(slot.range.clone(), schema);
                    sql
                });
                assert_eq!(filled, expected);
                // What is filled has no slots any more, and is cut in the same way.
                assert_eq!(slots(&filled).slots, [], "{sql:?}");
                let kinds = |sql: &str| tokens(sql).map(|token| token.kind).collect::<Vec<_>>();
                assert_eq!(kinds(&filled), kinds(&sql));
            }
            Err(StructureError::UnknownSlot { .. }) => {}
            Err(error) => panic!("{sql:?}: {error}"),
        }
        // As a text, it has no slots at all.
        let data = format!("INSERT INTO a VALUES ({})", quote_literal(&sql));
        assert_eq!(slots(&data).slots, [], "{data:?}");
        assert_eq!(fill(&data, &schemas).unwrap(), data);
        // As the body of a block it has the slots that it has by itself.
        let block = format!("DO {}", quote_literal(&sql));
        if !slots(&sql).slots.is_empty() && !sql.contains(['\\', '\'']) {
            assert_eq!(slots(&block).slots.len(), found.len(), "{sql:?}");
        }
    });
    assert!(filled_once > 0);
}

/// A text that looks as if it had slots.
fn tempting(random: &mut Random) -> String {
    const PARTS: &[&str] = &[
        "\"{tenant}\"",
        "\"{tenant}\".a",
        "{tenant}",
        "\"{shared}\".",
        "'",
        "\"",
        " ",
        "--",
        "\n",
        "$",
        "$$",
        "\\",
        "\\'",
        "/*",
        "*/",
        "é",
        ";",
        "::regclass",
        "DO ",
    ];
    (0..random.below(8)).map(|_| random.pick(PARTS)).collect()
}

/// One of the ways to write a string.
fn string(random: &mut Random, text: &str) -> String {
    match random.below(4) {
        0 if !text.contains("$x") && !text.ends_with('$') => format!("$x${text}$x$"),
        1 => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        2 => {
            let at = random.below(text.len() + 1);
            // A name that goes on in another line is no slot.
            let is_in_slot = |name: &str| {
                let mut places = text.match_indices(name);
                places.any(|(start, name)| (start + 1..start + name.len()).contains(&at))
            };
            let is_cut = text.is_char_boundary(at)
                && !["\"{tenant}\"", "\"{shared}\""].into_iter().any(is_in_slot);
            let at = if is_cut { at } else { text.len() };
            let (one, two) = text.split_at(at);
            format!(
                "'{}' -- \"{{tenant}}\" '\n '{}'",
                one.replace('\'', "''"),
                two.replace('\'', "''")
            )
        }
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// A column of a query, and its value and its name once the slots are filled.
fn column(random: &mut Random) -> (String, String, &'static str) {
    let text = tempting(random);
    let (name, filled) = match random.below(3) {
        0 => ("\"{tenant}\"", "acme"),
        1 => ("\"{shared}\"", "common"),
        _ => ("\"\"\"{tenant}\"\"\"", "\"{tenant}\""),
    };
    let (sql, value) = match random.below(7) {
        0 => (
            "'\"{tenant}\"'::regnamespace::text".to_owned(),
            "acme".to_owned(),
        ),
        1 => (
            "CAST(E'\"{shared}\"' AS pg_catalog.regnamespace)".to_owned(),
            "common".to_owned(),
        ),
        2 => (
            "'\"{tenant}\".a'::regclass::oid::regclass::text".to_owned(),
            "acme.a".to_owned(),
        ),
        3 => (
            format!("\"{{tenant}}\".echo({})", string(random, &text)),
            text,
        ),
        4 => (
            format!("({}) /* \"{{tenant}}\" */", string(random, &text)),
            text,
        ),
        5 => (
            "(SELECT b FROM \"{tenant}\".a)".to_owned(),
            "\"{tenant}\".a".to_owned(),
        ),
        _ => (string(random, &text), text),
    };
    (format!("{sql} AS {name}"), value, filled)
}

#[test]
fn the_server_sees_names_where_slots_were_and_texts_as_they_were_written() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let [shared, tenant] = ["common", "acme"].map(|name| SchemaName::new(name).unwrap());
    let schemas = Slots {
        shared: &shared,
        tenant: Some(&tenant),
    };
    let made = fill(
        "CREATE SCHEMA \"{tenant}\"; CREATE SCHEMA \"{shared}\"; CREATE TABLE \"{tenant}\".a AS SELECT text '\"{tenant}\".a' AS b; \
         CREATE FUNCTION \"{tenant}\".echo(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 FROM \"{tenant}\".a $$",
        &schemas,
    );
    client.batch_execute(&made.unwrap()).unwrap();
    crate::fuzz(|random| {
        let columns: Vec<_> = (0..=random.below(4)).map(|_| column(random)).collect();
        let written: Vec<&str> = columns.iter().map(|(sql, ..)| sql.as_str()).collect();
        let query = format!("SELECT {}", written.join(", "));
        let filled = fill(&query, &schemas).unwrap_or_else(|error| panic!("{query}: {error}"));
        let answers = client
            .simple_query(&filled)
            .unwrap_or_else(|error| panic!("{filled}\n{error:?}"));
        let row = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let row = row.unwrap();
        for (at, (_, value, name)) in columns.iter().enumerate() {
            assert_eq!(row.get(at), Some(&**value), "{filled}");
            assert_eq!(row.columns()[at].name(), *name, "{filled}");
        }
        // The same in a block.
        let body = string(random, &format!("BEGIN PERFORM * FROM ({query}) AS q; END"));
        let block =
            fill(&format!("DO {body}"), &schemas).unwrap_or_else(|error| panic!("{body}: {error}"));
        client
            .batch_execute(&block)
            .unwrap_or_else(|error| panic!("{block}\n{error:?}"));
    });
}
