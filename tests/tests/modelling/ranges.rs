//! Ranges of a type's own, and what else depends on the range of a whole number.

use std::num::NonZero;

use tenantry::ErrorKind;
use tenantry::migrate::Choices;
use tenantry::postgres::types::Type;
use tenantry::prelude::*;
use tenantry::structure::State;
use tenantry::value::{BytesMut, DecodeError, Element, Scalar, SqlType};
use tenantry_tests::tables::{shared_table, shared_tables};

use crate::given::Given;

/// Degrees that a fridge can have.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Celsius(i16);

impl Scalar for Celsius {
    const SQL: SqlType = i16::SQL;
    const RANGE: Option<(i64, i64)> = Some((-30, 12));

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        self.0.encode(out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        i16::decode(ty, raw).map(Self)
    }
}

impl Element for Celsius {}

mod plain {
    use super::*;

    #[tenant_model(table = "fridges")]
    pub(super) struct Fridge {
        #[field(key)]
        pub id: i64,
        pub now: i16,
        pub seen: Vec<i16>,
    }
}

mod bounded {
    use super::*;

    #[tenant_model(table = "fridges")]
    pub(super) struct Fridge {
        #[field(key)]
        pub id: i64,
        pub now: Celsius,
        pub seen: Vec<Celsius>,
    }
}

#[test]
fn a_type_of_ones_own_has_a_check_of_its_bounds_which_may_be_negative() {
    let row = "INSERT INTO {t}.fridges (now, seen) VALUES (-30, '{12}')";
    let mut given = Given::new(&[plain::Fridge::DEF], row);
    given.become_(&[bounded::Fridge::DEF], &Choices::new());
    for set in ["now = -31", "now = 13", "seen = '{0,-31}'", "seen = '{13}'"] {
        let refused = format!("UPDATE \"select\".fridges SET {set}");
        let error = given.client.batch_execute(&refused).unwrap_err();
        assert_eq!(error.code().unwrap().code(), "23514", "{set}");
    }
    given.run("select", "UPDATE {t}.fridges SET now = 12, seen = '{-30}'");
}

#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Shelf {
    #[field(key)]
    id: NonZero<u32>,
    level: u8,
    width: Option<u32>,
    seats: NonZero<u16>,
    price: Decimal,
    label: String,
}

#[shared_model]
#[derive(Debug)]
struct Book {
    #[field(key)]
    id: i64,
    #[field(inverse = "books")]
    shelf: Fk<Shelf>,
}

#[tenant_model]
struct Loan {
    #[field(key)]
    id: i64,
    shelf: Fk<Shelf>,
    #[field(constraint = false)]
    before: Option<Fk<Shelf>>,
}

#[test]
fn a_key_that_is_never_zero_finds_and_is_referenced() {
    let (_database, mut scope) = shared_tables(&[Shelf::DEF, Book::DEF]);
    let new = NewShelf::new(255, NonZero::<u16>::MAX, Decimal::ONE, "7");
    let shelf = Shelf::insert(new).returning(&mut scope).unwrap();
    assert_eq!(Shelf::find(shelf.id).one(&mut scope).unwrap(), shelf);
    assert!(
        Shelf::find(NonZero::<u32>::MAX)
            .optional(&mut scope)
            .unwrap()
            .is_none()
    );
    for new in [
        NewBook::new(shelf.id),
        NewBook::new(&shelf),
        NewBook::new(Fk::new(shelf.id)),
    ] {
        Book::insert(new).execute(&mut scope).unwrap();
    }
    let of = Book::query().filter(Book::SHELF.eq(shelf.id));
    let books = of.with(Book::SHELF).all(&mut scope).unwrap();
    assert_eq!(books.len(), 3);
    assert!(books.iter().all(|(_, its)| *its == shelf));
    let shelves = Shelf::query().with(Shelf::BOOKS).all(&mut scope).unwrap();
    assert_eq!(shelves[0].1.len(), 3);
}

#[test]
fn a_reference_without_a_constraint_has_the_check_of_its_key() {
    let state = State::from_models(&[Shelf::DEF, Loan::DEF]);
    let loans = &state.tenant.tables["loans"];
    let checks = loans.checks.iter();
    let checks = checks.map(|(name, check)| (&**name, &*check.condition));
    let kept = "\"before\" >= 1 AND \"before\" <= 4294967295";
    // The other has a foreign key.
    assert_eq!(checks.collect::<Vec<_>>(), [("loans_before_check", kept)]);
}

#[test]
fn numbers_are_cast_to_those_without_a_sign() {
    let (_database, mut scope) = shared_table::<Shelf>();
    let new = NewShelf::new(200, NonZero::<u16>::MIN, Decimal::new(25, 1), "300");
    Shelf::insert(new.width(70_000))
        .execute(&mut scope)
        .unwrap();
    let casts = Shelf::query().select((
        Shelf::LEVEL.cast::<u8>(),
        Shelf::LEVEL.cast::<i64>().cast::<u16>() + 1,
        Shelf::WIDTH.cast::<u32>(),
        Shelf::PRICE.cast::<u8>(),
        Shelf::LABEL.cast::<u16>(),
        Shelf::LEVEL.cast::<f64>().cast::<u32>(),
        Shelf::SEATS.cast::<u16>() + 1,
    ));
    let expected = (200, 201, Some(70_000), 3, 300, 200, 2);
    assert_eq!(casts.one(&mut scope).unwrap(), expected);
    // What they can't hold is told, and not cut off.
    let error = Shelf::query().select(Shelf::LABEL.cast::<u8>());
    let error = error.one(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.to_string().contains("from 0 to 255"), "{error}");
    let error = Shelf::query().select(Shelf::WIDTH.cast::<u16>());
    let error = error.one(&mut scope).unwrap_err();
    assert!(error.to_string().contains("from 0 to 65535"), "{error}");
}
