//! A session as it was in the beginning, whatever SQL was run in it.

/// Statements that make a session as it was when it was connected, but for what [`FORGET`] is for.
///
/// They do what `DISCARD ALL` does, and do so in a transaction too, where that is refused: so they reach through a
/// transaction pooler, which may send what comes after the transaction to another session. Two things are theirs alone:
/// `RESET ROLE` goes back to a role that the connection itself asked for, and the numbers that `random()` gives after
/// `setseed` are such as nobody knows again.
pub(crate) const RESET: &str = "\
    RESET SESSION AUTHORIZATION;\nRESET ALL;\nRESET ROLE;\nCLOSE ALL;\nUNLISTEN *;\n\
    DISCARD PLANS;\nDISCARD TEMP;\nDISCARD SEQUENCES;\n\
    SELECT pg_catalog.setseed(pg_catalog.hashtext(pg_catalog.gen_random_uuid()::text)::float8 / 2147483648);\n";

/// Statements that have the session write values in one way until its transaction ends, which every session reads alike: rows, and constants
/// of defaults, checks and views.
pub(crate) const ALIKE: &str = "\
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; \
    SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; \
    SET LOCAL quote_all_identifiers = off; SET LOCAL array_nulls = on; SET LOCAL transform_null_equals = off";

/// A statement that does within a transaction what waits for its end, and has constraints wait again that do from the beginning.
///
/// It names them, since `ALL` would hold for those too that are made later in the transaction. Whatever waits is of tables that the
/// transaction has locked, and what is done may lock more. A role that may not use a schema can name nothing in it.
pub(crate) const END: &str = "\
    DO $tenantry$ DECLARE done text[] := '{}'; deferred text[] := '{}'; waiting record; BEGIN <<ending>> LOOP FOR waiting IN \
    SELECT pg_catalog.array_agg(DISTINCT k.name) AS names, \
    pg_catalog.array_agg(DISTINCT k.name) FILTER (WHERE k.is_deferred) AS deferred, \
    pg_catalog.bool_and(k.can_be_named) AS can_be_named FROM ( \
    SELECT pg_catalog.format('%I.%I', n.nspname, k.conname) AS name, t.tginitdeferred AS is_deferred, \
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS can_be_named FROM pg_catalog.pg_locks AS l \
    JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = l.relation AND t.tgdeferrable \
    JOIN pg_catalog.pg_constraint AS k ON k.oid = t.tgconstraint \
    JOIN pg_catalog.pg_namespace AS n ON n.oid = k.connamespace \
    WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.database = ( \
    SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())) AS k \
    WHERE k.name OPERATOR(pg_catalog.<>) ALL (done) LOOP \
    EXIT ending WHEN waiting.names IS NULL; \
    IF NOT waiting.can_be_named THEN SET CONSTRAINTS ALL IMMEDIATE; RETURN; END IF; \
    EXECUTE 'SET CONSTRAINTS ' || pg_catalog.array_to_string(waiting.names, ', ') || ' IMMEDIATE'; \
    done := done || waiting.names; deferred := deferred || waiting.deferred; END LOOP; END LOOP; \
    IF deferred <> '{}' THEN EXECUTE 'SET CONSTRAINTS ' || pg_catalog.array_to_string(deferred, ', ') || ' DEFERRED'; END IF; \
    END $tenantry$;\n";

/// Statements that forget what SQL has prepared and release all advisory locks of a session, where no lock of our own is
/// among them.
///
/// A driver's prepared statements stay, because it goes on using them. They are of one message with the rest, which may
/// be all that reaches the session.
pub(crate) const FORGET: &str = "\
    DO $$ DECLARE p name; BEGIN FOR p IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql \
    LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', p); END LOOP; END $$;\n\
    SELECT pg_catalog.pg_advisory_unlock_all();\n";
