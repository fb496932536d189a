use super::*;

const fn column(sql: SqlType) -> ColumnDef {
    let mut column = ColumnDef::new::<i64>("level", "level");
    column.sql = sql;
    column
}

fn fits(sql: SqlType, literal: Literal) -> bool {
    default(&column(sql), literal).is_ok()
}

fn text(sql: SqlType, text: &'static str) -> bool {
    fits(sql, Literal::Text(text))
}

fn number(sql: SqlType, digits: &'static str) -> bool {
    fits(sql, Literal::Number(digits))
}

#[test]
fn whole_numbers_are_in_the_range_of_their_column() {
    for digits in ["0", "-0", "32767", "-32768", "007"] {
        assert!(number(SqlType::SmallInt, digits), "{digits}");
    }
    for digits in ["32768", "-32769", "70000", "1.5", "99999999999999999999"] {
        assert!(!number(SqlType::SmallInt, digits), "{digits}");
    }
    assert!(number(SqlType::Integer, "2147483647"));
    assert!(!number(SqlType::Integer, "2147483648"));
    assert!(number(SqlType::BigInt, "-9223372036854775808"));
    assert!(!number(SqlType::BigInt, "9223372036854775808"));
    assert!(!text(SqlType::Integer, "5"));
    assert!(!fits(SqlType::Integer, Literal::Boolean));
}

#[test]
fn floating_points_do_not_overflow() {
    for digits in [
        "0.0",
        "1",
        "-1.5",
        "3.4028234e38",
        "-3.4028235e38",
        "34028235e31",
        "1e-40",
        "1e-45",
        "-7.1e-46",
    ] {
        assert!(number(SqlType::Real, digits), "{digits}");
    }
    for digits in ["3.5e38", "1e39", "1e-50", "3.4028236e38", "7e-46", "-7e-46"] {
        assert!(!number(SqlType::Real, digits), "{digits}");
    }
    assert!(number(SqlType::Double, "1.7976931348623157e308"));
    assert!(number(SqlType::Double, "4.9e-324"));
    assert!(number(SqlType::Double, "-2.5e-324"));
    assert!(!number(SqlType::Double, "1e-324"));
    assert!(!number(SqlType::Double, "2.4e-324"));
    assert!(!number(SqlType::Double, "1.8e308"));
    assert!(!number(SqlType::Double, "1e999999999"));
    assert!(text(SqlType::Double, "NaN"));
    assert!(!text(SqlType::Double, "1.5"));
}

#[test]
fn decimals_are_stored_as_they_are_written() {
    let money = SqlType::Decimal(5, 2);
    for digits in ["0", "999.99", "-999.99", "1.50000", "0.01", "1e2"] {
        assert!(number(money, digits), "{digits}");
    }
    for digits in ["1000", "0.001", "1.555", "1e3"] {
        assert!(!number(money, digits), "{digits}");
    }
    assert!(text(money, "0.50"));
    assert!(!text(money, "free"));
    assert!(!text(SqlType::Numeric, "NaN"));
    assert!(number(SqlType::Numeric, "1234567890.123456789"));
    assert!(!number(SqlType::Numeric, "12345678901234567890123456789"));
    for digits in ["Infinity", "-infinity", "nan", "0e-20000", "1e-29", "1e29"] {
        assert!(!text(SqlType::Numeric, digits), "{digits}");
    }
    for digits in [
        "1e-28",
        "1e27",
        "0e20000",
        "0.00000000000000000000000000000000000",
    ] {
        assert!(text(SqlType::Numeric, digits), "{digits}");
    }
    // The column has room for it, and nobody could read it.
    let wide = SqlType::Decimal(40, 10);
    assert!(!number(wide, "12345678901234567890.0000000001"));
    assert!(number(wide, "123456789012345678.0000000001"));
    assert!(!number(wide, "123456789012345678901234567890"));
}

#[test]
fn texts_are_no_longer_than_their_bound() {
    assert!(text(SqlType::Varchar(3), "äöü"));
    assert!(!text(SqlType::Varchar(3), "abcd"));
    assert!(text(SqlType::Text, ""));
    assert!(!text(SqlType::Text, "a\0b"));
    assert!(!number(SqlType::Text, "5"));
    assert!(!fits(SqlType::Text, Literal::Boolean));
    assert!(!text(SqlType::Boolean, "true"));
    assert!(fits(SqlType::Boolean, Literal::Boolean));
}

#[test]
fn days_and_times_are_those_of_the_calendar() {
    assert!(text(SqlType::Date, "2024-02-29"));
    for day in [
        "2026-02-29",
        "2026-13-01",
        "2026-1-1",
        "31.01.2026",
        "now",
        "infinity",
        "0000-01-01",
    ] {
        assert!(!text(SqlType::Date, day), "{day}");
    }
    assert!(text(SqlType::Time, "08:30"));
    assert!(text(SqlType::Time, "23:59:59.999999"));
    assert!(!text(SqlType::Time, "24:00"));
    assert!(!text(SqlType::Time, "08:30:00.1234567"));
    assert!(text(SqlType::Timestamp, "2026-01-31 08:30:00"));
    assert!(!text(SqlType::Timestamp, "2026-01-31 08:30:00Z"));
    assert!(text(SqlType::TimestampTz, "2026-01-31T08:30:00+02:00"));
    assert!(!text(SqlType::TimestampTz, "2026-01-31 08:30:00"));
    assert!(!number(SqlType::Date, "0"));
    for moment in [
        "infinity",
        "-infinity",
        "0000-01-01 00:00Z",
        "10000-01-01 00:00Z",
    ] {
        assert!(!text(SqlType::TimestampTz, moment), "{moment}");
    }
    assert!(text(
        SqlType::TimestampTz,
        "9999-12-31 23:59:59.999999-15:59"
    ));
}

#[test]
fn moments_without_end_are_told_how_they_are_written() {
    for sql in [SqlType::Date, SqlType::Timestamp, SqlType::TimestampTz] {
        for text in ["infinity", "-Infinity"] {
            let message = default(&column(sql), Literal::Text(text)).unwrap_err();
            assert!(
                message.as_str().contains("sql(\"'infinity'\")"),
                "{}",
                message.as_str()
            );
        }
    }
    let message = default(&column(SqlType::Time), Literal::Text("infinity")).unwrap_err();
    assert!(
        message.as_str().contains("08:30:00"),
        "{}",
        message.as_str()
    );
}

#[test]
fn moments_are_not_after_the_last_of_their_type() {
    let fits = |last_second, literal| {
        let column = ColumnDef {
            last_second,
            ..column(SqlType::TimestampTz)
        };
        default(&column, Literal::Text(literal)).is_ok()
    };
    for (second, moment) in [
        (0, "1970-01-01 00:00:00Z"),
        (951_782_400, "2000-02-29 00:00:00Z"),
        (951_868_800, "2000-03-01 00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (-62_135_596_800, "0001-01-01 00:00Z"),
        (-62_135_596_800, "0001-01-01 02:30+02:30"),
        (253_402_207_200, "9999-12-30 22:00:00.999999Z"),
        (253_402_300_799, "9999-12-31 23:59:59Z"),
        (253_402_300_859, "9999-12-31 22:00:59-02"),
    ] {
        assert!(fits(Some(second), moment), "{moment}");
        assert!(!fits(Some(second - 1), moment), "{moment}");
        assert!(fits(None, moment), "{moment}");
    }
    let mut list = column(SqlType::Array(&SqlType::TimestampTz));
    list.last_second = Some(0);
    assert!(default(&list, Literal::Text("{1970-01-01 00:00Z}")).is_ok());
    assert!(default(&list, Literal::Text("{\"1970-01-01 00:00:01Z\"}")).is_err());
}

#[test]
fn json_bytes_and_uuids_are_read() {
    for json in [
        "{}",
        "[1, 2.5e3, -0]",
        "{\"a\": [null, true]}",
        "\"\\u00e9\"",
        " 5 ",
    ] {
        assert!(text(SqlType::Jsonb, json), "{json}");
    }
    for json in [
        "",
        "{a: 1}",
        "[1,]",
        "{'a': 1}",
        "01",
        "[",
        "\"a",
        "nul",
        "{} {}",
        "\"\\u0000\"",
        "\"\n\"",
    ] {
        assert!(!text(SqlType::Jsonb, json), "{json}");
    }
    for json in [
        "\"\\ud83d\\ude00\"",
        "{\"a\": {\"a\": 1}, \"b\": [{\"a\": 1}, {\"a\": 2}]}",
        "{\"a\": \"}, \\\"b\\\": \", \"b\": 1, \"A\": 2}",
        "[1e308, -1.7976931348623157e308, 1e-16383, 0.5e-100]",
        "123456789012345678901234567890",
    ] {
        assert!(text(SqlType::Jsonb, json), "{json}");
    }
    for json in [
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\U0000\"",
        "{\"\\u0000\": 1}",
        "1e400000",
        "[1e309]",
        "-1e400",
        "1e-16384",
        "0e-99999999999",
        "{\"a\":1,\"a\":2}",
        "{\"a\": [1, {\"x\": \"}\"}], \"b\": 1, \"\\u0061\": 2}",
        "{\"é\": 1, \"\\u00e9\": 2}",
        "{\"😀\": 1, \"\\ud83d\\ude00\": 2}",
        "[{\"/\": 1, \"b\": 2, \"\\/\": 2}]",
    ] {
        assert!(!text(SqlType::Jsonb, json), "{json}");
    }
    assert!(!number(SqlType::Jsonb, "5"));
    assert!(text(SqlType::Bytea, "\\x00ff"));
    assert!(!text(SqlType::Bytea, "\\x00f"));
    assert!(!text(SqlType::Bytea, "\\q"));
    assert!(text(SqlType::Uuid, "01890a5d-ac96-774b-bcce-b302099a8057"));
    assert!(!text(SqlType::Uuid, "01890a5d"));
}

#[test]
fn arrays_have_items_of_their_type() {
    const NUMBERS: SqlType = SqlType::Array(&SqlType::Integer);
    const TEXTS: SqlType = SqlType::Array(&SqlType::Text);
    const FLOATS: SqlType = SqlType::Array(&SqlType::Double);
    const SHORT: SqlType = SqlType::Array(&SqlType::Varchar(3));
    const JSON: SqlType = SqlType::Array(&SqlType::Jsonb);
    const BYTES: SqlType = SqlType::Array(&SqlType::Bytea);
    const MONEY: SqlType = SqlType::Array(&SqlType::Decimal(5, 2));
    for array in ["{}", "{1}", "{1,-2}"] {
        assert!(text(NUMBERS, array), "{array}");
    }
    for array in ["", "[]", "{1,}", "{a}", "{1,2", "{NULL}", "{{1}}"] {
        assert!(!text(NUMBERS, array), "{array}");
    }
    // The text of a number is not read as a literal of SQL is.
    for array in [
        "{1.0}",
        "{1e3}",
        "{2,1.}",
        "{1_0}",
        "{0x1}",
        "{\"1.0\"}",
        "{\"1\\.0\"}",
        "{--1}",
        "{+}",
    ] {
        assert!(!text(NUMBERS, array), "{array}");
    }
    for array in ["{+1}", "{ 1 , 2 }", "{\"1\"}", "{\"\\1\"}", "{007}"] {
        assert!(text(NUMBERS, array), "{array}");
    }
    assert!(text(FLOATS, "{1e3,.5,1.,NaN,-Infinity}"));
    assert!(!text(FLOATS, "{1e400}"));
    for array in ["{äöü}", "{\"a\\\"b\"}", "{ abc }"] {
        assert!(text(SHORT, array), "{array}");
    }
    for array in ["{abcd}", "{\"a\\\"bc\"}", "{abc,\"a bc\"}"] {
        assert!(!text(SHORT, array), "{array}");
    }
    assert!(text(JSON, "{\"{\\\"a\\\": 1}\",5}"));
    assert!(!text(JSON, "{\"{\\\"a\\\": }\"}"));
    assert!(text(BYTES, "{\"\\\\x00ff\"}"));
    assert!(!text(BYTES, "{\"\\\\x00f\"}"));
    assert!(text(MONEY, "{1e2,0.50}"));
    assert!(!text(MONEY, "{NaN}") && !text(MONEY, "{1000}"));
    assert!(text(TEXTS, "{\"a, b\",c,\"d\\\"e\"}"));
    assert!(!text(TEXTS, "{\"a}"));
}

#[test]
fn labels_are_those_of_the_enum() {
    let mut state = column(SqlType::Text);
    state.labels = Some(&["draft", "sent"]);
    assert!(default(&state, Literal::Text("sent")).is_ok());
    let message = default(&state, Literal::Text("draf")).unwrap_err();
    assert_eq!(
        message.as_str(),
        "`\"draf\"` can't be the default of field `level`: the labels are `draft`, `sent`\nhelp: write one of the labels"
    );
    assert!(default(&state, Literal::Number("1")).is_err());
}

#[test]
fn labels_in_an_array_are_those_of_the_enum() {
    let mut states = column(SqlType::Array(&SqlType::Text));
    states.item_labels = Some(&["draft", "on hold"]);
    for array in ["{}", "{draft}", "{draft, \"on hold\"}", "{on hold,draft}"] {
        assert!(default(&states, Literal::Text(array)).is_ok(), "{array}");
    }
    for array in ["{draf}", "{draft,draf}", "{\"\"}", "{Draft}"] {
        assert!(default(&states, Literal::Text(array)).is_err(), "{array}");
    }
    let message = default(&states, Literal::Text("{draf}")).unwrap_err();
    assert_eq!(
        message.as_str(),
        "`\"{draf}\"` can't be the default of field `level`: the labels of its items are `draft`, `on hold`\nhelp: write labels in braces"
    );
}

#[test]
fn the_word_null_is_no_null() {
    let mut note = column(SqlType::Text);
    assert!(default(&note, Literal::Text("null")).is_ok());
    note.nullable = true;
    assert!(default(&note, Literal::Text("NULL")).is_err());
}

#[test]
fn items_are_null_only_where_they_can_be() {
    const INTEGERS: SqlType = SqlType::Array(&SqlType::Integer);
    const TEXTS: SqlType = SqlType::Array(&SqlType::Text);
    let with_nulls = |sql, text| {
        let column = ColumnDef {
            null_items: true,
            ..column(sql)
        };
        default(&column, Literal::Text(text)).is_ok()
    };
    for array in [
        "{NULL,5}",
        "{5,null}",
        "{ Null }",
        "{NULL , 5}",
        "{5}",
        "{}",
    ] {
        assert!(with_nulls(INTEGERS, array), "{array}");
    }
    for array in ["{NULL 5}", "{NULLS}", "{\"NULL\"}", "{,NULL}", "NULL"] {
        assert!(!with_nulls(INTEGERS, array), "{array}");
    }
    for array in ["{NULL}", "{a, NULL }", "{null,b}"] {
        assert!(!text(TEXTS, array), "{array}");
        assert!(with_nulls(TEXTS, array), "{array}");
    }
    assert!(text(TEXTS, "{\"NULL\"}"));
}

#[test]
fn items_with_labels_are_null_only_where_they_can_be() {
    let mut column = column(SqlType::Array(&SqlType::Text));
    column.item_labels = Some(&["draft", "sent"]);
    assert!(default(&column, Literal::Text("{draft,NULL}")).is_err());
    column.null_items = true;
    assert!(default(&column, Literal::Text("{draft,NULL}")).is_ok());
    assert!(default(&column, Literal::Text("{drafts,NULL}")).is_err());
}

#[test]
fn what_a_type_says_of_its_items_comes_from_the_type() {
    const NULLS: ColumnDef = ColumnDef::new::<Option<Vec<Option<i32>>>>("level", "level");
    const NONE: ColumnDef = ColumnDef::new::<Vec<i32>>("level", "level");
    assert!(default(&NULLS, Literal::Text("{NULL,5}")).is_ok());
    assert!(default(&NONE, Literal::Text("{NULL,5}")).is_err());
}
