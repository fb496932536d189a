//! Uniqueness that goes without anything in its place: the version from before counts on it until it is gone.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;
use crate::releases::{Work, does, only_there, there_and_back};

/// A model of the table in question.
macro_rules! order {
    ($name:ident, [$($parts:tt)*], { $($fields:tt)* }) => {
        mod $name {
            use super::*;

            #[tenant_model(table = "order", $($parts)*)]
            pub(super) struct Order {
                #[field(key)]
                pub(super) id: i64,
                pub(super) rank: i32,
                pub(super) part: i32,
                pub(super) note: String,
                $($fields)*
            }

            pub(super) const MODELS: [&ModelDef; 1] = [Order::DEF];
        }
    };
}

order!(
    before,
    [unique(rank), unique(part, note), unique("lower(gone)", name = "user")],
    {
        #[field(unique)]
        pub(super) gone: Option<String>,
    }
);
order!(after, [], {});

order!(lost, [unique(part, lost), unique(flag, part)], {
    pub(super) lost: i32,
    #[field(default = 0)]
    pub(super) flag: i32,
});
order!(
    exchanged,
    [unique(note, name = "select", filter = "rank < 0")],
    {}
);
order!(plain, [index(part, name = "select")], {});

const ROWS: &str =
    "INSERT INTO {t}.\"order\" (rank, part, note) VALUES (-1, -1, 'a'), (-2, -2, 'a')";

fn given(before: &[&'static ModelDef]) -> Given {
    Given::new(before, ROWS)
}

#[test]
fn the_phases_are_those_in_which_upserts_find_what_they_name() {
    let steps = |from: &[&'static ModelDef], rows: &str, to: &[&'static ModelDef]| {
        let lost = ["order.gone", "order.lost", "order.flag"];
        let has = |name: &&&str| {
            from[0]
                .columns
                .iter()
                .any(|it| format!("order.{}", it.name) == **name)
        };
        let choices = lost.iter().filter(|name| has(name));
        let choices = choices.fold(Choices::new(), |all, it| all.accept_loss(*it));
        Given::new(from, rows).steps(to, &choices)
    };
    assert_eq!(
        steps(&before::MODELS, ROWS, &after::MODELS),
        [
            "contract",
            "  drop unique constraint `order_gone_key` from tenant table `order`",
            "  drop unique constraint `order_part_note_key` from tenant table `order`",
            "  drop unique constraint `order_rank_key` from tenant table `order`",
            "  drop index `user` of tenant table `order`",
            "  drop column `gone` from tenant table `order`",
        ]
    );
    // All rows of the next version have one value in what goes if it has a default, and none in the other.
    assert_eq!(
        steps(&lost::MODELS, "", &after::MODELS),
        [
            "expand",
            "  drop unique constraint `order_flag_part_key` from tenant table `order`",
            "  allow nulls in column `lost` of tenant table `order`",
            "contract",
            "  drop unique constraint `order_part_lost_key` from tenant table `order`",
            "  drop column `lost` from tenant table `order`",
            "  drop column `flag` from tenant table `order`",
        ]
    );
    // One name is not had twice, so the next one waits too.
    assert_eq!(
        steps(
            &exchanged::MODELS,
            ROWS.replace("-2, 'a'", "-2, 'b'").as_str(),
            &plain::MODELS
        ),
        [
            "contract",
            "  create index `order_select_5508353b_next` on tenant table `order`",
            "  drop index `select` of tenant table `order`",
            "  rename index `order_select_5508353b_next` of tenant table `order` to `select`",
        ]
    );
}

#[test]
fn uniqueness_is_taken_back() {
    let mut given = given(&before::MODELS);
    given.become_(&after::MODELS, &Choices::new().accept_loss("order.gone"));
}

#[test]
fn upserts_of_the_version_from_before_go_on_until_it_is_gone_and_after_it_is_back() {
    let mut given = given(&before::MODELS);
    given.write(&after::MODELS, &Choices::new().accept_loss("order.gone"));
    let releases: (Work, Work) = (
        |client, nth| {
            let few = nth % 50;
            for (target, rest) in [
                ("rank", format!("({few}, {few}, 'old', NULL)")),
                ("part, note", format!("({few}, {few}, 'old', NULL)")),
                (
                    "gone",
                    format!("({}, {nth}, 'gone', 'g{few}')", 10_000 + 2 * nth),
                ),
                (
                    "lower(gone)",
                    format!("({}, {nth}, 'low', 'G{few}')", 10_001 + 2 * nth),
                ),
            ] {
                let sql = format!(
                    "INSERT INTO acme.\"order\" (rank, part, note, gone) VALUES {rest} ON CONFLICT ({target}) DO UPDATE SET id = DEFAULT"
                );
                does(client, &sql);
            }
        },
        |client, nth| {
            let sql = format!(
                "INSERT INTO acme.\"order\" (rank, part, note) VALUES ({0}, {0}, 'new')",
                2_000_000 + nth
            );
            does(client, &sql);
        },
    );
    there_and_back(&mut given, releases, ("", ""));
    given.expect_structure(&before::MODELS);
}

#[test]
fn a_column_that_goes_and_has_a_default_is_unique_no_more_once_rows_are_written_without_it() {
    let mut given = Given::new(&lost::MODELS, "");
    let choices = Choices::new()
        .accept_loss("order.lost")
        .accept_loss("order.flag");
    given.write(&after::MODELS, &choices);
    let releases: (Work, Work) = (
        |client, nth| {
            let sql = format!(
                "INSERT INTO acme.\"order\" (rank, part, note, lost, flag) VALUES (1, 1, 'old', {0}, {nth}) \
                 ON CONFLICT (part, lost) DO UPDATE SET rank = 2",
                nth % 50
            );
            does(client, &sql);
        },
        |client, _| {
            does(
                client,
                "INSERT INTO acme.\"order\" (rank, part, note) VALUES (1, 1, 'new')",
            );
        },
    );
    only_there(&mut given, releases, "");
    given.expect_structure(&after::MODELS);
}
