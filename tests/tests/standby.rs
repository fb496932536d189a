//! Standbys: schemas in advance, and who gets them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::fmt::Write as _;
#[cfg(target_os = "linux")]
use std::fs;
use std::thread;
use std::time::Duration;

use tenantry::tenant::{NewTenant, TenantFilter, TenantState};
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, be_strict, chain, check_whole, create, key, leftovers,
    migrate, ready, schemas, shop, texts,
};
use tenantry_tests::wait::{sooner_once, until};

const ROUTINE: Folder<'static> = (
    "0004_routine",
    &[(
        "tenant.up.sql",
        "CREATE FUNCTION \"{tenant}\".number_of_customers() RETURNS bigint LANGUAGE plpgsql AS\n\
         $$ BEGIN RETURN (SELECT count(*) FROM \"{tenant}\".customers); END $$;\n\
         CREATE FUNCTION \"{tenant}\".told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n\
         CREATE TRIGGER told BEFORE INSERT ON \"{tenant}\".customers FOR EACH ROW\n\
         EXECUTE FUNCTION \"{tenant}\".told('\"{tenant}\".customers');\n\
         CREATE CONSTRAINT TRIGGER told_late AFTER INSERT ON \"{tenant}\".customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW\n\
         EXECUTE FUNCTION \"{tenant}\".told('\"{tenant}\".customers');\n",
    )],
);

/// Has each schema that is made take long.
const LASTING: &str = "
CREATE FUNCTION public.last() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_sleep(600); END $$;
CREATE EVENT TRIGGER lasting ON ddl_command_end WHEN tag IN ('CREATE SCHEMA') EXECUTE FUNCTION public.last()";

/// The sessions that are at it.
const AT_IT: &str = "SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() \
                     AND wait_event = 'PgSleep'";

#[test]
fn a_standby_becomes_the_next_tenant_and_is_like_any_other() {
    let (_database, db, mut client) = ready(shop(), 2);
    let made = texts(
        &mut client,
        "SELECT id::text FROM tenantry.tenant ORDER BY id",
    );
    let acme = db.tenants().create(&key("acme")).unwrap();
    let other = db.tenants().create(&key("Other.Example")).unwrap();
    let mut claimed = [acme.id().to_string(), other.id().to_string()];
    claimed.sort();
    assert_eq!(claimed, made[..]);
    assert_eq!(acme, db.tenants().get(&key("acme")).unwrap());
    assert_eq!(acme.schema().as_str(), "acme");
    assert_eq!(
        other.schema().as_str(),
        format!("t{}_other_example", other.id())
    );
    assert_eq!(acme.state(), TenantState::Active);
    // None is left: the next is made as if there had never been any.
    create(&mut client, "third");
    check_whole(&mut client, &shop());
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
    let mut scope = db.tenant(&key("acme")).unwrap();
    assert_eq!(
        scope
            .client()
            .query("SELECT * FROM acme.customers", &[])
            .unwrap()
            .len(),
        0
    );
    let standbys = db.tenants().standbys().unwrap();
    assert_eq!((standbys.ready, standbys.unready), (0, 0));
}

#[test]
fn refilling_twice_makes_no_more_and_two_at_once_do_not_overshoot() {
    for isolation in ["read committed", "serializable"] {
        let (database, db, mut client) = ready(shop(), 3);
        be_strict(&mut client, isolation);
        assert_eq!(db.tenants().refill_standbys(3).unwrap(), 0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| app(database.url()).tenants().refill_standbys(10).unwrap());
            }
        });
        assert_eq!(db.tenants().standbys().unwrap().ready, 10);
        assert_eq!(db.tenants().trim_standbys(4).unwrap(), 6);
        assert_eq!(db.tenants().standbys().unwrap().ready, 4);
        assert_eq!(db.tenants().trim_standbys(0).unwrap(), 4);
        check_whole(&mut client, &shop());
    }
}

#[test]
fn standbys_are_migrated_with_everyone_and_claimed_meanwhile() {
    let before = chain(&[PLANS, CUSTOMERS]);
    let (database, db, mut client) = ready(before, 12);
    for round in 0..3 {
        thread::scope(|scope| {
            scope.spawn(|| migrate(&mut database.connect(), shop()));
            for number in 0..3 {
                db.tenants()
                    .create(&key(&format!("r{round}_{number}")))
                    .unwrap();
            }
        });
        migrate(&mut client, shop());
        check_whole(&mut client, &shop());
        let versions = "SELECT DISTINCT version::text FROM tenantry.tenant";
        assert_eq!(texts(&mut client, versions), ["3"]);
        if round < 2 {
            tenantry_tests::fleet::migrator(shop())
                .on(&mut client)
                .rollback(Some("0002"))
                .unwrap();
        }
    }
}

#[test]
fn routines_that_name_their_schema_are_right_after_the_claim() {
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, ROUTINE]);
    // A word of SQL needs quotes where a standby's name did not.
    let names = ["acme", "order"];
    let (_database, db, mut client) = ready(longer.clone(), names.len());
    for name in names {
        db.tenants().create(&key(name)).unwrap();
        let insert = format!("INSERT INTO \"{name}\".customers VALUES (1, 'Ann', NULL)");
        client.batch_execute(&insert).unwrap();
        let number = format!("SELECT \"{name}\".number_of_customers()::text");
        assert_eq!(texts(&mut client, &number), ["1"]);
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    create(&mut client, "globex");
    check_whole(&mut client, &longer);
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
}

/// Making a trigger again enables it and takes its comments, unless the claim gives both back.
#[test]
fn triggers_that_name_their_schema_are_as_they_were_after_the_claim() {
    let mut sql = "CREATE FUNCTION \"{tenant}\".told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n\
                   CREATE TABLE \"{tenant}\".cut (id int) PARTITION BY LIST (id);\n\
                   CREATE TABLE \"{tenant}\".one PARTITION OF \"{tenant}\".cut FOR VALUES IN (1) PARTITION BY LIST (id);\n\
                   CREATE TABLE \"{tenant}\".ones PARTITION OF \"{tenant}\".one FOR VALUES IN (1);\n"
        .to_owned();
    for table in ["customers", "cut"] {
        for (number, able) in ["DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA", "ENABLE"]
            .iter()
            .enumerate()
        {
            for (name, kind) in [("t", "TRIGGER"), ("c", "CONSTRAINT TRIGGER")] {
                let trigger = format!("\"{name} {number}\"");
                let on = format!("{trigger} ON \"{{tenant}}\".{table}");
                write!(
                    sql,
                    "CREATE {kind} {trigger} AFTER INSERT ON \"{{tenant}}\".{table} FOR EACH ROW \
                     EXECUTE FUNCTION \"{{tenant}}\".told('\"{{tenant}}\".customers');\n\
                     ALTER TABLE \"{{tenant}}\".{table} {able} TRIGGER {trigger};\n\
                     COMMENT ON TRIGGER {on} IS 'it''s {number}';\n"
                )
                .unwrap();
                if name == "c" {
                    writeln!(sql, "COMMENT ON CONSTRAINT {on} IS 'a \\ b';").unwrap();
                }
            }
        }
    }
    sql +=
        "ALTER TABLE \"{tenant}\".ones DISABLE TRIGGER \"c 1\", ENABLE ALWAYS TRIGGER \"t 0\";\n";
    let folder = [("tenant.up.sql", sql.as_str())];
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_triggers", &folder)]);
    let (_database, db, mut client) = ready(longer.clone(), 1);
    db.tenants().create(&key("order")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    create(&mut client, "globex");
    check_whole(&mut client, &longer);
    let mut triggers = |schema: &str| {
        let look = format!(
            "SELECT concat_ws(' ', c.relname, t.tgname, t.tgenabled, obj_description(t.oid, 'pg_trigger'), \
             obj_description(t.tgconstraint, 'pg_constraint'), encode(t.tgargs, 'escape')) \
             FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid \
             WHERE c.relnamespace = '\"{schema}\"'::regnamespace AND t.tgname ~ ' ' ORDER BY 1"
        );
        texts(&mut client, &look)
    };
    let made = triggers("globex");
    assert_eq!(made.len(), 32);
    let unquoted: Vec<_> = triggers("order")
        .iter()
        .map(|trigger| trigger.replace("\"order\"", "\"globex\""))
        .collect();
    assert_eq!(unquoted, made);
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
}

/// PostgreSQL checks a body when a routine is made, and not when a table that it names goes.
#[test]
fn a_routine_that_names_a_table_that_is_gone_keeps_nobody_from_claiming() {
    let counting: Folder<'_> = (
        "0004_counting",
        &[(
            "tenant.up.sql",
            "CREATE FUNCTION \"{tenant}\".number() RETURNS bigint LANGUAGE sql AS\n\
             $$ SELECT count(*) FROM \"{tenant}\".invoices $$;",
        )],
    );
    let renamed: Folder<'_> = (
        "0005_bills",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".invoices RENAME TO bills;",
        )],
    );
    let before = [PLANS, CUSTOMERS, INVOICES, counting];
    let whole = [&before[..], &[renamed]].concat();
    for (first, last) in [(&before[..], &whole[..]), (&whole, &whole)] {
        let (_database, db, mut client) = ready(chain(first), 2);
        migrate(&mut client, chain(last));
        db.tenants().create(&key("acme")).unwrap();
        let setting = db.tenants().create_with(&key("other"), |tx| {
            let rows = tx.client().query("SHOW check_function_bodies", &[])?;
            Ok::<String, tenantry::Error>(rows[0].get(0))
        });
        assert_eq!(setting.unwrap().1, "on", "in the application's transaction");
        assert_eq!(db.tenants().standbys().unwrap().ready, 0);
        let body = "SELECT prosrc FROM pg_proc WHERE pronamespace = 'acme'::regnamespace";
        assert!(texts(&mut client, body)[0].contains("\"acme\".invoices"));
        create(&mut client, "third");
        check_whole(&mut client, &chain(last));
        assert_eq!(leftovers(&mut client), Vec::<String>::new());
    }
}

#[test]
fn what_would_not_be_right_after_a_renaming_is_not_claimed_and_the_reason_is_known() {
    let text: Folder<'_> = (
        "0004_text",
        &[(
            "tenant.up.sql",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %s ADD COLUMN home text DEFAULT %L', \
             '\"{tenant}\".customers'::regclass, '\"{tenant}\".customers'::regclass); END $$;",
        )],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, text]);
    let (_database, db, mut client) = ready(longer.clone(), 0);
    let standbys = db.tenants().standbys().unwrap();
    let reason = standbys.reason.unwrap();
    assert!(reason.contains("customers.home"), "{reason}");
    assert_eq!(db.tenants().refill_standbys(3).unwrap(), 0);
    db.tenants().create(&key("acme")).unwrap();
    check_whole(&mut client, &longer);
}

#[test]
fn rows_that_name_their_schema_keep_standbys_from_being_made() {
    let home: Folder<'_> = (
        "0003_home",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".home (place text);\n\
             INSERT INTO \"{tenant}\".home VALUES ('\"{tenant}\".customers'::regclass);",
        )],
    );
    let (_database, db, mut client) = ready(chain(&[PLANS, CUSTOMERS, home]), 0);
    let reason = db.tenants().standbys().unwrap().reason.unwrap();
    assert!(reason.contains("rows of `home`"), "{reason}");
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 0);
    db.tenants().create(&key("acme")).unwrap();
    let place = "SELECT place FROM acme.home";
    assert_eq!(texts(&mut client, place), ["acme.customers"]);
}

#[test]
fn standbys_are_no_tenants_to_anybody() {
    let (_database, db, mut client) = ready(shop(), 2);
    db.tenants().create(&key("acme")).unwrap();
    let keys = |filter: &TenantFilter| -> Vec<String> {
        let tenants = db.tenants().list(filter).unwrap();
        tenants.iter().map(|it| it.key().to_string()).collect()
    };
    assert_eq!(keys(&TenantFilter::all()), ["acme"]);
    let standby = keys(&TenantFilter::all().state(TenantState::Standby));
    assert_eq!(standby.len(), 1);
    let standby = key(&standby[0]);
    assert_eq!(
        db.tenant(&standby).unwrap_err().kind(),
        ErrorKind::TenantState
    );
    assert_eq!(
        db.tenants().suspend(&standby).unwrap_err().kind(),
        ErrorKind::TenantState
    );
    for taken in ["standby:1", "Standby:x"] {
        assert_eq!(
            db.tenants().create(&key(taken)).unwrap_err().kind(),
            ErrorKind::Name
        );
        let renamed = db.tenants().rename(&key("acme"), &key(taken));
        assert_eq!(renamed.unwrap_err().kind(), ErrorKind::Name);
    }
    let renamed = db.tenants().rename(&standby, &key("x"));
    assert_eq!(renamed.unwrap_err().kind(), ErrorKind::TenantState);
    check_whole(&mut client, &shop());
}

#[test]
fn names_that_a_tenant_can_not_have_are_refused_and_the_standby_stays() {
    let (_database, db, mut client) = ready(shop(), 1);
    client.batch_execute("CREATE SCHEMA taken").unwrap();
    for (new, kind) in [
        (NewTenant::new(&key("taken")), ErrorKind::SchemaExists),
        (NewTenant::new(&key("shared")), ErrorKind::Name),
        (
            NewTenant::new(&key("x")).schema(SchemaName::new("t9_x").unwrap()),
            ErrorKind::Name,
        ),
    ] {
        assert_eq!(db.tenants().create(new).unwrap_err().kind(), kind);
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 1);
}

#[test]
fn a_keeper_refills_what_was_claimed_until_it_is_dropped() {
    let (_database, db, _client) = ready(shop(), 0);
    let wait_for = |count: usize| {
        until("so many standbys are ready", || {
            db.tenants().standbys().unwrap().ready == count
        });
    };
    let keeper = db.tenants().keep_standbys(2);
    wait_for(2);
    db.tenants().create(&key("a")).unwrap();
    wait_for(2);
    assert!(keeper.take_error().is_none());
    drop(keeper);
    db.tenants().create(&key("b")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 1);
}

/// Whether no thread of a keeper is at work.
#[cfg(target_os = "linux")]
fn all_keepers_sleep() -> bool {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    // One may be gone when it is looked at.
    let all = threads.filter_map(|it| fs::read_to_string(it.unwrap().path().join("stat")).ok());
    // The system keeps 15 bytes of a name.
    let mut keepers = all.filter(|it| it.contains("(tenantry-standb)")).peekable();
    keepers.peek().is_some() && keepers.all(|it| it.contains(") S "))
}

#[test]
#[cfg(target_os = "linux")]
fn a_keeper_that_waits_is_woken_to_be_dropped() {
    let (_database, db, _client) = ready(shop(), 0);
    let mut count = 0;
    // It looks again after five seconds, and is not waited for so long.
    sooner_once(Duration::from_secs(3), || {
        count += 1;
        let keeper = db.tenants().keep_standbys(count);
        until("one more standby is ready", || {
            db.tenants().standbys().unwrap().ready == count
        });
        // One that is still at work ends by itself. It closes its connection just before it waits.
        until("the keeper has no connection", || {
            let pool = db.pool_status();
            pool.idle == pool.open
        });
        until("the keeper's thread sleeps", all_keepers_sleep);
        drop(keeper);
    });
}

#[test]
fn a_keeper_at_a_long_statement_is_dropped_and_the_statement_with_it() {
    let (_database, db, mut client) = ready(shop(), 0);
    client.batch_execute(LASTING).unwrap();
    let keeper = db.tenants().keep_standbys(1);
    until("the keeper is at it", || {
        !texts(&mut client, AT_IT).is_empty()
    });
    drop(keeper);
    assert!(texts(&mut client, AT_IT).is_empty());
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

#[test]
fn hooks_and_the_closure_share_the_transaction_of_a_claim_and_of_a_creation() {
    let (_database, db, mut client) = ready(shop(), 1);
    db.on_create(|tx| {
        let schema = tx.schema().to_string();
        let sql = format!("INSERT INTO {schema}.customers VALUES (1, 'hook', NULL)");
        tx.client().batch_execute(&sql)?;
        Ok(())
    });
    for (name, standbys) in [("a", 1), ("b", 0)] {
        let failed: Result<_, tenantry::Error> = db.tenants().create_with(&key(name), |tx| {
            let sql = format!("SELECT 1 FROM {}.nothing", tx.schema());
            tx.client().batch_execute(&sql)?;
            Ok(())
        });
        assert!(failed.is_err());
        assert!(
            db.tenants()
                .get(&key(name))
                .unwrap_err()
                .is_unknown_tenant()
        );
        assert_eq!(db.tenants().standbys().unwrap().ready, standbys);
        let (tenant, number) = db
            .tenants()
            .create_with(&key(name), |tx| {
                let sql = format!(
                    "INSERT INTO {}.customers VALUES (2, 'mine', NULL)",
                    tx.schema()
                );
                Ok::<_, tenantry::Error>(tx.client().execute(&sql, &[])?)
            })
            .unwrap();
        assert_eq!(number, 1);
        let names = format!("SELECT name FROM {}.customers ORDER BY id", tenant.schema());
        assert_eq!(texts(&mut client, &names), ["hook", "mine"]);
    }
    db.tenants().create(&key("c")).unwrap();
    assert_eq!(texts(&mut client, "SELECT name FROM c.customers"), ["hook"]);
    check_whole(&mut client, &shop());
}

#[test]
fn creations_wait_for_each_other_so_that_others_can_work() {
    let (database, db, mut client) = ready(shop(), 0);
    drop(db);
    // Whoever reads the registry sees who is in a slot: nobody creates without one.
    let busiest = thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|worker| {
                let mut client = database.connect();
                scope.spawn(move || {
                    for number in 0..4 {
                        create(&mut client, &format!("w{worker}_{number}"));
                    }
                })
            })
            .collect();
        let mut busiest = 0;
        while threads.iter().any(|thread| !thread.is_finished()) {
            let held = "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted \
                        AND classid = 1952804353 AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
            let row = client.query_one(held, &[]).unwrap();
            busiest = busiest.max(row.get::<_, i64>(0));
        }
        busiest
    });
    assert!((1..=2).contains(&busiest), "{busiest}");
    check_whole(&mut client, &shop());
}
