//! The expansions compile in other people's crates: the fixtures are such crates, and each is hard to please.

use fixture_domain::Country;
use fixture_domain::people::Person;
use tenantry::model::{Schema, SchemaViolation};
use tenantry::schema;

/// The names of a schema's models.
fn names(schema: &Schema) -> Vec<&'static str> {
    let models = schema.models().expect("the models fit together");
    models.iter().map(|model| model.name).collect()
}

#[test]
fn models_stand_the_strictest_lints_wherever_they_are_declared() {
    use fixture_strict::{Customer, LISTED, Named, SCHEMA, statement};

    assert_eq!(names(&LISTED), ["Tick", "Customer", "Hidden", "Invoice"]);
    // The model inside of a function is registered as well.
    assert_eq!(
        names(&SCHEMA),
        [
            "Tick",
            "Customer",
            "Hidden",
            "Invoice",
            "Kept",
            "Local",
            "OldCustomer",
            "Tagged"
        ]
    );
    assert_eq!(vec![0_u8].table(), "locals");
    assert_eq!(
        statement::<u8>(),
        r#"RawSql(SELECT "total" FROM {Invoice} WHERE "id" = $1)"#
    );
    assert_eq!(Customer::TYPE.name(), "type");
    assert_eq!(Customer::INVOICES.def().name, "customer");
    assert_eq!(
        format!("{:?}", Customer::new_row(1, "x")),
        "NewCustomer { .. }"
    );
}

#[test]
fn shadowed_names_and_a_missing_prelude_do_no_harm() {
    use fixture_bare::{LISTED, Plan, SCHEMA, statement};

    assert_eq!(names(&SCHEMA), ["Plan", "User"]);
    assert_eq!(names(&LISTED), ["Plan", "User"]);
    assert_eq!(Plan::USERS.def().name, "plan");
    assert_eq!(
        statement(),
        r#"RawSql(UPDATE {User} SET "plan" = $1 WHERE "id" = $2)"#
    );
}

#[test]
fn tenantry_may_have_another_name() {
    assert_eq!(names(&fixture_renamed::SCHEMA), ["Plan", "Subscription"]);
    assert_eq!(fixture_renamed::statement(), "RawSql(SELECT 1 FROM {Plan})");
}

#[test]
fn models_are_made_by_macros_with_words_of_the_language_in_an_earlier_edition() {
    use fixture_former::{SCHEMA, State, r#type::Match};

    assert_eq!(names(&SCHEMA), ["Unit", "Local", "Match", "Part", "Place"]);
    assert_eq!(Match::FN.name(), "fn");
    assert_eq!(format!("{:?}", State::r#fn), "fn");
}

schema! {
    static ALL_OF_ANOTHER_CRATE = [fixture_domain::*];
}

schema! {
    static BY_NAME = [fixture_domain::people::{Person}, Country];
}

schema! {
    static SEVERAL_CRATES = [fixture_domain::*, fixture_renamed::*, Country];
}

schema! {
    static NOT_ENOUGH = [fixture_renamed::*, Person];
}

schema! {
    static NOTHING_HERE = [crate::*, fixture_domain::*];
}

schema! {
    static NOTHING_AT_ALL = [];
}

#[test]
fn models_of_other_crates_are_found() {
    assert_eq!(names(&ALL_OF_ANOTHER_CRATE), ["Country", "Person"]);
    assert_eq!(names(&BY_NAME), ["Country", "Person"]);
    assert_eq!(
        names(&SEVERAL_CRATES),
        ["Country", "Plan", "Person", "Subscription"]
    );
}

#[test]
fn what_a_schema_lacks_is_told_when_it_is_loaded() {
    let error = NOT_ENOUGH.models().unwrap_err();
    assert!(
        matches!(
            error.violations(),
            [SchemaViolation::Unlisted { model, field, target }]
                if model == "Person" && field == "country" && target == "fixture_domain::Country"
        ),
        "{error:?}"
    );

    let error = NOTHING_HERE.models().unwrap_err();
    assert!(
        matches!(error.violations(), [SchemaViolation::NoModels { krate }] if krate == "hygiene"),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .starts_with("`hygiene::*` registered no models")
    );

    let error = NOTHING_AT_ALL.models().unwrap_err();
    assert_eq!(error.violations(), [SchemaViolation::Empty]);
}
