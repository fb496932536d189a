//! Rows with keys of several columns that stay in their tables when they are deleted.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::shared_tables;

#[shared_model]
#[derive(Debug, Clone)]
struct Club {
    #[field(key)]
    id: i64,
    name: String,
    #[field(soft_delete)]
    gone: Option<Timestamp>,
}

#[shared_model]
#[derive(Debug, Clone)]
struct Seat {
    #[field(key)]
    number: i32,
    #[field(key, on_delete = "cascade", inverse = "seats")]
    club: Fk<Club>,
    holder: String,
    #[field(version)]
    version: i64,
    #[field(soft_delete)]
    gone: Option<Timestamp>,
}

/// Two clubs with the seats 1 and 2.
fn clubs(scope: &mut SharedScope) -> [Stored<Club>; 2] {
    ["red", "blue"].map(|name| {
        let club = Club::insert(NewClub::new(name)).returning(scope).unwrap();
        let seats = [1, 2].map(|number| NewSeat::new(number, &club, name));
        Seat::insert_many(seats).execute(scope).unwrap();
        club
    })
}

fn seats(scope: &mut SharedScope) -> Vec<(i32, String)> {
    let seats = Seat::query()
        .order_by(Seat::HOLDER.asc())
        .order_by(Seat::NUMBER.asc());
    let seats = seats.select((Seat::NUMBER, Seat::HOLDER)).all(scope);
    seats.unwrap()
}

fn of(holder: &str, numbers: &[i32]) -> Vec<(i32, String)> {
    let seats = numbers.iter().map(|&number| (number, holder.to_owned()));
    seats.collect()
}

#[test]
fn a_deleted_row_is_left_out_and_brought_back_by_its_whole_key() {
    let (_database, mut scope) = shared_tables(&[Club::DEF, Seat::DEF]);
    let scope = &mut scope;
    let [red, blue] = clubs(scope);
    let seat = Seat::find((1, &red)).one(scope).unwrap();
    let mut other = Seat::find((1, &red)).one(scope).unwrap();
    seat.delete(scope).unwrap();
    assert_eq!(
        seats(scope),
        [of("blue", &[1, 2]), of("red", &[2])].concat()
    );
    assert!(!Seat::find((1, &red)).exists(scope).unwrap());
    assert!(Seat::find((1, &blue)).exists(scope).unwrap());
    assert!(Seat::find((1, &red)).with_deleted().exists(scope).unwrap());
    other.holder = "late".to_owned();
    let stale = other.save(scope).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Stale, "{stale}");
    let mut seat = Seat::find((1, &red)).with_deleted().one(scope).unwrap();
    seat.restore(scope).unwrap();
    assert_eq!(
        seats(scope),
        [of("blue", &[1, 2]), of("red", &[1, 2])].concat()
    );
    seat.delete_permanently(scope).unwrap();
    let all = Seat::query().with_deleted().count(scope).unwrap();
    assert_eq!(all, 3);
}

#[test]
fn rows_go_with_the_one_that_a_part_of_their_key_references() {
    let (_database, mut scope) = shared_tables(&[Club::DEF, Seat::DEF]);
    let scope = &mut scope;
    let [red, blue] = clubs(scope);
    Seat::find((1, &red))
        .one(scope)
        .unwrap()
        .delete(scope)
        .unwrap();
    let key = red.key();
    red.delete(scope).unwrap();
    assert_eq!(seats(scope), of("blue", &[1, 2]));
    let mut red = Club::find(key).with_deleted().one(scope).unwrap();
    red.restore(scope).unwrap();
    // The one that was deleted before stays so.
    assert_eq!(
        seats(scope),
        [of("blue", &[1, 2]), of("red", &[2])].concat()
    );
    let (_, left) = Club::query()
        .filter(Club::ID.eq(red.id))
        .with(Club::SEATS)
        .one(scope)
        .map(|(club, seats)| (club, seats.len()))
        .unwrap();
    assert_eq!(left, 1);
    let gone = Club::delete_where(Club::NAME.eq("blue")).returning(scope);
    assert_eq!(gone.unwrap().len(), 1);
    assert_eq!(seats(scope), of("red", &[2]));
    let blues = Seat::find((1, &blue)).with_deleted().one(scope).unwrap();
    assert_eq!(blues.version, 2);
}

#[test]
fn a_deleted_row_still_has_its_key() {
    let (_database, mut scope) = shared_tables(&[Club::DEF, Seat::DEF]);
    let scope = &mut scope;
    let [red, _] = clubs(scope);
    Seat::find((1, &red))
        .one(scope)
        .unwrap()
        .delete(scope)
        .unwrap();
    let new = || NewSeat::new(1, &red, "new");
    let taken = Seat::insert(new()).execute(scope).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Unique, "{taken}");
    let key = (Seat::NUMBER, Seat::CLUB);
    let got = Seat::insert(new()).on_conflict(key).get_or_insert(scope);
    let got = got.unwrap();
    assert!(!got.is_new() && got.into_row().gone.is_some());
    let missing = Seat::update_many(Seat::HOLDER, [((1, &red), "x")]).execute(scope);
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
    // It is changed, and stays deleted unless it takes that of the new row too.
    let upsert = || Seat::insert_many([new(), NewSeat::new(3, &red, "new")]).on_conflict(key);
    assert_eq!(upsert().update(Seat::HOLDER).execute(scope).unwrap(), 2);
    assert!(!Seat::find((1, &red)).exists(scope).unwrap());
    let rows = upsert().update((Seat::HOLDER, Seat::GONE)).returning(scope);
    assert!(rows.unwrap().iter().all(|seat| seat.gone.is_none()));
    let row = Seat::find((1, &red)).one(scope).unwrap();
    assert_eq!((row.holder.as_str(), row.version), ("new", 4));
}

#[test]
fn pages_and_sums_leave_out_deleted_rows() {
    let (_database, mut scope) = shared_tables(&[Club::DEF, Seat::DEF]);
    let scope = &mut scope;
    let [red, _] = clubs(scope);
    Seat::find((1, &red))
        .one(scope)
        .unwrap()
        .delete(scope)
        .unwrap();
    let first = || Seat::query().order_by(Seat::CLUB.asc()).limit(2);
    let sum = first().select(Seat::NUMBER.sum()).one(scope);
    assert_eq!(sum.unwrap(), Some(3));
    let sum = first().with_deleted().select(Seat::NUMBER.sum()).one(scope);
    assert_eq!(sum.unwrap(), Some(3));
    let seats = |page: tenantry::query::KeysetPage<_>| page.rows.len();
    let page = Seat::query().keyset(10).all(scope);
    assert_eq!(page.map(seats).unwrap(), 3);
    let page = Seat::query().with_deleted().keyset(10).all(scope);
    assert_eq!(page.map(seats).unwrap(), 4);
}
