//! Upserts of more rows than a statement holds, of which two are the same to the server alone.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::excluded;
use tenantry::testing::TestDb;
use tenantry_tests::tables::shared_table;

/// More rows than a statement holds.
const MANY: i64 = 20_000;

/// Goods, unique by names whose capitals don't count, and by prices.
#[shared_model(
    unique(name = "goods_folded", "lower(name)", filter = "NOT withdrawn"),
    unique(name = "goods_priced", price, region)
)]
#[derive(Debug)]
struct Good {
    #[field(key)]
    id: i64,
    name: String,
    #[field(precision = 12, scale = 2)]
    price: Decimal,
    region: i32,
    #[field(default = false)]
    withdrawn: bool,
    #[field(default = 1)]
    count: i64,
}

/// A table whose name stands for the new row of an upsert elsewhere.
#[shared_model(table = "excluded")]
#[derive(Debug)]
struct Rejected {
    #[field(key)]
    id: i64,
    #[field(unique)]
    code: String,
    #[field(default = 1)]
    count: i64,
    #[field(version)]
    version: i64,
    #[field(auto_now)]
    at: Timestamp,
}

fn good(n: i64) -> NewGood {
    NewGood::new(format!("g{n}"), Decimal::from(n), 1)
}

/// Goods, and behind them one that the server takes for the first of them.
fn with_twin(twin: NewGood) -> impl Iterator<Item = NewGood> + Send {
    (0..MANY).map(good).chain([twin])
}

fn twin() -> NewGood {
    NewGood::new("G0", Decimal::from(-1), 1)
}

fn is_refused(error: &tenantry::Error) {
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    assert_eq!(
        error.to_string(),
        "two of the rows given would change the same row (model `Good`, operation `upsert`)\nhelp: give only one of them"
    );
}

#[test]
fn a_twin_by_an_expression_is_refused_in_a_later_statement() {
    let (_database, mut scope) = shared_table::<Good>();
    let upsert = || Good::insert_many(with_twin(twin())).on_conflict_with("goods_folded");
    let error = upsert().update(Good::COUNT).execute(&mut scope);
    is_refused(&error.unwrap_err());
    let error = upsert().update(Good::COUNT).returning(&mut scope);
    is_refused(&error.unwrap_err());
    let error = upsert().update(Good::COUNT).outcomes(&mut scope);
    is_refused(&error.unwrap_err());
    // Nor where the second would leave the first as it is, or give it another key.
    let never = upsert().update(Good::COUNT).filter(Good::COUNT.gt(1_000));
    is_refused(&never.execute(&mut scope).unwrap_err());
    let never = upsert()
        .update(Good::COUNT)
        .filter(Good::COUNT.gt(excluded(Good::COUNT)));
    is_refused(&never.returning(&mut scope).unwrap_err());
    let moved = upsert().set(Good::ID, Good::ID + 1_000_000);
    is_refused(&moved.execute(&mut scope).unwrap_err());
    assert_eq!(Good::query().count(&mut scope).unwrap(), 0);
    // What is left as it is may be given twice.
    let left = upsert().do_nothing().execute(&mut scope).unwrap();
    assert_eq!(left, u64::try_from(MANY).unwrap());
    // A row that was there is met once, and then once too often.
    let error = upsert().update(Good::PRICE).execute(&mut scope);
    is_refused(&error.unwrap_err());
    let first = Good::query().filter(Good::NAME.eq("g0"));
    assert_eq!(first.one(&mut scope).unwrap().price, Decimal::ZERO);
}

#[test]
fn a_twin_by_equal_numbers_is_refused_in_a_later_statement() {
    let (_database, mut scope) = shared_table::<Good>();
    // The same number, written with other digits.
    let equal = NewGood::new("other", Decimal::new(700, 2), 1);
    let upsert = Good::insert_many(with_twin(equal)).on_conflict((Good::PRICE, Good::REGION));
    let error = upsert.update(Good::NAME).execute(&mut scope).unwrap_err();
    is_refused(&error);
    assert_eq!(Good::query().count(&mut scope).unwrap(), 0);
}

#[test]
fn a_twin_that_a_trigger_makes_is_refused_in_a_later_statement() {
    let (database, mut scope) = shared_table::<Good>();
    let round = "CREATE FUNCTION shared.whole() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN NEW.price = trunc(NEW.price); RETURN NEW; END'; \
        CREATE TRIGGER whole BEFORE INSERT ON shared.goods FOR EACH ROW EXECUTE FUNCTION shared.whole()";
    database.connect().batch_execute(round).unwrap();
    let equal = NewGood::new("other", Decimal::new(750, 2), 1);
    let upsert = Good::insert_many(with_twin(equal)).on_conflict((Good::PRICE, Good::REGION));
    is_refused(&upsert.update(Good::NAME).returning(&mut scope).unwrap_err());
}

#[test]
fn a_row_that_a_trigger_has_written_anew_in_a_block_is_refused_in_a_later_statement() {
    let (database, mut scope) = shared_table::<Good>();
    let count = "CREATE FUNCTION shared.count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        BEGIN UPDATE shared.goods SET region = 2 WHERE id = NEW.id; EXCEPTION WHEN division_by_zero THEN NULL; END; RETURN NULL; END $$; \
        CREATE TRIGGER count AFTER INSERT ON shared.goods FOR EACH ROW WHEN (NEW.name IN ('g0', 'g7')) EXECUTE FUNCTION shared.count()";
    database.connect().batch_execute(count).unwrap();
    let upsert = |name| {
        let twin = NewGood::new(name, Decimal::from(-1), 1);
        let rows = Good::insert_many(with_twin(twin)).on_conflict_with("goods_folded");
        rows.update(Good::COUNT)
    };
    // By the first row it is known which transaction has written the others.
    for name in ["G0", "G1", "G7"] {
        is_refused(&upsert(name).execute(&mut scope).unwrap_err());
        is_refused(&upsert(name).returning(&mut scope).unwrap_err());
    }
    assert_eq!(Good::query().count(&mut scope).unwrap(), 0);
    // One that is left as it is was not changed.
    let left = upsert("G7").filter(Good::COUNT.gt(1_000));
    let left = left.execute(&mut scope).unwrap();
    assert_eq!(left, u64::try_from(MANY).unwrap());
}

#[test]
fn what_others_have_written_is_met_by_every_statement() {
    let (_database, mut scope) = shared_table::<Good>();
    let upsert = || {
        let rows = Good::insert_many((0..MANY).map(good)).on_conflict_with("goods_folded");
        rows.set(Good::COUNT, Good::COUNT + excluded(Good::COUNT))
    };
    assert!(
        upsert()
            .outcomes(&mut scope)
            .unwrap()
            .iter()
            .all(|it| it.is_new())
    );
    let done = scope.transaction(|tx| {
        // What the transaction itself has written before is there as well.
        upsert().execute(tx)?;
        let refused = Good::insert_many(with_twin(twin())).on_conflict_with("goods_folded");
        is_refused(&refused.update(Good::COUNT).execute(tx).unwrap_err());
        let again = upsert().filter(Good::COUNT.lt(10)).returning(tx)?;
        assert!(again.iter().all(|row| row.count == 3));
        let none = upsert().filter(Good::COUNT.gt(10)).execute(tx)?;
        assert_eq!(none, 0);
        Ok::<_, tenantry::Error>(again.len())
    });
    assert_eq!(done.unwrap(), usize::try_from(MANY).unwrap());
}

#[test]
fn a_twin_in_a_partitioned_table_is_refused_in_a_later_statement() {
    let (database, mut scope) = shared_table::<Good>();
    let in_parts = "DROP TABLE shared.goods; CREATE TABLE shared.goods ( \
        id bigint GENERATED BY DEFAULT AS IDENTITY, name text NOT NULL, price numeric(12,2) NOT NULL, region integer NOT NULL, \
        withdrawn boolean NOT NULL DEFAULT false, count bigint NOT NULL DEFAULT 1, UNIQUE (price, region)) PARTITION BY HASH (region); \
        CREATE TABLE shared.goods_0 PARTITION OF shared.goods FOR VALUES WITH (MODULUS 1, REMAINDER 0)";
    database.connect().batch_execute(in_parts).unwrap();
    let upsert = || {
        let equal = NewGood::new("other", Decimal::new(700, 2), 1);
        let rows = Good::insert_many(with_twin(equal));
        rows.on_conflict((Good::PRICE, Good::REGION))
            .update(Good::NAME)
    };
    is_refused(&upsert().execute(&mut scope).unwrap_err());
    is_refused(
        &upsert()
            .filter(Good::COUNT.gt(5))
            .returning(&mut scope)
            .unwrap_err(),
    );
    // Rows of several partitions, or of one, may have the same key.
    let of_one_key = (0..MANY).map(|n| good(n).id(n % 17_000));
    let many = Good::insert_many(of_one_key).on_conflict((Good::PRICE, Good::REGION));
    let many = many.update(Good::NAME).execute(&mut scope);
    assert_eq!(many.unwrap(), u64::try_from(MANY).unwrap());
}

#[tokio::test]
async fn a_twin_is_refused_in_a_later_statement_of_a_task() {
    let database = tokio::task::spawn_blocking(|| shared_table::<Good>().0);
    let database: TestDb = database.await.unwrap();
    let tasks = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = tasks.shared();
    let upsert = Good::insert_many(with_twin(twin())).on_conflict_with("goods_folded");
    let error = upsert.update(Good::COUNT).execute(&mut scope).await;
    is_refused(&error.unwrap_err());
    assert_eq!(Good::query().count(&mut scope).await.unwrap(), 0);
}

#[test]
fn a_table_may_be_called_as_the_new_row_is() {
    let (_database, mut scope) = shared_table::<Rejected>();
    for (count, version) in [(2, 1), (5, 2)] {
        let upsert =
            Rejected::insert(NewRejected::new("a").count(count)).on_conflict(Rejected::CODE);
        let upsert = upsert.update(Rejected::COUNT);
        let known = Rejected::query().filter(Rejected::COUNT.eq(excluded(Rejected::COUNT)));
        let upsert = upsert.filter(!known.gives_any());
        let row = upsert.returning(&mut scope).unwrap().unwrap();
        assert_eq!((row.count, row.version), (count, version));
    }
    let summed = Rejected::insert(NewRejected::new("a").count(1))
        .on_conflict(Rejected::CODE)
        .set(Rejected::COUNT, Rejected::COUNT + excluded(Rejected::COUNT));
    assert_eq!(summed.returning(&mut scope).unwrap().count, 6);
    let many = (0..MANY).map(|n| NewRejected::new(format!("{n}")));
    let many = Rejected::insert_many(many).on_conflict(Rejected::CODE);
    assert_eq!(
        many.update(Rejected::COUNT).execute(&mut scope).unwrap(),
        20_000
    );
}
