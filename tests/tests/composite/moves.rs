//! Models with a key of several columns that are placed otherwise.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::moved::{Given, TENANTS};

/// Prices of tenants: by the code of a good, and from how many on.
mod own {
    use super::*;

    #[tenant_model]
    #[derive(Debug)]
    pub(crate) struct Price {
        #[field(key, max_length = 20)]
        pub good: String,
        pub cents: i64,
        #[field(key)]
        pub from: i32,
    }
}

mod common {
    use super::*;

    #[shared_model]
    #[derive(Debug)]
    pub(crate) struct Price {
        #[field(key, max_length = 20)]
        pub good: String,
        pub cents: i64,
        #[field(key)]
        pub from: i32,
        pub owner: String,
    }
}

/// The same with whose they are in the key.
mod owned {
    use super::*;

    #[shared_model]
    #[derive(Debug)]
    pub(crate) struct Price {
        #[field(key)]
        pub owner: String,
        #[field(key, max_length = 20)]
        pub good: String,
        #[field(key)]
        pub from: i32,
        pub cents: i64,
    }
}

mod dealt {
    use super::*;

    #[tenant_model]
    #[derive(Debug)]
    pub(crate) struct Price {
        #[field(key)]
        pub owner: String,
        #[field(key, max_length = 20)]
        pub good: String,
        #[field(key)]
        pub from: i32,
        pub cents: i64,
    }
}

const OWN: [&ModelDef; 1] = [own::Price::DEF];
const COMMON: [&ModelDef; 1] = [common::Price::DEF];

/// Two prices of a good for each tenant.
fn with_rows() -> Given {
    let given = Given::new(&OWN);
    for name in TENANTS {
        let new = [1, 10].map(|from| own::NewPrice::new(format!("of {name}"), 5, from));
        own::Price::insert_many(new)
            .execute(&mut given.tenant(name))
            .unwrap();
    }
    given
}

fn collect() -> Choices {
    Choices::new().move_table("prices=collect:owner")
}

#[test]
fn rows_are_collected_and_brought_back_by_the_whole_key() {
    let mut given = with_rows();
    given.write(&COMMON, &collect());
    given.migrate();
    let mut shared = given.shared();
    let mut row = common::Price::find(("of acme", 10))
        .one(&mut shared)
        .unwrap();
    assert_eq!((row.owner.as_str(), row.cents), ("acme", 5));
    assert_eq!(common::Price::query().count(&mut shared).unwrap(), 6);
    row.cents = 7;
    row.save(&mut shared).unwrap();
    let other = common::Price::find(("of acme", 1))
        .one(&mut shared)
        .unwrap();
    other.delete(&mut shared).unwrap();
    drop(shared);
    given.roll_back("1");
    let mut acme = given.tenant("acme");
    let row = own::Price::query().one(&mut acme).unwrap();
    assert_eq!((row.from, row.cents), (10, 7));
    assert_eq!(given.drift(), [""; 0]);
}

#[test]
fn rows_that_two_tenants_have_by_one_key_are_listed_by_the_whole_key() {
    let mut given = with_rows();
    for name in ["acme", "globex"] {
        let insert = own::Price::insert(own::NewPrice::new("both", 1, 3));
        insert.execute(&mut given.tenant(name)).unwrap();
    }
    given.write(&COMMON, &collect());
    let error = given.fails_to_migrate();
    assert!(
        error.contains("both/3") && error.contains("help: "),
        "{error}"
    );
    let keys = Choices::new().move_table("prices=collect:owner,new_keys");
    let refused = Given::new(&OWN).refused(&COMMON, &keys);
    assert!(refused.contains("can't get new keys"), "{refused}");
}

#[test]
fn rows_are_dealt_out_by_a_part_of_their_key() {
    let mut given = Given::new(&[owned::Price::DEF]);
    for name in TENANTS {
        let new = [1, 10].map(|from| owned::NewPrice::new(name, "good", from, 5));
        owned::Price::insert_many(new)
            .execute(&mut given.shared())
            .unwrap();
    }
    let ways = given.refused(
        &[dealt::Price::DEF],
        &Choices::new().move_table("prices=collect"),
    );
    assert!(ways.contains("prices=deal:owner"), "{ways}");
    let deal = Choices::new().move_table("prices=deal:owner");
    given.write(&[dealt::Price::DEF], &deal);
    given.migrate();
    for name in TENANTS {
        let mut tenant = given.tenant(name);
        let found = dealt::Price::find((name, "good", 10)).exists(&mut tenant);
        assert!(found.unwrap());
        assert_eq!(dealt::Price::query().count(&mut tenant).unwrap(), 2);
    }
    given.expect_baseline();
    given.roll_back("1");
    let count = owned::Price::query().count(&mut given.shared());
    assert_eq!(count.unwrap(), 6);
    assert_eq!(given.drift(), [""; 0]);
}
