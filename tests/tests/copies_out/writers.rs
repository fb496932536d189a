//! Rows that are copied out to a writer.

use std::io::{self, Write};
use std::time::Duration;

use tenantry::prelude::*;
use tenantry::query::{CopyFormat, Csv, count};
use tenantry::scope::Options;
use tenantry::{ErrorKind, sql};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Plan};
use tenantry_tests::tables::shared_table;

use super::{Line, NewLine, by_hand, lines, many, texts};

fn customer(scope: &mut TenantScope, name: &str) -> Stored<Customer> {
    let plan = Plan::query().filter(Plan::CODE.eq("pro"));
    let plan = plan.one(scope).unwrap();
    let email = format!("{}@x.example", name.to_lowercase());
    let new = NewCustomer::new(name, email, &plan);
    Customer::insert(new).returning(scope).unwrap()
}

#[test]
fn each_format_is_what_the_server_writes_by_hand() {
    let (database, mut scope) = lines();
    let query = "SELECT id, \"select\", \"a_b\", gone_at FROM shared.\"order\" WHERE gone_at IS NULL ORDER BY id";
    let formats: [(CopyFormat, &str); 5] = [
        (Csv::new().into(), "FORMAT csv, HEADER"),
        (
            Csv::new().delimiter(';').null("NULL").into(),
            "FORMAT csv, HEADER, DELIMITER ';', NULL 'NULL'",
        ),
        (
            Csv::new()
                .without_header()
                .delimiter('\'')
                .null("\\")
                .into(),
            "FORMAT csv, DELIMITER '''', NULL '\\'",
        ),
        (CopyFormat::Text, "FORMAT text"),
        (CopyFormat::Binary, "FORMAT binary"),
    ];
    for (format, options) in formats {
        let mut bytes = Vec::new();
        let lines = Line::query().order_by(Line::ID.asc());
        let copied = lines.copy_out(format).write_to(&mut scope, &mut bytes);
        assert_eq!(copied.unwrap(), 8, "{options}");
        let hand = by_hand(&database, &format!("COPY ({query}) TO STDOUT ({options})"));
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            String::from_utf8_lossy(&hand)
        );
    }
    // Those that are deleted, and none.
    for (query, rows) in [
        (Line::query().with_deleted(), 9),
        (Line::query().only_deleted(), 1),
        (Line::query().filter(Line::NUMBER.gt(5)), 0),
    ] {
        for format in [Csv::new().into(), CopyFormat::Text, CopyFormat::Binary] {
            let mut bytes = Vec::new();
            let copied = query.clone().copy_out(format.clone());
            assert_eq!(copied.write_to(&mut scope, &mut bytes).unwrap(), rows);
            assert_eq!(
                bytes.is_empty(),
                rows == 0 && format == CopyFormat::Text,
                "a header and the signature are there without rows"
            );
        }
    }
}

#[test]
fn no_text_in_a_condition_is_anything_else_than_a_value() {
    let (_database, mut scope) = lines();
    for text in texts().into_iter().flatten() {
        let equal = Line::query().filter(Line::TEXT.eq(text)).with_deleted();
        let mut bytes = Vec::new();
        let copied = equal.copy_out(CopyFormat::Text);
        let copied = copied.write_to(&mut scope, &mut bytes).unwrap();
        assert_eq!(copied, 1, "{text:?}");
    }
    let nul = Line::query().filter(Line::TEXT.eq("\0"));
    let error = nul
        .copy_out(CopyFormat::Text)
        .write_to(&mut scope, Vec::new());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Value);
    let all = texts().into_iter().flatten();
    let among = Line::query()
        .filter(Line::TEXT.is_in(all))
        .limit(3)
        .offset(6);
    let copied = among.copy_out(CopyFormat::Binary);
    // Seven of the eight are there, for one is deleted.
    assert_eq!(copied.write_to(&mut scope, Vec::new()).unwrap(), 1);
}

/// A customer, as an export has it.
#[derive(Row)]
#[expect(dead_code, reason = "its names are what is asked for")]
struct Exported {
    who: String,
    letters: i32,
}

#[test]
fn projections_joins_and_groups_have_headers_of_their_names() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    for (name, number) in [("Ann", 1), ("Bob", 2)] {
        let someone = customer(&mut acme, name);
        let day: Date = "2026-03-01".parse().unwrap();
        let new = NewInvoice::new(&someone, number, Decimal::ONE, day);
        Invoice::insert(new).execute(&mut acme).unwrap();
    }
    customer(&mut shop.tenant("globex"), "Cid");
    let acme = &mut acme;
    let mut text = Vec::new();
    let pair = Customer::query()
        .order_by(Customer::NAME.desc())
        .select((Customer::NAME, Customer::PLAN.to(Plan::CODE)));
    assert_eq!(
        pair.copy_out(Csv::new()).write_to(acme, &mut text).unwrap(),
        2
    );
    let named = Customer::query()
        .filter(Customer::NAME.eq("Ann"))
        .select(SelectExported {
            who: Customer::NAME,
            letters: Customer::NAME.length(),
        });
    named
        .copy_out(Csv::new())
        .write_to(acme, &mut text)
        .unwrap();
    let grouped = || {
        Customer::query()
            .group_by(Customer::PLAN)
            .select(count())
            .copy_out(Csv::new().names(["plan", "customers, all"]))
    };
    assert_eq!(grouped().write_to(acme, &mut text).unwrap(), 1);
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "name,code\nBob,pro\nAnn,pro\nwho,letters\nAnn,3\nplan,\"customers, all\"\n2,2\n"
    );
    let mut text = Vec::new();
    let joined = Invoice::query().join(Invoice::CUSTOMER).limit(1);
    joined
        .copy_out(Csv::new())
        .write_to(acme, &mut text)
        .unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("id,customer,number,"), "{text}");
    assert!(text.contains(",version,id,name,email,"), "{text}");
    let union = Customer::query().select(Customer::NAME);
    let union = union.union(Plan::query().select(Plan::CODE));
    let mut text = Vec::new();
    let bare = union.order_by(Customer::NAME.asc()).copy_out(Csv::new());
    bare.write_to(acme, &mut text).unwrap();
    assert_eq!(text, b"name\nAnn\nBob\nfree\npro\n");
}

#[test]
fn what_no_file_can_be_is_refused_before_it_is_sent() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let query = || Customer::query().select((Customer::NAME, Customer::NAME.length()));
    for (csv, words) in [
        (Csv::new(), "column 2 of what is selected has no name"),
        (Csv::new().names(["x"]), "1 names are given for 2 columns"),
        (Csv::new().delimiter('é'), "'é' can't stand between"),
        (Csv::new().delimiter('"'), "'\"' can't stand between"),
        (Csv::new().delimiter('\n'), "'\\n' can't stand between"),
        (Csv::new().null("a,b"), "has ',' in it"),
        (Csv::new().null("\r"), "has '\\r' in it"),
    ] {
        let mut bytes = Vec::new();
        let error = query().copy_out(csv).write_to(&mut acme, &mut bytes);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(
            (error.model(), error.operation()),
            (Some("Customer"), Some("copy_out"))
        );
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("\nhelp: "), "{text}");
        assert!(bytes.is_empty());
    }
    // Everything that is allowed is taken by the server.
    for sign in (1..128_u8)
        .map(char::from)
        .filter(|c| !"\"\n\r".contains(*c))
    {
        let csv = Csv::new().without_header().delimiter(sign);
        query()
            .copy_out(csv)
            .write_to(&mut acme, Vec::new())
            .unwrap();
    }
    // A key of another tenant's row.
    let theirs = customer(&mut shop.tenant("globex"), "Cid");
    let strange = Invoice::query().filter(Invoice::CUSTOMER.eq(&theirs));
    let error = strange
        .copy_out(CopyFormat::Text)
        .write_to(&mut acme, Vec::new());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ForeignRow);
}

/// A writer that is full after so many bytes, or when it is flushed.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the disk is full",
            ));
        }
        let taken = data.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn a_writer_that_fails_leaves_the_scope_and_its_transaction_as_they_were() {
    let (_database, mut scope) = shared_table::<Line>();
    many(&mut scope, 20_000);
    scope
        .transaction(|tx| {
            Line::insert(NewLine::new(-1)).execute(tx)?;
            for (room, words) in [(0, "full"), (100_000, "full"), (usize::MAX, "gone")] {
                let copy = Line::query().copy_out(CopyFormat::Binary);
                let error = copy.write_to(tx, Full(room)).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Aborted);
                let text = error.to_string();
                assert!(text.contains(words) && text.contains("`Line`"), "{text}");
                assert_eq!(Line::query().count(tx)?, 20_001);
            }
            Ok(())
        })
        .unwrap();
    let kept = Line::query().filter(Line::NUMBER.eq(-1));
    assert_eq!(kept.count(&mut scope).unwrap(), 1);
    // Nothing of it is left in the session, nor in the transaction.
    scope
        .transaction(|tx| {
            let style = |tx: &mut SharedScope| {
                let both =
                    sql!("SELECT current_setting('datestyle') || current_setting('TimeZone')");
                tx.sql(both).row::<String>()
            };
            for (name, value) in [("datestyle", "German"), ("timezone", "Asia/Tokyo")] {
                let set = sql!(unchecked "SELECT set_config($1, $2, true)");
                tx.sql(set).bind(name).bind(value).row::<String>()?;
            }
            let before = style(tx)?;
            Line::query()
                .copy_out(Csv::new())
                .write_to(tx, io::sink())?;
            assert_eq!((style(tx)?, before.starts_with("German")), (before, true));
            Ok(())
        })
        .unwrap();
}

/// A writer that notes how much it is given at a time, and does something once.
struct Noting<F>(usize, Option<F>);

impl<F: FnOnce()> Write for Noting<F> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 = self.0.max(data.len());
        if let Some(work) = self.1.take() {
            work();
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn only_a_piece_is_in_memory_and_a_lost_connection_is_told() {
    let (database, mut scope) = shared_table::<Line>();
    many(&mut scope, 100_000);
    let mut noting = Noting(0, Some(|| {}));
    let copied = Line::query().copy_out(CopyFormat::Text);
    assert_eq!(copied.write_to(&mut scope, &mut noting).unwrap(), 100_000);
    assert!((1..70_000).contains(&noting.0), "{}", noting.0);
    let pid = scope
        .sql(sql!("SELECT pg_backend_pid()"))
        .row::<i32>()
        .unwrap();
    let mut other = database.connect();
    let end = move || {
        let end = "SELECT pg_terminate_backend($1)";
        other.execute(end, &[&pid]).unwrap();
    };
    let copied = Line::query().copy_out(CopyFormat::Text);
    let error = copied
        .write_to(&mut scope, Noting(0, Some(end)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    let db = Database::connect(database.url()).unwrap();
    assert_eq!(
        Line::query().count(&mut db.shared().unwrap()).unwrap(),
        100_000
    );
}

#[test]
fn the_limit_of_a_statements_time_is_that_of_the_server_and_not_of_the_writer() {
    let (database, mut scope) = lines();
    drop(scope);
    let mut options = Options::default();
    options.max_connections = 1;
    options.statement_timeout = Some(Duration::from_secs(1));
    let config = database.url().parse().unwrap();
    let db = Database::connect_with(&config, postgres::NoTls, options).unwrap();
    scope = db.shared().unwrap();
    let pause = || std::thread::sleep(Duration::from_millis(1500));
    let copied = Line::query().copy_out(Csv::new());
    assert_eq!(
        copied.write_to(&mut scope, Noting(0, Some(pause))).unwrap(),
        8
    );
    let mut locking = database.connect();
    let lock = "BEGIN; LOCK TABLE shared.\"order\" IN ACCESS EXCLUSIVE MODE";
    locking.batch_execute(lock).unwrap();
    let mut bytes = Vec::new();
    let copied = Line::query().copy_out(Csv::new());
    let error = copied.write_to(&mut scope, &mut bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(
        bytes.is_empty(),
        "a header alone would be a file without rows"
    );
    locking.batch_execute("ROLLBACK").unwrap();
    drop(scope);
    scope = db.shared().unwrap();
    assert_eq!(Line::query().count(&mut scope).unwrap(), 8);
}
