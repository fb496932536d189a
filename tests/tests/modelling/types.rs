//! Types that PostgreSQL has and Rust has not, and types of the application's own.

use std::net::IpAddr;
use std::ops::Bound::{Excluded, Included, Unbounded as NoBound};

use serde::{Deserialize, Serialize};
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::jiff::civil::DateTime;
use tenantry::migrate::Choices;
use tenantry::postgres::types::Type;
use tenantry::prelude::*;
use tenantry::value::{
    BytesMut, Cidr, DecodeError, Element, Inet, Interval, MacAddr, Range, Scalar, SqlType,
    Unbounded,
};
use tenantry_tests::tables::{shared_table, shared_tables};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(super) struct Lease {
        #[field(key)]
        pub id: i64,
    }
}

mod after {
    use super::*;

    #[tenant_model(index(during, method = "gist"), unique(device, seats))]
    pub(super) struct Lease {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("'1 day'"))]
        pub length: Interval,
        pub during: Option<Range<Timestamp>>,
        pub local: Option<Range<DateTime>>,
        pub days: Option<Range<Date>>,
        pub seats: Option<Range<i32>>,
        pub numbers: Option<Range<i64>>,
        pub prices: Option<Range<Decimal>>,
        pub address: Option<IpAddr>,
        pub host: Option<Inet>,
        pub network: Option<Cidr>,
        pub device: Option<MacAddr>,
        pub many: Option<Vec<Range<i32>>>,
        pub addresses: Option<Vec<Option<IpAddr>>>,
    }
}

#[test]
fn the_columns_have_the_server_s_types() {
    let mut given = Given::new(
        &[before::Lease::DEF],
        "INSERT INTO {t}.leases DEFAULT VALUES",
    );
    given.become_(&[after::Lease::DEF], &Choices::new());
    let types = "SELECT data_type FROM information_schema.columns WHERE table_schema = 'acme' \
                 AND table_name = 'leases' ORDER BY ordinal_position";
    assert_eq!(
        given.finds(types),
        [
            "bigint",
            "interval",
            "tstzrange",
            "tsrange",
            "daterange",
            "int4range",
            "int8range",
            "numrange",
            "inet",
            "inet",
            "cidr",
            "macaddr",
            "ARRAY",
            "ARRAY"
        ]
    );
    assert_eq!(
        given.finds("SELECT length::text FROM {t}.leases"),
        ["1 day"]
    );
}

#[shared_model]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Lease {
    #[field(key)]
    id: i64,
    length: Interval,
    during: Range<Timestamp>,
    days: Range<Unbounded<Date>>,
    seats: Range<i32>,
    prices: Option<Range<Decimal>>,
    address: IpAddr,
    host: Inet,
    network: Option<Cidr>,
    device: MacAddr,
    many: Vec<Range<i64>>,
    #[field(default = "{}")]
    nets: Vec<Option<Cidr>>,
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn lease(seats: impl Into<Range<i32>>) -> NewLease {
    NewLease::new(
        Interval {
            months: i32::MIN + 1,
            days: i32::MAX,
            microseconds: i64::MIN + 1,
        },
        moment("2026-01-01T00:00:00.000001Z")..=moment("2026-01-01T00:00:00.000002Z"),
        Range::Between(
            Included(Unbounded::NegativeInfinity),
            Excluded(Unbounded::Infinity),
        ),
        seats.into(),
        address("::ffff:10.0.0.1"),
        Inet {
            address: address("192.168.1.5"),
            prefix: 0,
        },
        MacAddr([0, 1, 0xfe, 0xff, 8, 9]),
        vec![(i64::MIN..i64::MAX).into(), Range::Empty],
    )
    .prices(Decimal::new(-105, 2)..)
    .network(Cidr {
        address: address("fe80::"),
        prefix: 10,
    })
    .nets(vec![
        None,
        Some(Cidr {
            address: address("255.255.255.255"),
            prefix: 32,
        }),
    ])
}

fn check(lease: &Lease) {
    assert_eq!(lease.length.microseconds, i64::MIN + 1);
    assert_eq!(
        (lease.length.months, lease.length.days),
        (i32::MIN + 1, i32::MAX)
    );
    assert!(
        lease
            .during
            .contains(&moment("2026-01-01T00:00:00.000002Z"))
    );
    let all = (
        Included(Unbounded::NegativeInfinity),
        Excluded(Unbounded::Infinity),
    );
    assert_eq!(lease.days, Range::Between(all.0, all.1));
    assert_eq!(
        lease.prices,
        Some(Range::Between(Included(Decimal::new(-105, 2)), NoBound))
    );
    assert_eq!(lease.address, address("::ffff:10.0.0.1"));
    assert_eq!(
        (lease.host.address, lease.host.prefix),
        (address("192.168.1.5"), 0)
    );
    assert_eq!(lease.network.unwrap().prefix, 10);
    assert_eq!(lease.device, MacAddr([0, 1, 0xfe, 0xff, 8, 9]));
    assert_eq!(lease.many, [(i64::MIN..i64::MAX).into(), Range::Empty]);
    assert_eq!((lease.nets.len(), lease.nets[0]), (2, None));
}

#[test]
fn values_at_the_edges_come_back_as_they_were() {
    let (_database, mut scope) = shared_table::<Lease>();
    let mut one = Lease::insert(lease(1..=5)).returning(&mut scope).unwrap();
    check(&one);
    assert_eq!(
        one.seats,
        (1..6).into(),
        "the one form of ranges of whole numbers"
    );
    one.seats = (..).into_range();
    one.save(&mut scope).unwrap();
    assert_eq!(one, Lease::find(&one).one(&mut scope).unwrap());
    let forms: [Range<i32>; 4] = [
        (3..3).into(),
        (i32::MIN..i32::MAX).into(),
        (..=4).into(),
        Range::Empty,
    ];
    let rows = Lease::insert_many(forms.map(lease))
        .returning(&mut scope)
        .unwrap();
    for row in &rows {
        check(row);
    }
    let seats: Vec<Range<i32>> = rows.iter().map(|row| row.seats).collect();
    assert_eq!(
        seats,
        [
            Range::Empty,
            (i32::MIN..i32::MAX).into(),
            (..5).into(),
            Range::Empty
        ]
    );
}

trait IntoRange<T> {
    fn into_range(self) -> Range<T>;
}

impl<T> IntoRange<T> for std::ops::RangeFull {
    fn into_range(self) -> Range<T> {
        Range::Between(NoBound, NoBound)
    }
}

#[test]
fn ranges_and_addresses_are_asked_about() {
    let (_database, mut scope) = shared_table::<Lease>();
    Lease::insert_many([lease(1..4), lease(7..), lease(Range::Empty)])
        .execute(&mut scope)
        .unwrap();
    let mut count = |condition| Lease::query().filter(condition).count(&mut scope).unwrap();
    assert_eq!(count(Lease::SEATS.covers(3)), 1);
    assert_eq!(count(Lease::SEATS.covers(4)), 0);
    assert_eq!(count(Lease::SEATS.covers(i32::MAX)), 1);
    assert_eq!(count(Lease::SEATS.overlaps(3..8)), 2);
    assert_eq!(count(Lease::SEATS.overlaps(Range::<i32>::Empty)), 0);
    assert_eq!(count(Lease::SEATS.eq(1..=3)), 1);
    assert_eq!(
        count(Lease::SEATS.is_in([Range::<i32>::Empty, Range::from(7..)])),
        2
    );
    assert_eq!(count(Lease::ADDRESS.eq(address("::ffff:10.0.0.1"))), 3);
    assert_eq!(count(Lease::MANY.has(Range::<i64>::Empty)), 3);
    assert_eq!(count(Lease::LENGTH.lt(Interval::days(0))), 3);
    let prices = Lease::query().filter(Lease::PRICES.covers(Decimal::from(1000)));
    assert_eq!(prices.count(&mut scope).unwrap(), 3);
}

#[test]
fn values_that_there_are_not_are_refused_before_they_are_sent() {
    let (_database, mut scope) = shared_table::<Lease>();
    let wrong = [
        lease(Range::Between(Included(5), Included(1))),
        lease(1..2).network(Cidr {
            address: address("10.0.0.1"),
            prefix: 8,
        }),
        lease(1..2).network(Cidr {
            address: address("10.0.0.0"),
            prefix: 33,
        }),
    ];
    for new in wrong {
        let error = Lease::insert(new).execute(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("field `") && text.contains("help: "),
            "{text}"
        );
        assert!(!text.contains("10.0.0"), "{text}");
    }
    // What a field can't hold is told when it is read.
    Lease::insert(lease(1..2)).execute(&mut scope).unwrap();
    let raw = "UPDATE shared.leases SET address = '10.0.0.1/8'";
    scope.client().batch_execute(raw).unwrap();
    let error = Lease::query().one(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.to_string().contains("`Inet`"), "{error}");
}

#[shared_model]
#[derive(Debug)]
struct Host {
    #[field(key, given)]
    address: IpAddr,
    #[field(default = 0)]
    load: Percent,
}

#[shared_model]
#[derive(Debug)]
struct Visit {
    #[field(key)]
    id: i64,
    host: Fk<Host>,
    before: Option<Fk<Host>>,
}

/// A type of the application's own.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Percent(u8);

impl Scalar for Percent {
    const SQL: SqlType = SqlType::SmallInt;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        i16::from(self.0).encode(out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let value = u8::try_from(i16::decode(ty, raw)?)?;
        Ok(Self(value))
    }
}

impl Element for Percent {}

#[test]
fn an_address_is_a_key_and_is_referenced() {
    let (_database, mut scope) = shared_tables(&[Host::DEF, Visit::DEF]);
    let host = NewHost::new(address("10.0.0.1")).load(Percent(100));
    let host = Host::insert(host).returning(&mut scope).unwrap();
    assert_eq!(host.load, Percent(100));
    let visit = NewVisit::new(&host).before(&host);
    let visit = Visit::insert(visit).returning(&mut scope).unwrap();
    let found = visit.follow(Visit::HOST, &mut scope).unwrap();
    assert_eq!(found.address, address("10.0.0.1"));
    let again = Host::insert(NewHost::new(address("10.0.0.1")))
        .on_conflict(Host::ADDRESS)
        .set(Host::LOAD, Percent(1))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(again.load, Percent(1));
}

#[tokio::test]
async fn tasks_read_and_write_them_the_same() {
    let (database, scope) = blocking(shared_table::<Lease>);
    blocking(|| drop(scope));
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = db.shared();
    let one = Lease::insert(lease(1..4))
        .returning(&mut scope)
        .await
        .unwrap();
    check(&one);
    let found = Lease::query()
        .filter(Lease::SEATS.covers(2))
        .one(&mut scope)
        .await
        .unwrap();
    assert_eq!(found, one);
}

#[test]
fn rows_with_them_are_serialised_and_come_back() {
    let (_database, mut scope) = shared_table::<Lease>();
    let one = Lease::insert(lease(1..4)).returning(&mut scope).unwrap();
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["host"], "192.168.1.5/0");
    assert_eq!(json["network"], "fe80::/10");
    assert_eq!(json["device"], "00:01:fe:ff:08:09");
    let back: Lease = serde_json::from_value(json).unwrap();
    assert_eq!(back, *one);
    for address in ["10.0.0.1", "10.0.0.1/8", "::1/0", "fe80::1"] {
        assert_eq!(address.parse::<Inet>().unwrap().to_string(), address);
    }
    for wrong in [
        "",
        "10.0.0.1/33",
        "10.0.0.1/+8",
        "10.0.0.1/",
        "::/129",
        "a/8",
        "1/2/3",
    ] {
        assert!(
            wrong.parse::<Inet>().is_err() && wrong.parse::<Cidr>().is_err(),
            "{wrong}"
        );
    }
    for wrong in [
        "08:00:2b:01:02",
        "08:00:2b:01:02:03:04",
        "8:0:2b:1:2:3",
        "+8:00:2b:01:02:03",
    ] {
        assert!(wrong.parse::<MacAddr>().is_err(), "{wrong}");
    }
}
