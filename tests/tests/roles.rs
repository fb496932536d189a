//! The statements of `docs/roles.md`: who owns what, and which rights each role has.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::{Client, NoTls};
use tenantry::migrate::Chain;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{key, migrate, migrator, texts};

/// A database with the roles of the page, which are dropped with it.
struct Roles {
    database: TestDb,
    owner: String,
    app: String,
    reader: String,
}

impl Roles {
    fn new() -> Self {
        let database = TestDb::new();
        let [owner, app, reader] =
            ["owner", "app", "reader"].map(|role| format!("{role}_{}", database.name()));
        let roles = Self {
            database,
            owner,
            app,
            reader,
        };
        let Self {
            owner, app, reader, ..
        } = &roles;
        roles
            .database
            .connect()
            .batch_execute(&format!(
                "CREATE ROLE {owner} LOGIN; CREATE ROLE {app} LOGIN; CREATE ROLE {reader} LOGIN; \
                 GRANT CREATE ON DATABASE {} TO {owner}; GRANT {owner} TO {app}",
                roles.database.name()
            ))
            .unwrap();
        roles
    }

    fn connect(&self, role: &str) -> Client {
        self.database.config().user(role).connect(NoTls).unwrap()
    }

    fn database(&self, role: &str) -> Database {
        let mut config = self.database.config();
        Database::connect_with(config.user(role), NoTls, Options::default()).unwrap()
    }

    /// A chain whose grants are those of the page, with more for tenants.
    fn chain(&self, more: &[&str]) -> Chain {
        let reader = &self.reader;
        let mut files = vec![
            (
                "0001_all/shared.up.sql".to_owned(),
                format!(
                    "CREATE TABLE \"{{shared}}\".plans (id bigint PRIMARY KEY, code text);\n\
                     GRANT USAGE ON SCHEMA \"{{shared}}\" TO {reader};\n\
                     GRANT SELECT ON ALL TABLES IN SCHEMA \"{{shared}}\" TO {reader};\n\
                     ALTER DEFAULT PRIVILEGES IN SCHEMA \"{{shared}}\" GRANT SELECT ON TABLES TO {reader};"
                ),
            ),
            (
                "0001_all/tenant.up.sql".to_owned(),
                "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, plan bigint REFERENCES \"{shared}\".plans);"
                    .to_owned(),
            ),
            (
                "baseline/grants.sql".to_owned(),
                format!(
                    "GRANT USAGE ON SCHEMA \"{{tenant}}\" TO {reader};\n\
                     GRANT SELECT ON ALL TABLES IN SCHEMA \"{{tenant}}\" TO {reader};\n\
                     ALTER DEFAULT PRIVILEGES IN SCHEMA \"{{tenant}}\" GRANT SELECT ON TABLES TO {reader};"
                ),
            ),
        ];
        for (number, sql) in more.iter().enumerate() {
            let folder = format!("{:04}_more", number + 2);
            files.push((format!("{folder}/tenant.up.sql"), (*sql).to_owned()));
        }
        let folders: Vec<String> = files
            .iter()
            .filter_map(|(path, _)| Some(path.strip_suffix("/tenant.up.sql")?.to_owned()))
            .collect();
        for folder in folders {
            files.push((
                format!("{folder}/migration.toml"),
                format!("format = 1\nid = \"{folder}\"\n"),
            ));
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        Chain::from_files(&files).unwrap()
    }

    /// The chain applied by the owner, and what the reader needs of the registry.
    fn migrated(&self) -> Client {
        let mut owner = self.connect(&self.owner);
        migrate(&mut owner, self.chain(&[]));
        owner
            .batch_execute(&format!(
                "GRANT USAGE ON SCHEMA tenantry TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA tenantry TO {0}",
                self.reader
            ))
            .unwrap();
        owner
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        let Self {
            owner, app, reader, ..
        } = self;
        let mut client = self.database.connect();
        for role in [app, reader, owner] {
            // The server may be a throw-away one; on another nothing of it is to stay.
            let _ = client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }
}

/// The owners of a schema and of what is in it.
fn owners(client: &mut Client, schema: &str) -> Vec<String> {
    texts(
        client,
        &format!(
            "SELECT DISTINCT r.rolname::text FROM pg_catalog.pg_namespace AS n \
             LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid \
             JOIN pg_catalog.pg_roles AS r ON r.oid IN (n.nspowner, c.relowner) WHERE n.nspname = '{schema}'"
        ),
    )
}

#[test]
fn tenants_that_the_application_signs_up_belong_to_the_owner_who_migrates_them() {
    let roles = Roles::new();
    let mut owner = roles.migrated();
    for schema in ["shared", "tenantry"] {
        assert_eq!(owners(&mut owner, schema), [roles.owner.as_str()]);
    }
    let db = roles.database(&roles.app);
    db.tenants().create(&key("made")).unwrap();
    let (_, whose) = db
        .tenants()
        .create_with(&key("filled"), |tx| {
            let client = tx.client();
            client.batch_execute("INSERT INTO filled.notes VALUES (1)")?;
            let row = client.query_one("SELECT current_user::text", &[])?;
            Ok::<String, tenantry::Error>(row.get(0))
        })
        .unwrap();
    // The application's own code runs as itself.
    assert_eq!(whose, roles.app);
    // A standby is made, and claimed, by whoever may make tenants; a superuser may.
    Database::connect(roles.database.url())
        .unwrap()
        .tenants()
        .refill_standbys(1)
        .unwrap();
    let standby = db.tenants().create(key("claimed")).unwrap();
    assert_eq!(standby.schema().as_str(), "claimed");
    for schema in ["made", "filled", "claimed"] {
        assert_eq!(
            owners(&mut owner, schema),
            [roles.owner.as_str()],
            "{schema}"
        );
    }
    let mut tenant = db.tenant(&key("made")).unwrap();
    tenant
        .client()
        .batch_execute("INSERT INTO made.notes VALUES (1)")
        .unwrap();
    drop(tenant);

    // Step by step too, where a migration is more than DDL.
    let more = roles.chain(&[
        "CREATE TABLE \"{tenant}\".more (id bigint); INSERT INTO \"{tenant}\".notes VALUES (7)",
        "CREATE INDEX CONCURRENTLY notes_plan ON \"{tenant}\".notes (plan)",
    ]);
    migrate(&mut owner, more.clone());
    db.tenants().create(key("later")).unwrap();
    for schema in ["made", "filled", "claimed", "later"] {
        assert_eq!(
            owners(&mut owner, schema),
            [roles.owner.as_str()],
            "{schema}"
        );
    }
    assert!(
        migrator(more)
            .on(&mut owner)
            .drift()
            .unwrap()
            .found
            .is_empty()
    );
    db.tenants().drop(&key("filled")).unwrap();
    assert_eq!(owners(&mut owner, "filled"), Vec::<String>::new());
}

#[test]
fn a_role_that_reads_reads_all_tenants_and_changes_none() {
    let roles = Roles::new();
    let mut owner = roles.migrated();
    roles
        .database(&roles.owner)
        .tenants()
        .create(key("acme"))
        .unwrap();
    owner
        .batch_execute("INSERT INTO acme.notes VALUES (1)")
        .unwrap();
    // What comes later is readable too.
    let more = roles.chain(&["CREATE TABLE \"{tenant}\".more (id bigint)"]);
    migrate(&mut owner, more.clone());
    let db = roles.database(&roles.reader);
    let mut acme = db.tenant(&key("acme")).unwrap();
    assert_eq!(
        texts(acme.client(), "SELECT id::text FROM acme.notes"),
        ["1"]
    );
    assert_eq!(
        texts(acme.client(), "SELECT 'x' FROM acme.more, shared.plans"),
        Vec::<String>::new()
    );
    let refused = acme
        .client()
        .batch_execute("INSERT INTO acme.notes VALUES (2)")
        .unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
    drop(acme);
    let mut reader = roles.connect(&roles.reader);
    assert_eq!(
        migrator(more).on(&mut reader).status().unwrap().tenants(),
        1
    );
    for refused in [
        db.tenants().create(&key("new")).map(|_| ()),
        db.tenants().suspend(&key("acme")).map(|_| ()),
        db.tenants().drop(&key("acme")),
        migrator(roles.chain(&[
            "CREATE TABLE \"{tenant}\".more (id bigint)",
            "CREATE TABLE \"{tenant}\".again ()",
        ]))
        .on(&mut reader)
        .run()
        .map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Permission);
    }
    assert_eq!(
        texts(&mut owner, "SELECT key FROM tenantry.tenant"),
        ["acme"]
    );
}

#[test]
fn a_role_that_is_no_member_of_the_owner_signs_nobody_up_and_is_told_why() {
    let roles = Roles::new();
    let mut owner = roles.migrated();
    let reader = &roles.reader;
    owner
        .batch_execute(&format!(
            "GRANT ALL ON ALL TABLES IN SCHEMA tenantry TO {reader}; GRANT ALL ON ALL SEQUENCES IN SCHEMA tenantry TO {reader}; \
             GRANT ALL ON ALL TABLES IN SCHEMA shared TO {reader}"
        ))
        .unwrap();
    roles
        .database
        .connect()
        .batch_execute(&format!(
            "GRANT CREATE ON DATABASE {} TO {reader}",
            roles.database.name()
        ))
        .unwrap();
    let error = roles
        .database(reader)
        .tenants()
        .create(key("acme"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    let text = error.to_string();
    assert!(
        text.contains(&format!("grant the role `{}`", roles.owner)),
        "{text}"
    );
    assert_eq!(owners(&mut owner, "acme"), Vec::<String>::new());
}

#[test]
fn a_standby_of_another_owner_is_left_alone_and_a_schema_made_instead() {
    let roles = Roles::new();
    let mut owner = roles.migrated();
    roles
        .database(&roles.owner)
        .tenants()
        .refill_standbys(1)
        .unwrap();
    let standby = texts(&mut owner, "SELECT schema_name FROM tenantry.tenant").concat();
    roles
        .database
        .connect()
        .batch_execute(&format!("ALTER SCHEMA {standby} OWNER TO postgres"))
        .unwrap();
    let app = roles.database(&roles.app);
    let made = app.tenants().create(key("acme")).unwrap();
    assert_eq!(made.schema().as_str(), "acme");
    assert_eq!(owners(&mut owner, "acme"), [roles.owner.as_str()]);
    let states = "SELECT state FROM tenantry.tenant ORDER BY id";
    assert_eq!(texts(&mut owner, states), ["standby", "active"]);
}
