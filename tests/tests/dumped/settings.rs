//! Roles that migrate and roles that make tenants may have other settings: what a text of the catalogue means depends on them.

use super::*;

/// How one session writes values, and another one reads them.
const SETTINGS: [&[(&str, &str)]; 2] = [
    &[
        ("DateStyle", "SQL, DMY"),
        ("IntervalStyle", "sql_standard"),
        ("extra_float_digits", "-3"),
        ("bytea_output", "escape"),
        ("TimeZone", "Pacific/Kiritimati"),
        ("quote_all_identifiers", "on"),
    ],
    &[
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("extra_float_digits", "1"),
        ("bytea_output", "hex"),
        ("TimeZone", "America/New_York"),
        ("quote_all_identifiers", "off"),
    ],
];

/// Constants that each session reads alike, wherever a definition can have them.
const CONSTANTS: &str = r#"
    CREATE DOMAIN "{tenant}".late AS date DEFAULT '2026-03-02' CHECK (VALUE > '2020-03-02'::date);
    CREATE TABLE "{tenant}".kept (
        id int,
        day date DEFAULT '2026-03-02', at timestamptz DEFAULT '2026-03-02 10:00:00+00', local timestamp DEFAULT '2026-03-02 10:00:00',
        span interval DEFAULT 'P-1DT-2H-3M', mixed interval DEFAULT 'P1Y-2M3DT-4H', ratio float8 DEFAULT '0.30000000000000004'::float8,
        small real DEFAULT '16777217.1'::real, bytes bytea DEFAULT '\x00ff5c', days date[] DEFAULT ARRAY['2026-03-02'::date],
        during daterange DEFAULT '[2026-03-02,2026-04-05)'::daterange, late "{tenant}".late,
        CHECK (span < 'P-1DT-2H'::interval OR day > '2026-03-02'::date),
        doubled float8 GENERATED ALWAYS AS (ratio * '0.30000000000000004'::float8) STORED
    );
    CREATE INDEX kept_late ON "{tenant}".kept (id) WHERE day > '2026-03-02'::date AND ratio > '0.1'::float8;
    CREATE VIEW "{tenant}".seen AS SELECT id, '2026-03-02'::date AS day, 'P-1DT-2H'::interval AS span FROM "{tenant}".kept WHERE ratio < '0.30000000000000004'::float8;
    CREATE FUNCTION "{tenant}".since(day date DEFAULT '2026-03-02') RETURNS date LANGUAGE sql AS $$ SELECT day $$;
    CREATE TABLE "{tenant}".parts (day date, span interval) PARTITION BY RANGE (day);
    CREATE TABLE "{tenant}".march PARTITION OF "{tenant}".parts FOR VALUES FROM ('2026-03-02') TO ('2026-04-05');
    CREATE TABLE "{tenant}".watched (day date, ratio float8);
    CREATE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE INSERT ON "{tenant}".watched FOR EACH ROW WHEN (NEW.day > '2026-03-02'::date) EXECUTE FUNCTION "{tenant}".touch();
    CREATE RULE quiet AS ON UPDATE TO "{tenant}".watched WHERE OLD.day = '2026-03-02'::date DO INSTEAD NOTHING;
    ALTER TABLE "{tenant}".watched ENABLE ROW LEVEL SECURITY;
    CREATE POLICY late ON "{tenant}".watched USING (day > '2026-03-02'::date);
    INSERT INTO "{tenant}".kept (id) VALUES (1)
"#;

fn set(database: &TestDb, settings: &[(&str, &str)]) {
    for (name, value) in settings {
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {name} TO %L', current_database(), '{value}'); END $$"
        );
        database.connect().batch_execute(&set).unwrap();
    }
}

#[test]
fn a_tenant_is_alike_whatever_the_settings_of_who_has_migrated_and_who_makes_it() {
    for (migrates, creates) in [(0, 1), (1, 0)] {
        let db = TestDb::new();
        set(&db, SETTINGS[migrates]);
        let mut client = db.connect();
        migrate(&mut client, chain(&[]));
        create(&mut client, "oldest");
        with_folders(&[CONSTANTS], |folders| migrate(&mut client, chain(folders)));
        let reasons = "SELECT concat(reason, standby_reason) FROM tenantry.baseline, tenantry.meta";
        assert_eq!(texts(&mut client, reasons), [""]);
        set(&db, SETTINGS[creates]);
        let mut client = db.connect();
        create(&mut client, "made");
        app(db.url()).tenants().refill_standbys(1).unwrap();
        create(&mut client, "claimed");
        assert_eq!(unlike(&mut client, &db, &["made", "claimed"]), None);
        let bits = "SELECT DISTINCT k::text FROM (SELECT * FROM oldest.kept UNION ALL SELECT * FROM made.kept UNION ALL \
            SELECT * FROM claimed.kept) AS k";
        client.batch_execute("SET extra_float_digits = 3").unwrap();
        assert_eq!(texts(&mut client, bits).len(), 1);
    }
}
