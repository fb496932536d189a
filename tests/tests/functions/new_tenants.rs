//! New tenants get what functions make of the rows that migrations put into them.

use std::error::Error;
use std::sync::{Arc, Mutex};

use postgres::Client;
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Functions, KeyBatch};
use tenantry::tenant::{self, NewTenant};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    Folder, app, chain, check_whole, create, key, migrate, migrator, ready, texts,
};

use crate::common::{Lent, NOTES, Note, SLUGS, fill_slugs, slugs, slugs_of, with_notes};

const WELCOME: Folder<'static> = (
    "0001_notes",
    &[(
        "tenant.up.sql",
        "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, text text NOT NULL);\n\
         INSERT INTO \"{tenant}\".notes VALUES (1, 'welcome'), (2, 'help');",
    )],
);

fn baseline(client: &mut Client) -> String {
    let sql = "SELECT CASE WHEN sql IS NULL THEN reason ELSE 'made' END FROM tenantry.baseline";
    texts(client, sql).remove(0)
}

fn welcome<F>(fill: F) -> Chain
where
    F: Fn(&mut Lent<'_>, &KeyBatch) -> tenantry::Result<()> + Send + Sync + 'static,
{
    let functions = Functions::new()
        .tenant("fill_slugs", fill)
        .tenant("keep_slugs", fill_slugs);
    chain(&[WELCOME, SLUGS]).functions(functions)
}

#[test]
fn a_new_tenant_without_rows_needs_no_function() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 3)]);
    migrate(&mut client, slugs());
    assert_eq!(baseline(&mut client), "made");
    create(&mut client, "new");
    assert_eq!(slugs_of(&mut client, "new"), "0 0 0");
    // Without the baseline the chain is replayed, and there are no rows to call it for.
    client
        .batch_execute("DELETE FROM tenantry.baseline")
        .unwrap();
    create(&mut client, "newer");
    check_whole(&mut client, &slugs());
}

#[test]
fn a_new_tenant_has_what_the_function_makes_of_the_rows_of_migrations() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[WELCOME]));
    create(&mut client, "old");
    migrate(&mut client, welcome(fill_slugs));
    assert_eq!(baseline(&mut client), "made");
    create(&mut client, "new");
    assert_eq!(slugs_of(&mut client, "old"), "2 0 1");
    assert_eq!(slugs_of(&mut client, "new"), "2 0 1");
    check_whole(&mut client, &welcome(fill_slugs));
}

#[test]
fn a_new_tenant_is_refused_where_the_result_of_a_function_is_another_each_time() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[WELCOME]));
    create(&mut client, "old");
    let by_key = || {
        welcome(|acme, batch| {
            for id in batch.keys::<i64>()? {
                let slug = format!("{}-{id}", acme.key());
                let sql = tenantry::sql!("UPDATE {Note} SET {Note.slug} = $1 WHERE {Note.id} = $2");
                acme.sql(sql).bind(slug).bind(id).execute()?;
            }
            Ok(())
        })
    };
    migrate(&mut client, by_key());
    assert_eq!(
        texts(&mut client, "SELECT slug FROM old.notes ORDER BY 1"),
        ["old-1", "old-2"]
    );
    let reason = baseline(&mut client);
    assert!(reason.contains("`notes`"), "{reason}");
    let error = tenant::create(&mut client, &NewTenant::new(&key("new"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
    let expected = "the function `fill_slugs` has to be called for rows, which only a migrator does (tenant `new`)\nhelp: run `migrate` with";
    assert!(error.to_string().contains(expected), "{error}");
    check_whole(&mut client, &by_key());
}

#[test]
fn standbys_of_before_and_after_and_a_chain_that_is_migrated_from_nothing_have_the_same() {
    // The standby of before is migrated as tenants are, which calls the function for its rows.
    let (server, db, mut client) = ready(chain(&[WELCOME]), 1);
    let all = welcome(fill_slugs);
    migrate(&mut client, all.clone());
    assert_eq!(baseline(&mut client), "made");
    db.tenants().create(key("before")).unwrap();
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 1);
    db.tenants().create(key("after")).unwrap();
    let from_nothing = TestDb::new();
    let mut other = from_nothing.connect();
    migrate(&mut other, all.clone());
    assert_eq!(baseline(&mut other), "made");
    create(&mut other, "new");
    assert_eq!(slugs_of(&mut client, "before"), "2 0 1");
    assert_eq!(slugs_of(&mut client, "after"), "2 0 1");
    assert_eq!(slugs_of(&mut other, "new"), "2 0 1");
    let drift = migrator(all).on(&mut client).drift().unwrap();
    assert!(drift.found.is_empty(), "{drift:?}");
    drop(server);
}

#[test]
fn a_renamed_tenant_is_gone_on_with_by_its_new_key() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 150)]);
    let renaming = app(db.url());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let functions = Functions::new()
        .tenant(
            "fill_slugs",
            move |acme: &mut Lent<'_>,
                  batch: &KeyBatch|
                  -> Result<(), Box<dyn Error + Send + Sync>> {
                kept.lock().unwrap().push(acme.key().to_string());
                if batch.keys::<i64>()?.contains(&101) && acme.key().as_str() == "one" {
                    return Err("later".into());
                }
                Ok(fill_slugs(acme, batch)?)
            },
        )
        .tenant("keep_slugs", fill_slugs);
    let all = chain(&[NOTES, SLUGS]).functions(functions);
    assert_eq!(
        migrator(all.clone())
            .on(&mut client)
            .attempt()
            .unwrap()
            .migrated,
        0
    );
    renaming.tenants().rename(key("one"), key("two")).unwrap();
    migrate(&mut client, all);
    assert_eq!(*seen.lock().unwrap(), ["one", "one", "two"]);
    assert_eq!(slugs_of(&mut client, "one"), "150 0 2");
}
