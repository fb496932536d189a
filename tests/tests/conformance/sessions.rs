//! Nothing that a migration does to its session or its transaction reaches another tenant or another migration.

mod creations;
mod evaluated;
mod trials;

use postgres::{Client, NoTls};
use tenantry::migrate::{Chain, Migrator};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{Folder, chain, create, migrate, migrator, texts, watched};

/// Tables of a tenant, with one row that says whose they are.
const BASE: Folder<'static> = (
    "0001_base",
    &[
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".me (who text NOT NULL);\n\
             CREATE TABLE \"{tenant}\".log (n bigint GENERATED ALWAYS AS IDENTITY, what text NOT NULL);\n\
             CREATE SEQUENCE \"{tenant}\".s;\n\
             CREATE TYPE \"{tenant}\".mood AS ENUM ('calm');\n\
             CREATE TABLE \"{tenant}\".a (id int PRIMARY KEY, mood \"{tenant}\".mood);\n\
             CREATE TABLE \"{tenant}\".b (a int REFERENCES \"{tenant}\".a DEFERRABLE INITIALLY DEFERRED);\n",
        ),
        ("tenant.down.sql", "DROP TABLE \"{tenant}\".me;"),
    ],
);

/// Migrations that leave something behind, each with what it writes down, and after each the one that could find it.
const LEAVING: &[(&str, &str)] = &[
    (
        "CREATE TEMP TABLE IF NOT EXISTS old AS SELECT who FROM \"{tenant}\".me; \
         INSERT INTO \"{tenant}\".log (what) SELECT 'temp ' || who FROM old;",
        "temp {}",
    ),
    (
        "CREATE TEMP TABLE old AS SELECT who FROM \"{tenant}\".me; INSERT INTO \"{tenant}\".log (what) SELECT 'plain ' || who FROM old;",
        "plain {}",
    ),
    (
        "CREATE TEMP TABLE once ON COMMIT DROP AS SELECT who FROM \"{tenant}\".me; INSERT INTO \"{tenant}\".log (what) SELECT 'once ' || who FROM once;",
        "once {}",
    ),
    (
        "CREATE TEMP TABLE once ON COMMIT DROP AS SELECT who FROM \"{tenant}\".me; INSERT INTO \"{tenant}\".log (what) SELECT 'twice ' || who FROM once;",
        "twice {}",
    ),
    (
        "SELECT set_config('app.x', who, true), set_config('app.y', who, false) FROM \"{tenant}\".me; \
         INSERT INTO \"{tenant}\".log (what) SELECT current_setting('app.x') || current_setting('app.y');",
        "{}{}",
    ),
    (
        "INSERT INTO \"{tenant}\".log (what) SELECT 'x' || COALESCE(current_setting('app.x', true), '') || COALESCE(current_setting('app.y', true), '');",
        "x",
    ),
    (
        "DO $$ BEGIN PERFORM set_config('role', 'nobody_here', false); END $$;",
        "",
    ),
    ("CREATE TABLE \"{tenant}\".mine (id int);", ""),
    (
        "DO $$ BEGIN PERFORM pg_advisory_lock(4711); PERFORM pg_advisory_lock_shared(1, 2); EXECUTE 'LISTEN news'; END $$; \
         PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT who FROM \"{tenant}\".me; LISTEN news; \
         INSERT INTO \"{tenant}\".log (what) VALUES ('busy');",
        "busy",
    ),
    (
        "INSERT INTO \"{tenant}\".log (what) SELECT 'left ' || \
         (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) || \
         (SELECT count(*) FROM pg_prepared_statements WHERE from_sql) || (SELECT count(*) FROM pg_cursors WHERE is_holdable) || \
         (SELECT count(*) FROM pg_listening_channels());",
        "left 0000",
    ),
    ("SELECT nextval('\"{tenant}\".s');", ""),
    (
        "DO $$ BEGIN INSERT INTO \"{tenant}\".log (what) SELECT 'last ' || lastval(); \
         EXCEPTION WHEN object_not_in_prerequisite_state THEN INSERT INTO \"{tenant}\".log (what) VALUES ('no last'); END $$;",
        "no last",
    ),
    ("ALTER TYPE \"{tenant}\".mood ADD VALUE 'wild';", ""),
    (
        "INSERT INTO \"{tenant}\".a VALUES (1, 'wild'); INSERT INTO \"{tenant}\".b VALUES (1); SET CONSTRAINTS ALL DEFERRED;",
        "",
    ),
    (
        "ALTER TABLE \"{tenant}\".b ADD COLUMN c int; ALTER TABLE \"{tenant}\".a ADD COLUMN c int;",
        "",
    ),
    (
        "CREATE FUNCTION \"{tenant}\".sly() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         PERFORM set_config('app.z', '{tenant}', true); PERFORM set_config('app.z', '{tenant}', false); RETURN 1; END $$;",
        "",
    ),
    (
        "ALTER TABLE \"{tenant}\".me ADD COLUMN sly int DEFAULT \"{tenant}\".sly();",
        "",
    ),
    (
        "ALTER TABLE \"{tenant}\".me ADD COLUMN seen text DEFAULT COALESCE(current_setting('app.z', true), ''); \
         INSERT INTO \"{tenant}\".log (what) SELECT 'seen ' || seen FROM \"{tenant}\".me;",
        "seen ",
    ),
    (
        "DO $$ BEGIN PERFORM set_config('statement_timeout', '900', false), set_config('default_transaction_read_only', 'on', false), \
         set_config('session_replication_role', 'replica', false); END $$;",
        "",
    ),
    (
        "INSERT INTO \"{tenant}\".log (what) SELECT string_agg(current_setting(s), ' ') FROM unnest(ARRAY['default_transaction_read_only', \
         'session_replication_role']) AS s;",
        "off origin",
    ),
    ("SELECT setseed(0.5);", ""),
    ("CREATE TABLE \"{tenant}\".r AS SELECT random() AS r;", ""),
];

/// All of them in a row; the role is one that has no rights.
fn full(role: &str) -> Chain {
    let mut files = Vec::new();
    let (folder, parts) = BASE;
    files.push((
        format!("{folder}/migration.toml"),
        format!("format = 1\nid = \"{folder}\"\n"),
    ));
    files.extend(
        parts
            .iter()
            .map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())),
    );
    for (at, (sql, _)) in LEAVING.iter().enumerate() {
        let folder = format!("{:04}_leaving", at + 2);
        files.push((
            format!("{folder}/migration.toml"),
            format!("format = 1\nid = \"{folder}\"\n"),
        ));
        files.push((
            format!("{folder}/tenant.up.sql"),
            sql.replace("nobody_here", role),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Chain::from_files(&files).unwrap()
}

/// A database at the first migration, with these tenants and a row in each.
fn young(names: &[String]) -> (TestDb, Client) {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[BASE]));
    for name in names {
        create(&mut client, name);
        let sql = format!("INSERT INTO {name}.me VALUES ('{name}')");
        client.batch_execute(&sql).unwrap();
    }
    (db, client)
}

fn names(number: usize) -> Vec<String> {
    (0..number).map(|at| format!("t{at}")).collect()
}

fn with_workers(migrator: Migrator, workers: usize, db: &TestDb) -> Migrator {
    let url = db.url().to_owned();
    migrator
        .connect_by(move || Ok(Client::connect(&url, NoTls)?))
        .workers(workers)
}

fn log(client: &mut Client, tenant: &str) -> Vec<String> {
    texts(client, &format!("SELECT what FROM {tenant}.log ORDER BY n"))
}

fn expected(tenant: &str) -> Vec<String> {
    let written = LEAVING.iter().map(|(_, what)| what.replace("{}", tenant));
    written.filter(|what| !what.is_empty()).collect()
}

/// Everything that a session can be found to have.
fn left(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT 'lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() \
         UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements WHERE from_sql \
         UNION ALL SELECT 'cursor' FROM pg_cursors WHERE is_holdable \
         UNION ALL SELECT 'listens' FROM pg_listening_channels() \
         UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r' \
         UNION ALL SELECT 'setting ' || s FROM unnest(ARRAY['app.x', 'app.y', 'app.z']) AS s WHERE current_setting(s, true) <> '' \
         UNION ALL SELECT name FROM pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction%' \
         UNION ALL SELECT 'role ' || current_user WHERE current_user <> session_user",
    )
}

#[test]
fn what_a_migration_leaves_reaches_no_other_tenant_and_no_other_migration() {
    let names = names(7);
    for (workers, is_one_by_one) in [(1, false), (3, false), (1, true)] {
        let (db, mut client) = young(&names);
        let role = format!(
            "nobody_{}",
            client
                .query_one("SELECT pg_backend_pid()", &[])
                .unwrap()
                .get::<_, i32>(0)
        );
        client
            .batch_execute(&format!("CREATE ROLE {role}"))
            .unwrap();
        let chain = full(&role);
        let ids: Vec<String> = chain
            .migrations()
            .iter()
            .map(|it| it.id().to_owned())
            .collect();
        if is_one_by_one {
            for id in ids {
                let migrator = with_workers(migrator(chain.clone()).to(id), workers, &db);
                migrator.on(&mut db.connect()).run().unwrap();
            }
        } else {
            let (migrator, seen) = watched(migrator(chain.clone()));
            with_workers(migrator, workers, &db)
                .on(&mut client)
                .run()
                .unwrap();
            assert_eq!(seen.take().len(), names.len());
        }
        for name in &names {
            assert_eq!(
                log(&mut client, name),
                expected(name),
                "{name}, {workers}, {is_one_by_one}"
            );
        }
        assert_eq!(left(&mut client), Vec::<String>::new());
        let owners = "SELECT DISTINCT (SELECT rolname FROM pg_roles WHERE oid = relowner)::text FROM pg_class WHERE relname = 'mine'";
        assert_eq!(
            texts(&mut client, owners),
            texts(&mut client, "SELECT session_user::text")
        );
        let mut numbers: Vec<String> = Vec::new();
        for name in &names {
            numbers.extend(texts(&mut client, &format!("SELECT r::text FROM {name}.r")));
        }
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), names.len(), "one seed for several");
        client.batch_execute(&format!("DROP ROLE {role}")).unwrap();
    }
}

/// Whoever gives the migrator a session with a role and settings has all of the fleet migrated with these, and has them
/// back afterwards.
#[test]
fn a_session_that_was_given_a_role_has_it_throughout() {
    let names = names(3);
    let (_db, mut client) = young(&names);
    let role = format!(
        "owner_{}",
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .unwrap()
            .get::<_, i32>(0)
    );
    client
        .batch_execute(&format!(
            "CREATE ROLE {role} SUPERUSER; SET ROLE {role}; SET work_mem = '5MB'"
        ))
        .unwrap();
    let sql = "DO $$ BEGIN PERFORM set_config('work_mem', '1MB', false); END $$; CREATE TABLE \"{tenant}\".n (id int);";
    let owned = ("0002_n", &[("tenant.up.sql", sql)][..]);
    migrate(&mut client, chain(&[BASE, owned]));
    let owners = "SELECT DISTINCT (SELECT rolname FROM pg_roles WHERE oid = relowner)::text FROM pg_class WHERE relname = 'n'";
    assert_eq!(texts(&mut client, owners), [role.as_str()]);
    let now = "SELECT current_user::text || ' ' || current_setting('work_mem')";
    assert_eq!(texts(&mut client, now), [format!("{role} 5MB")]);
    client
        .batch_execute(&format!(
            "RESET ROLE; REASSIGN OWNED BY {role} TO CURRENT_USER; DROP ROLE {role}"
        ))
        .unwrap();
}

/// A shared part, a rollback of both kinds, and a migration that fails leave nothing either.
#[test]
fn shared_parts_rollbacks_and_failures_leave_nothing() {
    let names = names(4);
    let (db, mut client) = young(&names);
    let leave = "CREATE TEMP TABLE work (id int); PREPARE p AS SELECT 1; \
                 DO $$ BEGIN PERFORM pg_advisory_lock(1), set_config('app.x', 'x', false); END $$;";
    let up: Folder<'_> = (
        "0002_up",
        &[
            ("shared.up.sql", leave),
            ("shared.down.sql", leave),
            ("tenant.up.sql", leave),
            ("tenant.down.sql", leave),
        ],
    );
    migrate(&mut client, chain(&[BASE, up]));
    assert_eq!(left(&mut client), Vec::<String>::new());
    let back = with_workers(migrator(chain(&[BASE, up])), 2, &db);
    let report = back.on(&mut client).rollback(Some("0001")).unwrap();
    assert_eq!(report.migrated, names.len());
    assert_eq!(left(&mut client), Vec::<String>::new());
    let sql = format!("{leave} SELECT 1 / 0;");
    let fails = ("0002_fails", &[("tenant.up.sql", sql.as_str())][..]);
    let report = migrator(chain(&[BASE, fails]))
        .on(&mut client)
        .attempt()
        .unwrap();
    assert_eq!(report.failed.len(), names.len());
    for failed in &report.failed {
        let error = format!("{:?}", failed.error);
        assert!(
            error.contains("division by zero") && error.contains("line 1"),
            "{error}"
        );
    }
    assert_eq!(left(&mut client), Vec::<String>::new());
}

/// An index is built concurrently for a big tenant only if that makes no difference to the rest of the migration.
#[test]
fn a_big_tenant_gets_what_a_small_one_gets() {
    let names = names(2);
    let (_db, mut client) = young(&names);
    client
        .batch_execute("INSERT INTO t0.me SELECT repeat('x', 200) FROM generate_series(1, 60000); ANALYZE t0.me")
        .unwrap();
    let role = format!(
        "maker_{}",
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .unwrap()
            .get::<_, i32>(0)
    );
    client
        .batch_execute(&format!("CREATE ROLE {role} SUPERUSER"))
        .unwrap();
    let sql = format!(
        "SET LOCAL ROLE {role}; CREATE INDEX me_who ON \"{{tenant}}\".me (who); CREATE TABLE \"{{tenant}}\".n (id int);"
    );
    let made = ("0002_made", &[("tenant.up.sql", sql.as_str())][..]);
    migrate(&mut client, chain(&[BASE, made]));
    let owners = "SELECT (SELECT rolname FROM pg_roles WHERE oid = relowner)::text FROM pg_class WHERE relname = 'n'";
    assert_eq!(texts(&mut client, owners), [role.as_str(), role.as_str()]);
    assert_eq!(left(&mut client), Vec::<String>::new());
    client
        .batch_execute(&format!(
            "REASSIGN OWNED BY {role} TO CURRENT_USER; DROP ROLE {role}"
        ))
        .unwrap();
}

/// An event trigger runs code with SQL that does not name it: then nothing is shared.
#[test]
fn an_event_trigger_that_leaves_something_reaches_no_other_tenant() {
    let names = names(6);
    let (_db, mut client) = young(&names);
    client
        .batch_execute(
            "CREATE FUNCTION public.sly() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM set_config('app.x', COALESCE(current_setting('app.x', true), '') || 'x', false); END $$; \
             CREATE EVENT TRIGGER sly ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.sly()",
        )
        .unwrap();
    let sql = "ALTER TABLE \"{tenant}\".a ADD COLUMN c int; \
               ALTER TABLE \"{tenant}\".me ADD COLUMN seen text DEFAULT COALESCE(current_setting('app.x', true), '');";
    migrate(
        &mut client,
        chain(&[BASE, ("0002_seen", &[("tenant.up.sql", sql)])]),
    );
    for name in &names {
        assert_eq!(
            texts(&mut client, &format!("SELECT seen FROM {name}.me")),
            ["x"],
            "{name}"
        );
    }
    assert_eq!(left(&mut client), Vec::<String>::new());
}

/// Functions and operators that are called without being named, made by the run itself too, are looked for.
#[test]
fn what_is_taken_for_built_in_reaches_no_other_tenant() {
    const SEEN: &str = "INSERT INTO \"{tenant}\".log (what) SELECT 'x' || COALESCE(current_setting('app.x', true), '') || \
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid());";
    const STORED: &str = "ALTER TABLE \"{tenant}\".me ADD COLUMN seen text DEFAULT COALESCE(current_setting('app.x', true), '');";
    let sly = |name: &str, kind: &str, local: &str| {
        format!(
            "CREATE FUNCTION {name} LANGUAGE plpgsql {kind} AS $$ BEGIN PERFORM pg_advisory_lock_shared(1), \
             set_config('app.x', COALESCE(current_setting('app.x', true), '') || 'x', {local}); "
        )
    };
    let lower = |local| {
        sly("public.lower(a varchar) RETURNS text", "IMMUTABLE", local) + "RETURN a::text; END $$;"
    };
    let compare = |local| {
        sly(
            "\"{tenant}\".sly(a int, b int) RETURNS int",
            "IMMUTABLE",
            local,
        ) + "RETURN btint4cmp(a, b); END $$; CREATE OPERATOR CLASS \"{tenant}\".sly FOR TYPE int USING btree AS OPERATOR 1 <, \
               OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 \"{tenant}\".sly(int, int);"
    };
    let range = |local| {
        sly(
            "\"{tenant}\".sly(a float8, b float8) RETURNS float8",
            "IMMUTABLE",
            local,
        ) + "RETURN a - b; END $$; CREATE TYPE \"{tenant}\".span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = \"{tenant}\".sly); \
               CREATE TABLE \"{tenant}\".stay AS SELECT \"{tenant}\".span(n, n + 9) AS stay FROM generate_series(1, 999) AS n;"
    };
    let event = |local| {
        let function = sly("public.sly() RETURNS event_trigger", "", local) + "END $$;";
        format!(
            "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_event_trigger) THEN {function} CREATE EVENT TRIGGER sly \
             ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION public.sly(); END IF; END $do$;"
        )
    };
    let check = "ALTER TABLE \"{tenant}\".word ADD CHECK (lower(word) <> '');";
    let index = "CREATE INDEX word_n ON \"{tenant}\".word (n \"{tenant}\".sly);";
    let stays = "CREATE INDEX ON \"{tenant}\".stay USING gist (stay);";
    let plain = "CREATE INDEX word_n ON \"{tenant}\".word (n);";
    let names = names(3);
    for (local, is_before) in [("true", false), ("false", false), ("false", true)] {
        for (making, using) in [
            (lower(local), check),
            (compare(local), index),
            (range(local), stays),
            (event(local), plain),
        ] {
            let (_db, mut client) = young(&names);
            for name in &names {
                let sql = format!(
                    "CREATE TABLE {name}.word AS SELECT n, 'a'::varchar AS word FROM generate_series(1, 9) AS n"
                );
                client.batch_execute(&sql).unwrap();
            }
            // Made by one tenant for all, it is there for the others.
            let making = making.replace(
                "CREATE FUNCTION public.l",
                "CREATE OR REPLACE FUNCTION public.l",
            );
            let files = [
                [("tenant.up.sql", making.as_str())],
                [("tenant.up.sql", using)],
                [("tenant.up.sql", STORED)],
                [("tenant.up.sql", SEEN)],
            ];
            let made = [BASE, ("0002_made", &files[0])];
            if is_before {
                migrate(&mut client, chain(&made));
            }
            let rest = [
                ("0003_used", &files[1][..]),
                ("0004_stored", &files[2]),
                ("0005_seen", &files[3]),
            ];
            migrate(&mut client, chain(&[&made[..], &rest[..]].concat()));
            for name in &names {
                let what = format!("{name}, {local}, {is_before}: {making}");
                let seen = texts(&mut client, &format!("SELECT DISTINCT seen FROM {name}.me"));
                assert_eq!(seen, [""], "{what}");
                assert_eq!(log(&mut client, name), ["x0"], "{what}");
            }
            assert_eq!(left(&mut client), Vec::<String>::new());
        }
    }
}

/// Segments are sessions of their own, with the migrator's lock kept from the first to the last.
#[test]
fn segments_leave_nothing_to_each_other() {
    let names = names(3);
    let (db, mut client) = young(&names);
    let sql = "DO $$ BEGIN PERFORM set_config('app.x', 'x', false), pg_advisory_unlock_all(); EXECUTE 'SET ROLE pg_monitor'; END $$; \
               CREATE INDEX CONCURRENTLY me_who ON \"{tenant}\".me (who); \
               INSERT INTO \"{tenant}\".log (what) SELECT 'x' || COALESCE(current_setting('app.x', true), '') || (current_user = session_user);";
    let cut = chain(&[BASE, ("0002_cut", &[("tenant.up.sql", sql)])]);
    with_workers(migrator(cut), 2, &db)
        .on(&mut client)
        .run()
        .unwrap();
    for name in &names {
        assert_eq!(log(&mut client, name), ["xtrue"], "{name}");
    }
    assert_eq!(left(&mut client), Vec::<String>::new());
}
