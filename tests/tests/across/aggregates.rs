//! Aggregates and groups of the rows of all tenants.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, Plan};

use super::{STATEMENTS, decimal, fleet, key, shop};

#[test]
fn aggregates_are_of_all_rows_however_many_statements_there_are() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let query = Invoice::query().select((
            count(),
            Invoice::TOTAL.sum(),
            Invoice::TOTAL.avg(),
            Invoice::TOTAL.min(),
            Invoice::TOTAL.max(),
            Invoice::TOTAL.count_distinct(),
            Invoice::NUMBER.sum(),
            Invoice::NUMBER.avg(),
            Invoice::PAID.bool_and(),
            Invoice::PAID.bool_or(),
        ));
        let answer = query.across(&mut fleet).unwrap();
        assert_eq!((answer.tenants(), answer.left_out().len()), (5, 0));
        let row = answer.whole().unwrap().pop().unwrap();
        assert_eq!((row.0, row.1), (10, Some(Decimal::from(120))));
        assert_eq!(row.2.map(|it| it.normalize()), Some(Decimal::from(12)));
        assert_eq!(
            (row.3, row.4, row.5),
            (Some(Decimal::from(1)), Some(Decimal::from(40)), 8)
        );
        assert_eq!(row.6, Some(20));
        assert_eq!(row.7.map(|it| it.normalize()), Some(Decimal::from(2)));
        assert_eq!((row.8, row.9), (Some(false), Some(true)));
    }
}

#[test]
fn an_average_is_not_the_average_of_averages() {
    let shop = shop();
    for tenants in STATEMENTS {
        let query = Invoice::query()
            .filter(Invoice::PAID.eq(false))
            .select(Invoice::TOTAL.avg());
        let answer = query.across(&mut fleet(&shop, tenants)).unwrap();
        // 5, 7, 1, 3, 3, 9: of three tenants with averages of 6, 1 and 5.
        let average = answer.whole().unwrap()[0].unwrap();
        assert_eq!(average.round_dp(6), decimal("4.666667"));
    }
}

#[test]
fn filters_of_aggregates_and_expressions_over_them_are_of_all_rows() {
    let shop = shop();
    for tenants in STATEMENTS {
        let paid = Invoice::TOTAL.sum().filter(Invoice::PAID);
        let query = Invoice::query().select((
            paid.clone(),
            paid.coalesce(Decimal::ZERO) + Decimal::from(1),
            count().filter(Invoice::TOTAL.gt(Decimal::from(1000))),
            Invoice::TOTAL.count_distinct().filter(!Invoice::PAID),
            Invoice::TOTAL
                .avg()
                .filter(Invoice::TOTAL.gt(Decimal::from(1000))),
        ));
        let row = query.across(&mut fleet(&shop, tenants)).unwrap();
        let row = row.whole().unwrap().pop().unwrap();
        assert_eq!((row.0, row.1), (Some(decimal("92")), decimal("93")));
        assert_eq!((row.2, row.3, row.4), (0, 5, None));
    }
}

#[test]
fn what_needs_all_values_gets_them_whole() {
    let shop = shop();
    for tenants in STATEMENTS {
        let query = Customer::query().select((
            Customer::NAME.count_distinct(),
            Customer::NAME.array_agg(),
            Customer::NAME.string_agg("+"),
            Customer::NOTE.array_agg(),
        ));
        let row = query.across(&mut fleet(&shop, tenants)).unwrap();
        let (names, list, text, notes) = row.whole().unwrap().pop().unwrap();
        assert_eq!(names, 2);
        let four = |name: &str| vec![name.to_owned(); 4];
        let all = [four("Ann"), four("Bob")].concat();
        assert_eq!((list, text), (Some(all.clone()), Some(all.join("+"))));
        assert_eq!(notes, Some(vec![None::<String>; 8]));
    }
}

#[test]
fn groups_are_of_all_tenants_with_their_conditions_orders_and_limits() {
    let shop = shop();
    for tenants in STATEMENTS {
        let query = Invoice::query()
            .group_by((Invoice::TOTAL, Invoice::PAID))
            .having(count().gt(1))
            .order_by(count().desc())
            .order_by_key(|(total, _)| total.asc())
            .select((count(), Invoice::NUMBER.max()));
        let rows = query.clone().across(&mut fleet(&shop, tenants)).unwrap();
        let twice = |total: i64, paid, number| ((Decimal::from(total), paid), (2, Some(number)));
        assert_eq!(
            rows.whole().unwrap(),
            [twice(3, false, 2), twice(20, true, 2)]
        );
        let rows = query.offset(1).limit(1).across(&mut fleet(&shop, tenants));
        assert_eq!(rows.unwrap().whole().unwrap(), [twice(20, true, 2)]);
    }
}

#[test]
fn groups_by_what_tenants_share_are_of_shared_rows() {
    let shop = shop();
    for tenants in STATEMENTS {
        let query = Customer::query()
            .filter(Customer::PLAN.on(Plan::MONTHLY.gt(Decimal::ZERO)))
            .group_by(Customer::PLAN.to(Plan::CODE))
            .select((count(), Customer::EMAIL.count_distinct()));
        let rows = query.across(&mut fleet(&shop, tenants)).unwrap();
        assert_eq!(rows.whole().unwrap(), [("pro".to_owned(), (8, 2))]);
    }
}

#[test]
fn groups_by_tenant_have_the_tenant() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let query = Invoice::query().select((count(), Invoice::TOTAL.sum()));
        let rows = query.by_tenant(&mut fleet).unwrap().whole().unwrap();
        let sums = [32, 21, 0, 27, 40].map(Decimal::from);
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(tenant, (_, sum))| (tenant, sum.unwrap_or_default()))
            .collect();
        let keys = ["acme", "globex", "initech", "o.brien-sons", "umbrella"].map(key);
        assert_eq!(rows, keys.into_iter().zip(sums).collect::<Vec<_>>());
        let query = Invoice::query()
            .group_by(Invoice::PAID)
            .order_by_key(|paid| paid.desc())
            .select(count());
        let rows = query.by_tenant(&mut fleet).unwrap().whole().unwrap();
        let acme: Vec<_> = rows.iter().take(2).map(|(_, row)| *row).collect();
        assert_eq!((rows.len(), acme), (7, vec![(true, 1), (false, 2)]));
    }
}

#[test]
fn nobody_has_no_rows_and_sums_of_none() {
    let shop = Shop::new();
    let mut fleet = fleet(&shop, 100);
    let query = Invoice::query().select((
        count(),
        Invoice::TOTAL.sum().coalesce(Decimal::ONE),
        Invoice::TOTAL.avg(),
        Invoice::NUMBER.max(),
        Invoice::NUMBER.count_distinct(),
    ));
    let answer = query.across(&mut fleet).unwrap();
    assert_eq!((answer.tenants(), answer.versions().len()), (0, 0));
    let row = answer.whole().unwrap().pop().unwrap();
    assert_eq!(row, (0, Decimal::ONE, None, None, 0));
    let query = Invoice::query().group_by(Invoice::PAID).select(count());
    assert_eq!(query.across(&mut fleet).unwrap().rows(), []);
    assert!(
        Invoice::query()
            .across(&mut fleet)
            .unwrap()
            .rows()
            .is_empty()
    );
}

#[test]
fn values_at_the_edges_come_through() {
    let shop = shop();
    let mut acme = shop.tenant("acme");
    let huge = decimal("79228162514264337593543950335");
    Invoice::update_where(Invoice::NUMBER.eq(1))
        .set(Invoice::TOTAL, huge)
        .execute(&mut acme)
        .unwrap();
    let note = "a\\b\"c'd\n{},NULL \u{1F600}";
    Customer::update_where(Customer::NAME.eq("Ann"))
        .set(Customer::NOTE, Some(note.to_owned()))
        .execute(&mut acme)
        .unwrap();
    drop(acme);
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let query = Invoice::query().select((
            Invoice::TOTAL.max(),
            Invoice::CUSTOMER.to(Customer::NOTE).max(),
        ));
        let row = query.across(&mut fleet).unwrap().whole().unwrap();
        assert_eq!(row, [(Some(huge), Some(note.to_owned()))]);
        let query = Customer::query()
            .group_by((
                Customer::NOTE,
                Customer::PAYMENT,
                Customer::CREATED_AT.part(tenantry::query::TimePart::Year),
            ))
            .order_by_key(|(note, ..)| note.asc())
            .select(count());
        let rows = query.across(&mut fleet).unwrap().whole().unwrap();
        let notes: Vec<_> = rows.into_iter().map(|((note, ..), n)| (note, n)).collect();
        assert_eq!(notes, [(Some(note.to_owned()), 1), (None, 7)]);
    }
}

#[test]
fn queries_for_other_rows_behind_aggregates_are_refused() {
    let shop = shop();
    let customers = Customer::query().select(count()).scalar();
    let query = Invoice::query().select(count() + customers.coalesce(0));
    let error = query.clone().across(&mut fleet(&shop, 100)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`by_tenant`"), "{error}");
    let rows = query.by_tenant(&mut fleet(&shop, 100)).unwrap();
    assert_eq!(rows.whole().unwrap()[0], (key("acme"), 5));
}

#[test]
fn quotients_with_more_digits_than_a_decimal_has_are_read() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let fleet = &mut fleet;
        // The server gives five of them as 0.00000000000016666666666666666667.
        let small = || Invoice::TOTAL / decimal("30000000000000");
        let rounded = decimal("0.0000000000001666666666666667");
        let fives = Invoice::query().filter(Invoice::TOTAL.eq(decimal("5")));
        let rows = fives.clone().select(small()).across(fleet).unwrap();
        assert_eq!(rows.whole().unwrap(), [(key("acme"), rounded)]);
        let rows = fives.clone().select(small()).by_tenant(fleet).unwrap();
        assert_eq!(rows.whole().unwrap(), [(key("acme"), rounded)]);
        let mut told = Vec::new();
        let each = fives
            .clone()
            .select(small())
            .for_each_tenant(fleet, |_, it| {
                told.push(it);
                Ok(())
            });
        assert_eq!(each.unwrap().tenants(), 5);
        assert_eq!(told, [rounded]);
        let average = fives.select(small().avg()).across(fleet).unwrap();
        assert_eq!(average.whole().unwrap(), [Some(rounded)]);
    }
}
