//! Sessions that are lost at a chosen statement.

use postgres::Client;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::Fleet;

/// Does some work in a new database again and again: the first time the session is lost at the first statement that
/// changes the structure of the database, then at the second, and so on, until the work gets to its end. Each time it
/// lets `check` look at what is left, and do the work again. Tells how often the session was lost.
pub(crate) fn at_each_statement(
    prepare: impl Fn() -> Fleet,
    work: impl Fn(&Fleet) -> Result<(), Error>,
    check: impl Fn(&Fleet, &mut Client),
) -> u32 {
    for lost in 0.. {
        let db = prepare();
        let mut client = db.connect();
        set_trap(&mut client, lost + 1);
        let outcome = work(&db);
        client
            .batch_execute("DROP EVENT TRIGGER crash; DROP SCHEMA crash CASCADE")
            .unwrap();
        match outcome {
            Ok(()) => return lost,
            // The driver can read the server's last words together with the end of the stream, and then drops them: it is
            // not known then that the commit was never reached.
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Connection | ErrorKind::CommitUnknown
                ),
                "{error}"
            ),
        }
        check(&db, &mut client);
    }
    unreachable!("the work has an end")
}

/// Ends the session that executes the statement of this number. A sequence counts, for no rollback takes back its steps.
fn set_trap(client: &mut Client, number: u32) {
    let sql = format!(
        "CREATE SCHEMA crash;
         CREATE SEQUENCE crash.statements;
         CREATE FUNCTION crash.count() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
             IF pg_catalog.nextval('crash.statements') = {number} THEN
                 PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());
             END IF;
         END $$;
         CREATE EVENT TRIGGER crash ON ddl_command_end EXECUTE FUNCTION crash.count();"
    );
    client.batch_execute(&sql).unwrap();
}
