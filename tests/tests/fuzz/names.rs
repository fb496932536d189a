//! Names and texts that are put into SQL: none leaves its quotes.

use postgres::{Client, NoTls};
use tenantry::name::{quote_identifier, quote_literal};
use tenantry::testing::TestDb;
use tenantry::{SchemaName, TenantKey};
use tenantry_sql::{Kind, tokens};

use crate::input::{corpus, text};

#[test]
fn names_are_what_their_rules_say_or_refused() {
    let corpus = corpus();
    crate::fuzz(|random| {
        let whole = text(random, &corpus);
        let short: String = whole.chars().take(random.below(80)).collect();
        for name in [short.to_lowercase().replace([' ', '\n'], "_"), short, whole] {
            if let Ok(schema) = SchemaName::new(&name) {
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(
                    name.chars().all(allowed) && (1..=63).contains(&name.len()),
                    "{name:?}"
                );
                assert!(
                    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.starts_with("pg_")
                );
                assert_eq!(schema.quoted(), format!("\"{name}\""));
                assert_eq!(schema.as_str().parse::<SchemaName>().unwrap(), schema);
            }
            if let Ok(key) = TenantKey::new(&name) {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-:@".contains(c);
                assert!(
                    name.chars().all(allowed) && (1..=200).contains(&name.len()),
                    "{name:?}"
                );
                assert_eq!(
                    (key.as_str(), key.to_string().parse().unwrap()),
                    (&*name, key.clone())
                );
            }
            let quoted = quote_identifier(&name);
            let all: Vec<_> = tokens(&quoted).collect();
            assert_eq!((all.len(), all[0].kind), (1, Kind::Quoted), "{name:?}");
            assert_eq!(all[0].name().unwrap(), name);
            let literal = quote_literal(&name);
            let all: Vec<_> = tokens(literal.trim_start()).collect();
            assert_eq!((all.len(), all[0].kind), (1, Kind::String), "{name:?}");
        }
    });
}

#[test]
fn what_is_quoted_is_what_the_server_reads() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let corpus = corpus();
    crate::fuzz(|random| {
        let value = text(random, &corpus);
        // A name has at least one byte, and is cut behind the 63rd.
        let mut name = format!("a{value}");
        name.truncate(
            (0..=63)
                .rev()
                .find(|&end| name.is_char_boundary(end))
                .unwrap(),
        );
        for conforming in ["on", "off"] {
            let sql = format!(
                "SET standard_conforming_strings = {conforming}; SET escape_string_warning = off; SELECT {} AS {}",
                quote_literal(&value),
                quote_identifier(&name)
            );
            let answers = client.simple_query(&sql).unwrap();
            let row = answers.iter().find_map(|answer| match answer {
                postgres::SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            let row = row.unwrap();
            assert_eq!(row.get(0), Some(&*value));
            assert_eq!(row.columns()[0].name(), name);
        }
    });
}
