//! Queries that do not give what their structs say.

use tenantry::ErrorKind;
use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry_tests::fleet::migrator;

use crate::shop::{Customer, Invoice, MODELS, given};

/// Says that the sum of decimals is a whole number.
#[tenant_view(
    sql = "SELECT i.customer AS id, sum(i.{Invoice.total}) AS cents FROM {Invoice} i GROUP BY i.customer"
)]
struct Turnover {
    #[field(key)]
    id: i64,
    cents: i64,
}

#[tenant_view(sql = "SELECT c.id, c.name AS title FROM {Customer} c")]
struct Named {
    #[field(key)]
    id: i64,
    #[field(max_length = 40)]
    name: String,
}

#[tenant_view(sql = "SELECT c.id, c.naem AS name FROM {Customer} c")]
struct Mistyped {
    #[field(key)]
    id: i64,
    #[field(max_length = 40)]
    name: String,
}

#[test]
fn a_view_that_does_not_fit_its_struct_is_an_error_of_the_migration() {
    for (view, words) in [
        (
            Turnover::DEF,
            &[
                "turnovers",
                "\"cents\"",
                "from bigint to numeric",
                "help: the first is",
            ][..],
        ),
        (Named::DEF, &["nameds", "\"name\" to \"title\"", "help: "]),
        (Mistyped::DEF, &["mistypeds", "c.naem"]),
    ] {
        let mut given = given(&MODELS[..3]);
        let models = [&MODELS[..3], &[view]].concat();
        given.write(&models, &Choices::new());
        let run = migrator(given.chain()).on(&mut given.client).run();
        let error = run.unwrap_err();
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Migration, "{told}");
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}
