//! Models that others reference, and whose key gets several columns or loses them.

use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry_tests::fleet::migrator;

use crate::given::Given;

mod single {
    use super::*;

    #[tenant_model]
    pub(crate) struct Account {
        #[field(key)]
        pub id: i64,
        pub region: i32,
    }

    #[tenant_model]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(column = "account")]
        pub account: Fk<Account>,
    }
}

mod several {
    use super::*;

    #[tenant_model]
    pub(crate) struct Account {
        #[field(key)]
        pub region: i32,
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(index)]
        pub account: i64,
    }
}

const ROWS: &str = "INSERT INTO {t}.accounts (region) SELECT n FROM generate_series(1, 10) AS n; \
                    INSERT INTO {t}.bills (account) SELECT n FROM generate_series(1, 10) AS n";

#[test]
fn a_key_that_was_referenced_gets_several_columns_and_back() {
    let single = [single::Account::DEF, single::Bill::DEF];
    let several = [several::Account::DEF, several::Bill::DEF];
    let mut given = Given::new(&single, ROWS);
    let words = given.become_(&several, &Choices::new());
    let dropped = "drop foreign key `bills_account_fkey` from tenant table `bills`";
    assert_eq!(words[0], dropped, "before the key that it needs");
    let many = "SELECT count(*)::text FROM {t}.accounts JOIN {t}.bills ON account = accounts.id";
    assert_eq!(given.finds(many), ["10"]);

    let numbered = ROWS.replace("(region) SELECT n", "(region, id) SELECT n, n");
    let mut given = Given::new(&several, &numbered);
    let words = given.become_(&single, &Choices::new());
    let added = "add foreign key `bills_account_fkey` to tenant table `bills`";
    assert_eq!(words.last().unwrap(), added);
    numbers_go_on(&mut given);
    // A tenant without rows begins at the beginning.
    given.run("later", "INSERT INTO {t}.accounts (region) VALUES (1)");
    assert_eq!(given.finds_in("later", LAST), ["1"]);
}

const LAST: &str = "SELECT max(id)::text FROM {t}.accounts";

/// A new row has the number behind those of rows that are there.
fn numbers_go_on(given: &mut Given) {
    given.run("acme", "INSERT INTO {t}.accounts (region) VALUES (1)");
    assert_eq!(given.finds_in("acme", LAST), ["11"]);
}

#[test]
fn numbers_go_on_where_a_key_of_several_columns_is_taken_back() {
    let mut given = Given::new(&[single::Account::DEF, single::Bill::DEF], ROWS);
    given.write(
        &[several::Account::DEF, several::Bill::DEF],
        &Choices::new(),
    );
    given.migrate();
    let chain = given.chain();
    let back = migrator(chain).on(&mut given.client).rollback(Some("1"));
    back.unwrap();
    numbers_go_on(&mut given);
}

mod optional {
    use super::*;

    #[tenant_model]
    pub(crate) struct Slot {
        #[field(key)]
        pub id: i64,
        pub name: Option<String>,
    }
}

mod wide {
    use super::*;

    #[tenant_model]
    pub(crate) struct Slot {
        #[field(key)]
        pub id: i32,
        #[field(key)]
        pub name: String,
    }
}

#[test]
fn a_column_that_could_be_null_becomes_a_part_of_the_key() {
    let rows = "INSERT INTO {t}.slots (name) SELECT CASE WHEN n > 3 THEN n::text END FROM generate_series(1, 10) AS n";
    let mut given = Given::new(&[optional::Slot::DEF], rows);
    given.become_(
        &[filled::Slot::DEF],
        &Choices::new().fill("slots.name", "'none'"),
    );
    let many = "SELECT count(*)::text FROM {t}.slots WHERE name = 'none'";
    assert_eq!(given.finds(many), ["3"]);
}

#[test]
fn parts_of_a_key_get_other_types() {
    let rows =
        "INSERT INTO {t}.slots (id, name) SELECT n, n::text FROM generate_series(1, 10) AS n";
    let mut given = Given::new(&[filled::Slot::DEF], rows);
    given.become_(&[wide::Slot::DEF], &Choices::new());
    let key = "SELECT pg_get_constraintdef(oid) FROM pg_constraint \
               WHERE conname = 'slots_pkey' AND conrelid = '{t}.slots'::regclass";
    assert_eq!(given.finds(key), ["PRIMARY KEY (id, name)"]);
}

mod filled {
    use super::*;

    #[tenant_model]
    pub(crate) struct Slot {
        #[field(key)]
        pub id: i64,
        #[field(key, max_length = 20)]
        pub name: String,
    }
}
