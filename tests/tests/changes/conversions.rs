//! Values of columns whose type is another.

use jiff::{Timestamp, civil};
use tenantry::migrate::{Choices, Question, make_with, questions};
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub at: Timestamp,
        pub day: Timestamp,
        pub local: civil::DateTime,
        pub paid: bool,
        pub seen: i64,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub at: civil::DateTime,
        pub day: Date,
        pub local: Timestamp,
        pub paid: i64,
        pub seen: bool,
    }
}

mod numbered {
    use super::*;

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub by: i64,
    }
}

mod named {
    use super::*;

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub by: Uuid,
    }
}

#[test]
fn moments_are_those_of_utc_in_every_session() {
    let rows = "INSERT INTO {t}.visits (at, day, local, paid, seen) VALUES \
        ('2026-01-01 20:30:00+00', '2026-01-01 20:30:00+00', '2026-01-01 20:30:00', true, 4), \
        ('infinity', '2026-01-01 01:00:00+00', '2026-07-01 00:00:00', false, 0)";
    let mut given = Given::new(&[before::Visit::DEF], rows);
    given.in_time_zone("Asia/Tokyo");
    given.become_(&[after::Visit::DEF], &Choices::new());
    let found = given.finds(
        "SELECT concat_ws(' | ', at, day, local AT TIME ZONE 'UTC', paid, seen) FROM {t}.visits ORDER BY id",
    );
    assert_eq!(
        found,
        [
            "2026-01-01 20:30:00 | 2026-01-01 | 2026-01-01 20:30:00 | 1 | t",
            "infinity | 2026-01-01 | 2026-07-01 00:00:00 | 0 | f",
        ]
    );
}

#[test]
fn a_type_that_no_value_becomes_is_asked_about() {
    let given = Given::new(&[numbered::Visit::DEF], "");
    let chain = given.chain();
    let asked = questions(&[named::Visit::DEF], &chain, &Choices::new()).unwrap();
    let [Question::Loss { of, words, .. }] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(of, "visits.by");
    assert!(
        words.contains("fails in every schema that has rows"),
        "{words}"
    );
    let accepted = Choices::new().accept_loss("visits.by");
    let asked = questions(&[named::Visit::DEF], &chain, &accepted).unwrap();
    assert_eq!(asked, []);
    let made = make_with(&[named::Visit::DEF], &chain, None, &accepted)
        .unwrap()
        .unwrap();
    assert_eq!(made.losses().count(), 1);
}
