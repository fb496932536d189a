use super::*;

fn file(migration: &str, sql: &str) -> FileSql {
    let shared = SchemaName::new("shared").unwrap();
    FileSql::new(migration, "tenant.up.sql", sql, &shared)
}

#[test]
fn both_slots_are_filled_with_quoted_names() {
    let file = file(
        "0001_a",
        "ALTER TABLE \"{tenant}\".\"b\" ADD FOREIGN KEY (c) REFERENCES \"{shared}\".\"c\"",
    );
    let mut message = Message::new("SELECT 1;".to_owned());
    message.add(&file, Some(&SchemaName::new("acme").unwrap()));
    assert_eq!(
        message.text,
        "SELECT 1;\nALTER TABLE \"acme\".\"b\" ADD FOREIGN KEY (c) REFERENCES \"shared\".\"c\"\n;"
    );
}

#[test]
fn what_looks_like_a_slot_in_a_text_is_none() {
    let sql = r#"INSERT INTO "{tenant}".a VALUES ('{"{tenant}": "{shared}"}'); -- "{tenant}"."#;
    let file = file("0001_a", sql);
    let mut message = Message::new(String::new());
    message.add(&file, Some(&SchemaName::new("acme").unwrap()));
    assert_eq!(
        message.text.trim_matches(['\n', ';']),
        r#"INSERT INTO "acme".a VALUES ('{"{tenant}": "{shared}"}'); -- "{tenant}"."#
    );
}

#[test]
fn a_character_of_the_message_is_found_in_its_file() {
    let first = file("0001_a", "SELECT 'ä';");
    let second = file("0002_b", "-- ü\nSELECT \"{tenant}\".x;\n  SELECT broken");
    let schema = SchemaName::new("acme").unwrap();
    let mut message = Message::new("SELECT 1;".to_owned());
    message.add(&first, Some(&schema));
    message.add(&second, Some(&schema));
    let byte = message.text.find("broken").unwrap();
    let position = message.text[..byte].chars().count() + 1;
    assert_eq!(
        message.byte_of(u32::try_from(position).unwrap()),
        Some(byte)
    );
    assert_eq!(
        message.locate(byte).unwrap(),
        "migration `0002_b` failed at `0002_b/tenant.up.sql`, line 3, column 10, `SELECT broken`"
    );
    assert_eq!(message.locate(3), None);

    let begin = Position::default().after("SELECT 1;\nSELECT 'ä'; ");
    let part = file("0003_c", "SELECT 3").beginning_at(begin);
    let mut message = Message::new(String::new());
    message.add(&part, Some(&schema));
    let byte = message.text.find('3').unwrap();
    let found = message.locate(byte).unwrap();
    assert!(found.contains("line 2, column 20, "));
}
