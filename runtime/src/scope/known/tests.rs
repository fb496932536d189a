use super::*;
use crate::name::SchemaName;

/// The entry of a tenant that was found at version 3.
fn entry(since: i64, seen: Instant) -> (TenantKey, KnownTenant) {
    let key = TenantKey::new("acme").unwrap();
    let schema = SchemaName::new("acme").unwrap();
    let place = TenantPlace {
        since,
        ..TenantPlace::new(1, key.clone(), schema)
    };
    let entry = KnownTenant {
        place,
        version: 3,
        seen,
        used: seen,
    };
    (key, entry)
}

fn found(since: i64, shared: i32) -> HashMap<i64, SeenTenant> {
    let acme = SeenTenant {
        key: "acme".to_owned(),
        schema: "acme".to_owned(),
        version: TenantVersion {
            reached: 3,
            begun: 3,
        },
        shared,
        since,
    };
    HashMap::from([(1, acme)])
}

fn known(serves: ServedRange) -> Arc<Known> {
    Known::new(Duration::from_hours(1), serves)
}

#[test]
fn a_tenant_that_has_got_number_key_and_schema_of_another_is_not_that() {
    let known = known(ServedRange::new());
    let (key, entry) = entry(7, Instant::now());
    known.state().entries.insert(key.clone(), entry);
    known.seen(Instant::now(), &found(7, 0), &[1]);
    assert!(known.get(&key).is_some());
    known.seen(Instant::now(), &found(8, 0), &[1]);
    assert!(known.get(&key).is_none());
}

#[test]
fn nobody_is_served_on_who_was_found_to_be_before_the_shared_schema_was_migrated() {
    let known = known(ServedRange::new().until("0009_no_text").unwrap());
    let (key, _) = entry(7, Instant::now());
    let put = |seen| {
        let (key, entry) = entry(7, seen);
        known.state().entries.insert(key, entry);
    };
    known.seen(Instant::now(), &found(7, 4), &[1]);
    put(Instant::now());
    known.seen(Instant::now(), &found(7, 4), &[1]);
    assert!(known.get(&key).is_some(), "nothing has changed");

    // The look begins, the tenant is found to be served, the shared schema is migrated, and the look sees that.
    let begun = Instant::now();
    put(begun + Duration::from_millis(1));
    let asked = known.asking();
    known.seen(begun, &found(7, 5), &[1]);
    assert!(known.get(&key).is_none());
    let forgotten = known.state().forgotten;
    assert_ne!(asked.forgotten, forgotten, "what was asked before is put");
    known.seen(Instant::now(), &found(7, 5), &[1]);
    assert_eq!(known.state().forgotten, forgotten);
}
