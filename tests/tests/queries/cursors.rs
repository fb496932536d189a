//! Cursors that are of another query, another tenant or nobody, and pages that there can't be.

use tenantry::prelude::*;
use tenantry::query::expr::{Over, row_number};
use tenantry::query::{Cursor, KeysetPage};
use tenantry::{Error, ErrorKind, TenantKey};

use super::pages::{Entry, Lists, NewEntry, Shelf, lists};

/// Parameters of a URL.
#[derive(Debug, serde::Deserialize)]
struct Params {
    #[serde(default, deserialize_with = "Cursor::deserialize_optional")]
    after: Option<Cursor>,
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Page, "{error}");
    let text = error.to_string();
    assert!(text.contains("help: "), "{text}");
    text
}

fn by_rank() -> Query<Entry> {
    Entry::query().order_by(Entry::RANK.asc())
}

fn next(lists: &mut Lists) -> Cursor {
    let page = by_rank().keyset(5).all(&mut lists.acme).unwrap();
    page.next.unwrap()
}

#[test]
fn a_cursor_of_another_order_or_model_is_refused() {
    let mut lists = lists();
    let cursor = next(&mut lists);
    let near = |rank: i32| Entry::query().order_by((Entry::RANK - rank).abs().asc());
    let fifth = near(5)
        .keyset(5)
        .all(&mut lists.acme)
        .unwrap()
        .next
        .unwrap();
    let acme = &mut lists.acme;
    for (query, cursor) in [
        (Entry::query(), &cursor),
        (Entry::query().order_by(Entry::RANK.desc()), &cursor),
        (
            Entry::query().order_by(Entry::RANK.asc().nulls_first()),
            &cursor,
        ),
        (Entry::query().order_by(Entry::PRICE.asc()), &cursor),
        (by_rank().order_by(Entry::DUE.asc()), &cursor),
        (by_rank().order_by(Entry::ID.desc()), &cursor),
        // The same expression with another value is another order.
        (near(6), &fifth),
    ] {
        let forwards = query.clone().keyset(5).after(cursor).all(acme);
        let backwards = query.keyset(5).before(cursor).all(acme);
        let text = refused(forwards);
        assert!(
            text.contains("another order") && text.contains("Entry"),
            "{text}"
        );
        refused(backwards);
    }
    refused(Shelf::query().keyset(5).after(&cursor).all(acme));
    // What follows the key is no order, and so is the condition, which may say of the time that goes by.
    let same = by_rank()
        .order_by(Entry::ID.asc())
        .order_by(Entry::DUE.asc());
    same.keyset(5).after(&cursor).all(acme).unwrap();
    let filtered = by_rank().filter(Entry::DONE).keyset(50).after(&cursor);
    let page = filtered.all(acme).unwrap();
    assert!(page.rows.iter().all(|entry| entry.done && entry.rank >= -1));
}

#[test]
fn a_cursor_of_another_tenant_is_refused_and_one_of_a_renamed_tenant_is_not() {
    let mut lists = lists();
    let cursor = next(&mut lists);
    Entry::insert(NewEntry::new(9, Decimal::ONE, 0.0, false))
        .execute(&mut lists.globex)
        .unwrap();
    let text = refused(by_rank().keyset(5).after(&cursor).all(&mut lists.globex));
    assert!(
        text.contains("another tenant") && text.contains("globex"),
        "{text}"
    );
    // What all tenants have in common is the same for all, unless it is asked for by what is a tenant's.
    let shelves = || Shelf::query().order_by(Shelf::NAME.asc());
    let of_acme = shelves().keyset(1).all(&mut lists.acme).unwrap().next;
    let in_globex = shelves().keyset(1).after(&of_acme).all(&mut lists.globex);
    let shared = &mut lists.db.shared().unwrap();
    let in_shared = shelves().keyset(1).after(&of_acme).all(shared).unwrap();
    assert_eq!(in_globex.unwrap().rows, in_shared.rows);
    let filled = || shelves().filter(Entry::query().gives_any());
    let of_acme = filled().keyset(1).all(&mut lists.acme).unwrap().next;
    refused(filled().keyset(1).after(&of_acme).all(&mut lists.globex));
    let again = filled().keyset(1).after(&of_acme).all(&mut lists.acme);
    assert_eq!(again.unwrap().rows, in_shared.rows);
    let (acme, apex) = (
        TenantKey::new("acme").unwrap(),
        TenantKey::new("apex").unwrap(),
    );
    drop(lists.acme);
    lists.db.tenants().rename(&acme, &apex).unwrap();
    let mut apex = lists.db.tenant(&apex).unwrap();
    let page = by_rank().keyset(50).after(&cursor).all(&mut apex).unwrap();
    assert_eq!(page.rows.len(), 18);
    // A new tenant of the old name is another one.
    lists.db.tenants().create(&acme).unwrap();
    let mut again = lists.db.tenant(&acme).unwrap();
    refused(by_rank().keyset(5).after(&cursor).all(&mut again));
}

#[test]
fn what_is_no_cursor_is_refused_where_it_is_read() {
    let mut lists = lists();
    let cursor = next(&mut lists).to_string();
    assert!(
        cursor
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    let mut changed = cursor.clone().into_bytes();
    changed[40] ^= 1;
    for text in [
        "",
        "1",
        "/",
        "%",
        "é",
        &cursor[1..],
        &cursor[..cursor.len() - 2],
        &format!("{cursor}A"),
        &format!("{cursor}="),
        &String::from_utf8(changed).unwrap(),
    ] {
        refused(text.parse::<Cursor>());
    }
    let json = format!("\"{cursor}\"");
    let read: Cursor = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
    assert!(serde_json::from_str::<Cursor>("\"x\"").is_err());
    // A form sends a field that was left empty.
    for (json, expected) in [
        ("{}".to_owned(), None),
        (r#"{"after": ""}"#.to_owned(), None),
        (r#"{"after": null}"#.to_owned(), None),
        (format!(r#"{{"after": "{cursor}"}}"#), Some(read.clone())),
    ] {
        let params: Params = serde_json::from_str(&json).unwrap();
        assert_eq!(params.after, expected, "{json}");
    }
    for wrong in ["x", " "] {
        let json = format!(r#"{{"after": "{wrong}"}}"#);
        assert!(serde_json::from_str::<Params>(&json).is_err());
        refused(Cursor::parse_optional(wrong));
    }
    assert_eq!(Cursor::parse_optional(&cursor).unwrap(), Some(read.clone()));
    // What is written to logs has no values.
    assert_eq!(format!("{read:?}"), "Cursor { .. }");
}

#[test]
fn pages_that_there_can_not_be_are_refused_before_anything_is_sent() {
    let mut lists = lists();
    let cursor = next(&mut lists);
    let acme = &mut lists.acme;
    refused(by_rank().keyset(0).all(acme));
    let both = by_rank().keyset(5).after(&cursor).before(&cursor);
    assert!(refused(both.all(acme)).contains("give one of them"));
    let wrong = |outcome: Result<KeysetPage<Stored<Entry>>, Error>, words: &str| {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(words), "{error}");
    };
    wrong(by_rank().limit(7).keyset(5).all(acme), "`limit`");
    wrong(by_rank().offset(7).keyset(5).all(acme), "`offset`");
    wrong(by_rank().distinct().keyset(5).all(acme), "`distinct`");
    let first = Entry::query()
        .distinct_on(Entry::RANK)
        .order_by(Entry::RANK.asc());
    wrong(first.keyset(5).all(acme), "`distinct`");
    let window = row_number().over(Over::all().order_by(Entry::DUE.asc()));
    wrong(
        Entry::query().order_by(window.asc()).keyset(5).all(acme),
        "window",
    );
    // None of it has touched the transaction.
    acme.transaction(|tx| {
        refused(Shelf::query().keyset(5).after(&cursor).all(tx));
        assert_eq!(by_rank().keyset(5).after(&cursor).all(tx)?.rows.len(), 5);
        Ok(())
    })
    .unwrap();
}

/// Checksums have no secret, so whoever knows the layout can make a cursor of any bytes.
#[test]
fn a_cursor_that_somebody_made_is_another_position_or_an_error() {
    let mut lists = lists();
    let mut client = lists.database.connect();
    let mut whole = |bytes| whole(&mut client, bytes);
    let query = || Entry::query().order_by(Entry::PRICE.asc());
    let page = query().keyset(5).all(&mut lists.acme).unwrap();
    let bytes = bytes(&page.next.unwrap());
    assert_eq!(
        whole(bytes.clone()).to_string().len(),
        bytes.len().div_ceil(3) * 4 - (3 - bytes.len() % 3) % 3
    );
    // The layout: the head, and of each value its type, its length and its bytes.
    let (head, number) = (&bytes[..26], u32::to_be_bytes(1700));
    let made = |ty: [u8; 4], value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap().to_be_bytes();
        let key = &bytes[bytes.len() - 16..];
        [head, &ty, &length, value, key].concat()
    };
    let acme = &mut lists.acme;
    for (ty, value) in [
        // Too short, no digits, another type, no type at all, text that is none.
        (number, &b""[..]),
        (number, b"\0\x01"),
        (number, b"\0\x01\0\0\0\0\0\0\xFF\xFF"),
        (u32::to_be_bytes(25), b"a"),
        (u32::to_be_bytes(25), b"\xFF\0"),
        (u32::to_be_bytes(16), b"\x01"),
        (u32::to_be_bytes(1), b""),
    ] {
        let cursor = whole(made(ty, value));
        let error = query().keyset(5).after(&cursor).all(acme).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Page, "{ty:?} {value:?}: {error}");
        assert!(!error.is_retryable());
        // The scope is as good as before.
        assert_eq!(query().count(acme).unwrap(), 23);
    }
    let far = whole(made(number, b"\0\x01\0\0\0\0\0\0\0\x07"));
    let page = query().keyset(50).after(&far).all(acme).unwrap();
    assert!(
        page.rows
            .iter()
            .all(|entry| entry.price >= Decimal::from(7))
    );
}

/// The cursor of some bytes, with a checksum that is right.
pub(crate) fn whole(client: &mut postgres::Client, mut bytes: Vec<u8>) -> Cursor {
    let summed = [&bytes[..2], &bytes[10..]].concat();
    let row = client.query_one("SELECT substr(sha256($1), 1, 8)", &[&summed]);
    bytes[2..10].copy_from_slice(row.unwrap().get(0));
    let row = client.query_one("SELECT encode($1, 'base64')", &[&bytes]);
    let text: String = row.unwrap().get(0);
    let text = text
        .replace(['\n', '='], "")
        .replace('+', "-")
        .replace('/', "_");
    text.parse().unwrap()
}

/// The bytes of a cursor.
pub(crate) fn bytes(cursor: &Cursor) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for digit in cursor.to_string().bytes() {
        let value = digits.iter().position(|known| *known == digit).unwrap();
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let bytes = bits.chunks_exact(8);
    bytes
        .map(|bits| {
            bits.iter()
                .fold(0, |byte, bit| byte << 1 | u8::try_from(*bit).unwrap())
        })
        .collect()
}
