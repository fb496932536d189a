//! The baseline: a tenant that is made of it equals one that was migrated step by step, whatever the chain has made.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::thread;

use postgres::Client;
use tenantry::SchemaName;
use tenantry::migrate::Chain;
use tenantry::structure::introspect;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of_schema;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, check_whole, create, key, migrate, migrator,
    shop, texts,
};
use tenantry_tests::shop::SHOP;

/// The SQL of the baseline, or why there is none.
fn baseline(client: &mut Client) -> Result<String, String> {
    let row = client
        .query_one("SELECT sql, reason FROM tenantry.baseline", &[])
        .unwrap();
    match row.get::<_, Option<String>>(0) {
        Some(sql) => Ok(sql),
        None => Err(row.get(1)),
    }
}

/// Migrates `old` step by step along the chains, creates `new` at their end, and compares the two.
fn equal_along(chains: Vec<Chain>) -> (TestDb, Client) {
    let db = TestDb::new();
    let mut client = db.connect();
    let mut chains = chains.into_iter();
    migrate(&mut client, chains.next().unwrap());
    create(&mut client, "old");
    let mut last = None;
    for chain in chains {
        migrate(&mut client, chain.clone());
        last = Some(chain);
    }
    create(&mut client, "new");
    let names = ["old", "new"].map(|name| SchemaName::new(name).unwrap());
    let shared = SchemaName::new("shared").unwrap();
    let found = introspect(&mut client, &names, &shared).unwrap();
    assert_eq!(found[&names[0]], found[&names[1]]);
    if let Some(chain) = last {
        check_whole(&mut client, &chain);
    }
    (db, client)
}

fn one(sql: &str) -> Vec<Chain> {
    vec![
        chain(&[PLANS]),
        chain(&[PLANS, ("0002_all", &[("tenant.up.sql", sql)])]),
    ]
}

#[test]
fn the_tables_of_models_are_made_at_once_with_shared_keys_last() {
    let (_db, mut client) = equal_along(vec![chain(&[]), chain_of_schema(&SHOP)]);
    let sql = baseline(&mut client).unwrap();
    let first_shared = sql.find("REFERENCES \"{shared}\"").unwrap();
    assert!(!sql[first_shared..].contains("CREATE TABLE"), "{sql}");
    assert!(
        sql[..first_shared].contains("REFERENCES \"{tenant}\""),
        "{sql}"
    );
}

#[test]
fn a_history_is_left_out() {
    let history: Folder<'_> = (
        "0004_history",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".invoices ADD COLUMN note text; ALTER TABLE \"{tenant}\".invoices DROP COLUMN total;\n\
             CREATE TABLE \"{tenant}\".gone (id int); DROP TABLE \"{tenant}\".gone;\n\
             ALTER TABLE \"{tenant}\".invoices RENAME COLUMN note TO remark;",
        )],
    );
    let (_db, mut client) = equal_along(vec![
        chain(&[PLANS]),
        chain(&[PLANS, CUSTOMERS, INVOICES, history]),
    ]);
    let sql = baseline(&mut client).unwrap();
    assert!(!sql.contains("gone") && !sql.contains("total"), "{sql}");
}

#[test]
fn what_is_written_by_hand_is_made_alike() {
    let sql = r#"
        CREATE TYPE "{tenant}".mood AS ENUM ('glad', 'sad');
        CREATE DOMAIN "{tenant}".positive AS int CHECK (VALUE > 0);
        CREATE SEQUENCE "{tenant}".numbers START 100;
        CREATE FUNCTION "{tenant}".next_number() RETURNS bigint LANGUAGE sql AS
            $$ SELECT pg_catalog.nextval('"{tenant}".numbers') $$;
        CREATE TABLE "{tenant}".people (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            serial_no bigserial,
            number bigint DEFAULT "{tenant}".next_number(),
            mood "{tenant}".mood NOT NULL DEFAULT 'glad',
            age "{tenant}".positive,
            name text COLLATE "C" NOT NULL,
            loud text GENERATED ALWAYS AS (upper(name)) STORED,
            boss bigint REFERENCES "{tenant}".people,
            plan bigint REFERENCES "{shared}".plans ON DELETE SET NULL,
            EXCLUDE USING btree (name WITH =)
        );
        COMMENT ON TABLE "{tenant}".people IS 'They said: "hello"';
        COMMENT ON FUNCTION "{tenant}".next_number() IS 'Counts';
        CREATE TABLE "{tenant}".b (id int PRIMARY KEY, a int);
        CREATE TABLE "{tenant}".a (id int PRIMARY KEY, b int REFERENCES "{tenant}".b);
        ALTER TABLE "{tenant}".b ADD FOREIGN KEY (a) REFERENCES "{tenant}".a DEFERRABLE INITIALLY DEFERRED;
        CREATE VIEW "{tenant}".glad AS SELECT * FROM "{tenant}".people WHERE mood = 'glad';
        CREATE VIEW "{tenant}".also AS SELECT id FROM "{tenant}".glad;
        CREATE MATERIALIZED VIEW "{tenant}".counted AS SELECT count(*) AS n FROM "{tenant}".glad WITH NO DATA;
        CREATE UNIQUE INDEX counted_n ON "{tenant}".counted (n);
        CREATE FUNCTION "{tenant}".people_of(boss bigint) RETURNS SETOF "{tenant}".people
            LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM "{tenant}".people AS p WHERE p.boss = people_of.boss; END;
        CREATE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
            $$ BEGIN PERFORM count(*) FROM "{tenant}".people; RETURN NEW; END $$;
        CREATE TRIGGER touched BEFORE UPDATE ON "{tenant}".people FOR EACH ROW EXECUTE FUNCTION "{tenant}".touch();
        ALTER TABLE "{tenant}".people ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON "{tenant}".people FOR SELECT USING (age > 17);
        CREATE STATISTICS "{tenant}".both ON name, mood FROM "{tenant}".people;
        ALTER TABLE "{tenant}".people ALTER COLUMN name SET STATISTICS 200;
        ALTER TABLE "{tenant}".people SET (fillfactor = 70);
        CREATE INDEX shouted ON "{tenant}".people (lower(name) DESC NULLS LAST) INCLUDE (age) WHERE age > 3;
        GRANT SELECT ON "{tenant}".people TO PUBLIC;
        REVOKE ALL ON FUNCTION "{tenant}".touch() FROM PUBLIC;
    "#;
    let (_db, mut client) = equal_along(one(sql));
    baseline(&mut client).unwrap();
    client
        .batch_execute(
            "INSERT INTO new.people (name) VALUES ('Ann'); UPDATE new.people SET name = 'Bob'",
        )
        .unwrap();
    let row = "SELECT id || ' ' || serial_no || ' ' || number || ' ' || loud FROM new.people";
    assert_eq!(texts(&mut client, row), ["1 1 100 BOB"]);
}

#[test]
fn partitions_are_made_alike_or_by_the_chain() {
    let sql = r#"
        CREATE TABLE "{tenant}".events (at date NOT NULL, what text, PRIMARY KEY (at, what)) PARTITION BY RANGE (at);
        CREATE TABLE "{tenant}".events_2026 PARTITION OF "{tenant}".events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE INDEX events_what ON "{tenant}".events (what);
    "#;
    let (_db, mut client) = equal_along(one(sql));
    client
        .batch_execute("INSERT INTO new.events VALUES ('2026-11-24', 'x')")
        .unwrap();
}

#[test]
fn rules_and_views_of_new_tenants_do_what_those_of_the_others_do() {
    let rule = "CREATE TABLE \"{tenant}\".logs (n int); \
                CREATE RULE quiet AS ON INSERT TO \"{tenant}\".logs DO INSTEAD NOTHING; \
                ALTER TABLE \"{tenant}\".logs DISABLE RULE quiet; \
                CREATE MATERIALIZED VIEW \"{tenant}\".all_logs AS SELECT n FROM \"{tenant}\".logs WITH NO DATA";
    let (_db, mut client) = equal_along(one(rule));
    assert!(baseline(&mut client).is_ok());
    let inserted = client.execute("INSERT INTO new.logs VALUES (1)", &[]);
    assert_eq!(inserted.unwrap(), 1);
    let refused = client.query("SELECT n FROM new.all_logs", &[]).unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "55000");
}

#[test]
fn a_text_that_has_the_name_of_its_schema_in_it_has_that_of_each_tenant() {
    let column = "DO $$ BEGIN EXECUTE format('CREATE TABLE %s.homes (home text DEFAULT %L)', \
                  '\"{tenant}\"'::regnamespace, 'it''s ' || '\"{tenant}\"'::regnamespace); END $$";
    let default = "SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef WHERE adrelid = 'acme.homes'::regclass";
    let routine = "DO $$ BEGIN EXECUTE format('CREATE FUNCTION %s.home() RETURNS text LANGUAGE sql AS %L', \
                   '\"{tenant}\"'::regnamespace, format('SELECT %L', '\"{tenant}\"'::regnamespace)); END $$";
    let body = "SELECT prosrc FROM pg_catalog.pg_proc WHERE pronamespace = 'acme'::regnamespace";
    for (sql, text) in [(column, default), (routine, body)] {
        let db = TestDb::new();
        let mut client = db.connect();
        migrate(&mut client, one(sql).remove(1));
        let reason = baseline(&mut client).unwrap_err();
        assert!(reason.contains("a part of a text"), "{reason}");
        app(db.url()).tenants().refill_standbys(1).unwrap();
        create(&mut client, "acme");
        let text = texts(&mut client, text).concat();
        assert!(text.contains("acme"), "{text}");
    }
}

#[test]
fn a_text_that_looks_like_a_slot_is_the_same_text_in_each_tenant() {
    let sql = "CREATE TABLE \"{tenant}\".letters (\
                   text text DEFAULT 'Dear \"{tenant}\",', data jsonb DEFAULT '{\"{tenant}\": 1}', \
                   more text DEFAULT '\"{shared}\".more' CHECK (more <> '\"{tenant}\".more'));\n\
               COMMENT ON TABLE \"{tenant}\".letters IS 'Of \"{tenant}\".\"letters\".';\n\
               CREATE FUNCTION \"{tenant}\".letter() RETURNS text LANGUAGE sql AS $$ \
                   -- \"{tenant}\".x\n SELECT '{\"{tenant}\": 1}' FROM \"{tenant}\".letters $$";
    let (_db, mut client) = equal_along(one(sql));
    create(&mut client, "acme");
    client
        .batch_execute("INSERT INTO acme.letters DEFAULT VALUES")
        .unwrap();
    assert_eq!(
        texts(
            &mut client,
            "SELECT concat_ws(' ', text, data, more, obj_description('acme.letters'::regclass), acme.letter()) \
             FROM acme.letters"
        ),
        [
            "Dear \"{tenant}\", {\"{tenant}\": 1} \"{shared}\".more Of \"{tenant}\".\"letters\". {\"{tenant}\": 1}"
        ]
    );
}

#[test]
fn rows_of_migrations_are_made_by_the_chain_and_the_reason_is_known() {
    let sql = "CREATE TABLE \"{tenant}\".t (id int, at timestamptz DEFAULT now()); INSERT INTO \"{tenant}\".t (id) VALUES (1)";
    let (_db, mut client) = equal_along(one(sql));
    let reason = baseline(&mut client).unwrap_err();
    assert!(reason.contains("rows"), "{reason}");
    assert_eq!(texts(&mut client, "SELECT id::text FROM new.t"), ["1"]);
}

#[test]
fn rows_that_reference_shared_rows_are_a_part_of_it_and_those_that_read_them_are_not() {
    let shared: Folder<'_> = (
        "0002_rows",
        &[(
            "shared.up.sql",
            "INSERT INTO \"{shared}\".plans VALUES (1, 'one'), (2, 'two')",
        )],
    );
    let table = "CREATE TABLE \"{tenant}\".t (id int PRIMARY KEY, plan bigint NOT NULL REFERENCES \"{shared}\".plans, code text);";
    let reading = "CREATE FUNCTION \"{tenant}\".code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        UPDATE \"{tenant}\".t SET code = (SELECT p.code FROM \"{shared}\".plans AS p WHERE p.id = plan); RETURN NULL; END $$;\n\
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON \"{tenant}\".t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION \"{tenant}\".code();";
    let defaults = "CREATE FUNCTION \"{tenant}\".code() RETURNS text LANGUAGE sql AS 'SELECT code FROM \"{shared}\".plans WHERE id = 1';\n\
        ALTER TABLE \"{tenant}\".t ALTER code SET DEFAULT \"{tenant}\".code();";
    let values = "INSERT INTO \"{tenant}\".t (id, plan) VALUES (1, 1), (2, 2)";
    for (before, insert, is_made) in [
        ("", values, true),
        (
            "",
            "INSERT INTO \"{tenant}\".t SELECT 1, id FROM \"{shared}\".plans WHERE id = 1",
            false,
        ),
        (reading, values, false),
        (defaults, values, false),
    ] {
        let sql = [table, before, insert].join("\n");
        let files = [("tenant.up.sql", sql.as_str())];
        let (_db, mut client) = equal_along(vec![
            chain(&[PLANS, shared]),
            chain(&[PLANS, shared, ("0003_t", &files)]),
        ]);
        let made = baseline(&mut client);
        assert_eq!(made.is_ok(), is_made, "{before} {insert}: {made:?}");
        if let Err(reason) = made {
            assert!(reason.contains("rows of other schemas"), "{reason}");
        }
        let rows = |schema: &str| format!("SELECT t::text FROM {schema}.t ORDER BY 1");
        let (old, new) = (
            texts(&mut client, &rows("old")),
            texts(&mut client, &rows("new")),
        );
        assert_eq!(old, new, "{before}");
    }
}

#[test]
fn what_migrations_of_a_tenant_do_elsewhere_is_done_for_each_tenant() {
    let elsewhere = [
        (
            r#"CREATE TABLE "{shared}".seen (name text)"#,
            r#"INSERT INTO "{shared}".seen VALUES ('"{tenant}"'::regnamespace)"#,
            "SELECT name FROM shared.seen ORDER BY 1",
            vec!["new", "old"],
        ),
        (
            r#"CREATE TABLE "{shared}".seen (a int)"#,
            r#"CREATE TABLE "{tenant}".seen () INHERITS ("{shared}".seen)"#,
            "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits ORDER BY 1",
            vec!["new.seen", "old.seen"],
        ),
        (
            "CREATE PUBLICATION seen",
            r#"CREATE TABLE "{tenant}".seen (a int); ALTER PUBLICATION seen ADD TABLE "{tenant}".seen"#,
            "SELECT schemaname::text FROM pg_catalog.pg_publication_tables ORDER BY 1",
            vec!["new", "old"],
        ),
        (
            r#"CREATE TABLE "{shared}".seen (a int)"#,
            r#"CREATE FUNCTION "{tenant}".f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
               DO $do$ BEGIN EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %s EXECUTE FUNCTION %s.f()',
                   'of ' || '"{tenant}"'::regnamespace, '"{shared}".seen'::regclass, '"{tenant}"'::regnamespace); END $do$"#,
            "SELECT tgname::text FROM pg_catalog.pg_trigger WHERE NOT tgisinternal ORDER BY 1",
            vec!["of new", "of old"],
        ),
    ];
    for (shared, tenant, query, expected) in elsewhere {
        let before: Folder<'_> = ("0001_shared", &[("shared.up.sql", shared)]);
        let after: Folder<'_> = ("0002_tenant", &[("tenant.up.sql", tenant)]);
        let (_db, mut client) = equal_along(vec![chain(&[before]), chain(&[before, after])]);
        let reason = baseline(&mut client).expect_err(tenant);
        assert!(reason.contains("change"), "{tenant}: {reason}");
        assert_eq!(texts(&mut client, query), expected, "{tenant}");
        let unfit = "SELECT standby_reason FROM tenantry.meta";
        assert!(texts(&mut client, unfit)[0].contains("standbys"));
    }
}

#[test]
fn a_lock_that_is_held_elsewhere_leaves_the_baseline_for_the_next_run() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS]));
    let mut other = db.connect();
    let mut tx = other.transaction().unwrap();
    tx.batch_execute("LOCK TABLE shared.plans IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    migrate(&mut client, shop());
    let number = "SELECT count(*)::text FROM tenantry.baseline";
    assert_eq!(texts(&mut client, number), ["0"]);
    tx.rollback().unwrap();
    create(&mut client, "replayed");
    migrate(&mut client, shop());
    baseline(&mut client).unwrap();
    create(&mut client, "made");
    check_whole(&mut client, &shop());
}

#[test]
fn a_tenant_that_is_created_while_migrations_are_pending_gets_them_and_nothing_is_faked() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, shop());
    create(&mut client, "a");
    client
        .batch_execute("INSERT INTO a.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let strict: Folder<'_> = (
        "0004_strict",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
        )],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, strict]);
    assert_eq!(
        migrator(longer.clone())
            .on(&mut client)
            .attempt()
            .unwrap()
            .failed
            .len(),
        1
    );
    // The fleet has not reached it, so a new tenant has not got it either, and the metadata tables say so.
    create(&mut client, "b");
    check_whole(&mut client, &longer);
    let nullable = "SELECT attnotnull::text FROM pg_catalog.pg_attribute \
                    WHERE attrelid = 'b.customers'::regclass AND attname = 'plan'";
    assert_eq!(texts(&mut client, nullable), ["false"]);
    client.batch_execute("DELETE FROM a.customers").unwrap();
    assert_eq!(
        migrator(longer.clone())
            .on(&mut client)
            .run()
            .unwrap()
            .migrated,
        2
    );
    assert_eq!(texts(&mut client, nullable), ["true"]);
    create(&mut client, "c");
    check_whole(&mut client, &longer);
}

#[test]
fn a_baseline_that_fails_gives_way_to_the_chain() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, shop());
    client
        .batch_execute("ALTER TABLE tenantry.baseline DROP CONSTRAINT baseline_checksum_fits; UPDATE tenantry.baseline SET sql = 'CREATE TABLE \"{tenant}\".broken (', mark = mark + 1")
        .unwrap();
    create(&mut client, "a");
    let database = tenantry::Database::connect(db.url()).unwrap();
    let with = database.tenants().create_with(&key("b"), |tx| {
        tx.client()
            .batch_execute("INSERT INTO b.customers VALUES (1, 'Ann', NULL)")?;
        Ok::<(), tenantry::Error>(())
    });
    with.unwrap();
    assert_eq!(texts(&mut client, "SELECT name FROM b.customers"), ["Ann"]);
    check_whole(&mut client, &shop());
}

#[test]
fn tenants_are_created_whole_while_the_fleet_moves_on() {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    thread::scope(|scope| {
        for worker in 0..2 {
            let db = &db;
            scope.spawn(move || {
                let mut client = db.connect();
                for number in 0..25 {
                    create(&mut client, &format!("w{worker}_{number}"));
                }
            });
        }
        let mut other = db.connect();
        for round in 0..6 {
            migrate(&mut other, shop());
            if round < 5 {
                migrator(shop())
                    .on(&mut other)
                    .rollback(Some("0002"))
                    .unwrap();
            }
        }
    });
    migrate(&mut client, shop());
    check_whole(&mut client, &shop());
}

#[test]
fn what_comes_after_the_baseline_is_made_after_it_until_that_is_too_much() {
    let db = TestDb::new();
    let mut client = db.connect();
    let texts_of: Vec<String> = (0..12)
        .map(|number| format!("ALTER TABLE \"{{tenant}}\".customers ADD COLUMN c{number} int;"))
        .collect();
    let files: Vec<[(&str, &str); 1]> = texts_of
        .iter()
        .map(|text| [("tenant.up.sql", text.as_str())])
        .collect();
    let names: Vec<String> = (3..15).map(|number| format!("{number:04}_c")).collect();
    let upto = |number: usize| {
        let mut folders: Vec<Folder<'_>> = vec![PLANS, CUSTOMERS];
        folders.extend((0..number).map(|at| (names[at].as_str(), &files[at][..])));
        chain(&folders)
    };
    let version = "SELECT version::text FROM tenantry.baseline";
    for (number, of) in [(0, "2"), (3, "2"), (7, "2"), (8, "10"), (12, "10")] {
        migrate(&mut client, upto(number));
        assert_eq!(texts(&mut client, version), [of], "{number}");
        create(&mut client, &format!("a{number}"));
        check_whole(&mut client, &upto(number));
    }
}
