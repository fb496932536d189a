//! Models that get a key of several columns, lose it, or have it in another order.

use tenantry::migrate::{Choices, NewMigration, Phase, changes};
use tenantry::prelude::*;
use tenantry_tests::fleet::migrator;

use crate::given::Given;

mod surrogate {
    use super::*;

    #[tenant_model(unique(left, right))]
    pub(crate) struct Pair {
        #[field(key)]
        pub id: i64,
        pub left: i32,
        pub right: i32,
    }
}

mod paired {
    use super::*;

    #[tenant_model]
    pub(crate) struct Pair {
        #[field(key)]
        pub left: i32,
        #[field(key)]
        pub right: i32,
    }
}

mod turned {
    use super::*;

    #[tenant_model]
    pub(crate) struct Pair {
        #[field(key)]
        pub right: i32,
        #[field(key)]
        pub left: i32,
    }
}

mod longer {
    use super::*;

    #[tenant_model]
    pub(crate) struct Pair {
        #[field(key)]
        pub left: i32,
        #[field(key)]
        pub right: i32,
        #[field(key, default = 1)]
        pub number: i32,
    }
}

const ROWS: &str = "INSERT INTO {t}.pairs (\"left\", \"right\") SELECT n / 10, n % 10 FROM generate_series(0, 99) AS n";

/// Runs all that is pending, of whatever phase.
fn run_all(given: &mut Given) {
    for phase in [Phase::Expand, Phase::Contract] {
        let migrator = migrator(given.chain()).phase(phase);
        migrator.on(&mut given.client).run().unwrap();
    }
}

#[test]
fn a_key_changes_its_columns_and_their_order_with_rows_there() {
    let mut given = Given::new(&[surrogate::Pair::DEF], ROWS);
    let mut before = surrogate::Pair::DEF;
    let (turn, lose) = (Choices::new(), Choices::new().accept_loss("pairs.id"));
    for (after, choices) in [
        (paired::Pair::DEF, &lose),
        (turned::Pair::DEF, &turn),
        (longer::Pair::DEF, &turn),
        (
            paired::Pair::DEF,
            &Choices::new().accept_loss("pairs.number"),
        ),
    ] {
        let made = given.write(&[after], choices);
        let pending: Vec<_> = made.iter().flat_map(NewMigration::operations).collect();
        assert!(
            pending
                .iter()
                .any(|op| op.to_string().contains("primary key")),
            "{pending:?}"
        );
        assert_eq!(changes(&[after], &given.chain()).unwrap(), []);
        run_all(&mut given);
        given.expect_structure(&[after]);
        let first = made.len();
        let length = given.chain().migrations().len();
        let target = (length - first).to_string();
        let back = migrator(given.chain())
            .on(&mut given.client)
            .rollback(Some(&target));
        back.unwrap();
        given.expect_structure(&[before]);
        run_all(&mut given);
        given.expect_structure(&[after]);
        let count = "SELECT count(*)::text FROM {t}.pairs";
        assert_eq!(given.finds(count), ["100"]);
        before = after;
    }
}
