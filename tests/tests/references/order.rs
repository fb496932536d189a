//! Rows of a tenant that reference each other, and all a row that goes.

use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{app, key};

/// A show that goes on tour.
#[shared_model]
struct Show {
    #[field(key)]
    id: i64,
}

/// A visit to an evening.
#[tenant_model]
struct Visit {
    #[field(key)]
    id: i64,
    evening: Fk<Evening>,
    #[field(constraint = false, on_delete = "cascade")]
    show: Fk<Show>,
}

/// An evening in a hall.
#[tenant_model]
struct Evening {
    #[field(key)]
    id: i64,
    hall: Fk<Hall>,
    #[field(constraint = false, on_delete = "cascade")]
    show: Fk<Show>,
}

/// A hall.
#[tenant_model]
struct Hall {
    #[field(key)]
    id: i64,
    #[field(constraint = false, on_delete = "cascade")]
    show: Fk<Show>,
}

/// An applause after a visit, of which the row of the show knows by the hall only.
#[tenant_model]
struct Applause {
    #[field(key)]
    id: i64,
    visit: Fk<Visit>,
    #[field(constraint = false, on_delete = "cascade")]
    show: Fk<Show>,
}

#[test]
fn those_go_first_that_reference_others() {
    let models = [
        Show::DEF,
        Visit::DEF,
        Evening::DEF,
        Hall::DEF,
        Applause::DEF,
    ];
    let database = TestDb::new();
    let db = app(database.url());
    db.migrator(chain_of(&models)).run().unwrap();
    let mut shared = db.shared().unwrap();
    let show = Show::insert(NewShow::new()).returning(&mut shared).unwrap();
    db.tenants().create(&key("acme")).unwrap();
    let mut acme = db.tenant_now(key("acme")).unwrap();
    let hall = Hall::insert(NewHall::new(&show))
        .returning(&mut acme)
        .unwrap();
    let evening = Evening::insert(NewEvening::new(&hall, &show))
        .returning(&mut acme)
        .unwrap();
    let visit = Visit::insert(NewVisit::new(&evening, &show))
        .returning(&mut acme)
        .unwrap();
    Applause::insert(NewApplause::new(&visit, &show))
        .execute(&mut acme)
        .unwrap();
    show.delete(&mut shared).unwrap();
    assert_eq!(Hall::query().count(&mut acme).unwrap(), 0);
    assert_eq!(Applause::query().count(&mut acme).unwrap(), 0);
}
