//! Numbers that the server computes: what it has rounded itself is read, and what is exact is read exactly or refused.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::expr::Over;
use tenantry_tests::tables::shared_table;

use super::refused;

#[shared_model]
#[derive(Debug)]
struct Dose {
    #[field(key)]
    id: i64,
    grams: Decimal,
    count: i64,
    part_of: Option<Fk<Dose>>,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn doses(grams: &[&str]) -> (tenantry::testing::TestDb, SharedScope) {
    let (database, mut scope) = shared_table::<Dose>();
    let rows = grams.iter().map(|grams| NewDose::new(decimal(grams), 3));
    Dose::insert_many(rows).execute(&mut scope).unwrap();
    (database, scope)
}

#[test]
fn averages_and_quotients_of_small_numbers_are_read() {
    let (_database, mut scope) = doses(&["0.0000000000001", "0.0000000000001", "0"]);
    let scope = &mut scope;
    // The server gives 0.00000000000006666666666666666667.
    let average = decimal("0.0000000000000666666666666667");
    let all = Dose::query();
    let averages = all.clone().select((Dose::COUNT.avg(), Dose::GRAMS.avg()));
    assert_eq!(
        averages.one(scope).unwrap(),
        (Some(decimal("3")), Some(average))
    );
    let of_groups = all.clone().group_by(Dose::COUNT).select(Dose::GRAMS.avg());
    assert_eq!(of_groups.all(scope).unwrap(), [(3, Some(average))]);
    let around = all.clone().select(Dose::GRAMS.avg().over(Over::all()));
    assert_eq!(around.all(scope).unwrap(), [Some(average); 3]);
    let third = decimal("0.0000000000000333333333333333");
    let thirds = all
        .clone()
        .order_by(Dose::ID.asc())
        .select(Dose::GRAMS / decimal("3"));
    let every = [third, third, Decimal::ZERO];
    assert_eq!(thirds.clone().all(scope).unwrap(), every);
    assert_eq!(thirds.clone().first(scope).unwrap(), Some(third));
    for (read, third) in thirds
        .clone()
        .try_all(scope)
        .unwrap()
        .into_iter()
        .zip(every)
    {
        assert_eq!(read.unwrap(), third);
    }
    let mut told = Vec::new();
    let each = thirds.for_each(scope, |third| {
        told.push(third);
        Ok(())
    });
    assert_eq!((each.unwrap(), &told[..]), (3, &every[..]));
    let sum = all.select((Dose::GRAMS / decimal("3")).sum());
    let two_thirds = decimal("0.0000000000000666666666666667");
    assert_eq!(sum.one(scope).unwrap(), Some(two_thirds));
}

#[test]
fn what_is_exact_is_never_rounded() {
    let (_database, mut scope) = doses(&["0.3333333333333333333333333333", "-100"]);
    let scope = &mut scope;
    let all = || Dose::query().order_by(Dose::ID.asc());
    let sum = || Dose::GRAMS.sum();
    let words = ["sum", "more digits", ".round_to(10)", "::text"];
    refused(all().select(sum()).one(scope), ErrorKind::Decode, &words);
    let rounded = all().select(sum().round_to(10)).one(scope).unwrap();
    assert_eq!(rounded, Some(decimal("-99.6666666667")));
    let text = all().select(sum().cast::<String>()).one(scope).unwrap();
    assert_eq!(text.as_deref(), Some("-99.6666666666666666666666666667"));
    // Of a whole that has been rounded no digit is exact: 28 are kept.
    let average = all().select(Dose::GRAMS.avg()).one(scope).unwrap();
    assert_eq!(average, Some(decimal("-49.833333333333333333333333333")));
    // A quotient that is only compared with leaves what is selected as exact as it is.
    let square = Dose::GRAMS * Dose::GRAMS;
    refused(
        all().select(square).all(scope),
        ErrorKind::Decode,
        &["more digits"],
    );
    let compared = (Dose::GRAMS / decimal("3")).gt(decimal("0"));
    let kept = tenantry::query::case(compared, Dose::GRAMS * Dose::GRAMS).otherwise(decimal("0"));
    refused(
        all().select(kept).all(scope),
        ErrorKind::Decode,
        &["more digits"],
    );
}

#[test]
fn what_is_too_great_is_refused_however_it_came() {
    let (_database, mut scope) = doses(&["79228162514264337593543950335"]);
    let quotient = Dose::query().select(Dose::GRAMS / decimal("0.1"));
    refused(
        quotient.all(&mut scope),
        ErrorKind::Decode,
        &["more digits"],
    );
    let whole = Dose::query()
        .select(Dose::GRAMS / decimal("1"))
        .one(&mut scope);
    assert_eq!(whole.unwrap(), Decimal::MAX);
}
