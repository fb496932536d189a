//! Models that get a key of several columns, lose it, or have it in another order.

use tenantry::migrate::{Choices, NewMigration, Phase, changes, make_with};
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, migrator};

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
        // One that is made afterwards has the same at once.
        create(&mut given.client, &format!("later_{length}"));
        given.expect_structure(&[after]);
        let count = "SELECT count(*)::text FROM {t}.pairs";
        assert_eq!(given.finds(count), ["100"]);
        before = after;
    }
}

mod renamed {
    use super::*;

    #[tenant_model(table = "pairs")]
    pub(crate) struct Couple {
        #[field(key, was = "left")]
        pub one: i64,
        #[field(key)]
        pub right: i32,
    }
}

#[test]
fn columns_of_a_key_get_other_names_and_types() {
    let rows = "INSERT INTO {t}.pairs SELECT n / 10, n % 10 FROM generate_series(0, 99) AS n";
    let mut given = Given::new(&[paired::Pair::DEF], rows);
    let made = given.write(&[renamed::Couple::DEF], &Choices::new());
    let words: Vec<String> = made
        .iter()
        .flat_map(NewMigration::operations)
        .map(ToString::to_string)
        .collect();
    assert!(
        !words.iter().any(|it| it.contains("primary key")),
        "the key goes with its columns: {words:?}"
    );
    run_all(&mut given);
    given.expect_structure(&[renamed::Couple::DEF]);
    let keys = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'pairs_pkey' AND conrelid = '{t}.pairs'::regclass";
    assert_eq!(given.finds(keys), ["PRIMARY KEY (one, \"right\")"]);
}

mod numbered {
    use super::*;

    #[tenant_model]
    pub(crate) struct Pair {
        #[field(key)]
        pub left: i32,
        #[field(key)]
        pub right: i32,
        #[field(key)]
        pub number: i32,
    }
}

#[test]
fn a_new_part_of_a_key_needs_a_value_for_rows_that_are_there() {
    let rows = "INSERT INTO {t}.pairs SELECT n / 10, n % 10 FROM generate_series(0, 99) AS n";
    let mut given = Given::new(&[paired::Pair::DEF], rows);
    let asked = make_with(
        &[numbered::Pair::DEF],
        &given.chain(),
        None,
        &Choices::new(),
    );
    let asked = asked.unwrap_err().to_string();
    assert!(asked.contains("pairs.number"), "{asked}");
    given.write(
        &[numbered::Pair::DEF],
        &Choices::new().fill("pairs.number", "7"),
    );
    run_all(&mut given);
    given.expect_structure(&[numbered::Pair::DEF]);
    let sum = "SELECT sum(number)::text FROM {t}.pairs";
    assert_eq!(given.finds(sum), ["700"]);
}

#[test]
fn a_key_that_rows_do_not_keep_is_told_before_anything_is_lost() {
    let twice = ROWS.replace("n / 10, n % 10", "n, n")
        + "; ALTER TABLE {t}.pairs DROP CONSTRAINT pairs_left_right_key; \
         INSERT INTO {t}.pairs (\"left\", \"right\") VALUES (1, 1)";
    let mut given = Given::new(&[surrogate::Pair::DEF], &twice);
    let bare = "ALTER TABLE {t}.pairs ADD CONSTRAINT pairs_left_right_key UNIQUE (id, \"left\")";
    for tenant in crate::given::TENANTS {
        given.run(tenant, bare);
    }
    given.write(
        &[paired::Pair::DEF],
        &Choices::new().accept_loss("pairs.id"),
    );
    let chain = given.chain();
    let refused = migrator(chain)
        .phase(Phase::Contract)
        .on(&mut given.client)
        .run()
        .unwrap_err()
        .to_string();
    assert!(refused.contains("pairs_pkey"), "{refused}");
    let count = "SELECT count(id)::text FROM {t}.pairs";
    assert_eq!(given.finds(count), ["101"]);
}
