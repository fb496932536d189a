//! Making a session as it was before it ran SQL that may have left something behind.

use postgres::error::SqlState;
use postgres::{Client, GenericClient, SimpleQueryMessage, Transaction};

use super::session::{END, RESET};
use crate::name::{quote_identifier, quote_literal};

/// The advisory locks of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locks {
    /// They stay: one of them is our own.
    Kept,
    /// They are released.
    Released,
}

/// Resets a session, and gives it the settings that it had.
///
/// Statements that a driver has prepared stay, because it goes on using them; those of SQL are forgotten.
pub(crate) fn reset(
    client: &mut impl GenericClient,
    given: &Given,
    locks: Locks,
) -> Result<(), postgres::Error> {
    send(client, &statements(given, locks))
}

/// Does within a transaction what waits for its end, and then what is done after it: a session that is as it was given.
pub(crate) fn end_within(tx: &mut Transaction<'_>, given: &Given) -> Result<(), postgres::Error> {
    tx.batch_execute(END)?;
    reset(tx, given, Locks::Released)
}

/// Makes a session as it was when it was connected, whatever transaction it is in.
pub(crate) fn reset_whole(client: &mut Client) -> Result<(), postgres::Error> {
    let sql = whole();
    match send(client, &sql) {
        Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
            client.batch_execute("ROLLBACK")?;
            send(client, &sql)
        }
        outcome => outcome,
    }
}

/// The statements for that, unless its transaction has failed.
pub(super) fn whole() -> String {
    // To roll back where nothing was begun would have the server warn each time.
    format!(
        "BEGIN; ROLLBACK; {}",
        statements(&Given::default(), Locks::Released)
    )
}

fn statements(given: &Given, locks: Locks) -> String {
    let unlock = match locks {
        Locks::Kept => "",
        Locks::Released => "SELECT pg_catalog.pg_advisory_unlock_all();",
    };
    format!(
        "{RESET} {unlock} {} \
         SELECT name AS prepared FROM pg_catalog.pg_prepared_statements WHERE from_sql",
        given.0
    )
}

/// Sends the statements, and forgets what the last of them says was prepared.
fn send(client: &mut impl GenericClient, sql: &str) -> Result<(), postgres::Error> {
    match forgets(&client.simple_query(sql)?) {
        Some(sql) => client.batch_execute(&sql),
        None => Ok(()),
    }
}

/// Returns the statements that forget what SQL has prepared, by the answer to the last of the statements.
pub(super) fn forgets(answer: &[SimpleQueryMessage]) -> Option<String> {
    let prepared: Vec<String> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) if row.columns()[0].name() == "prepared" => row.get(0),
            _ => None,
        })
        .map(|name| format!("DEALLOCATE {};", quote_identifier(name)))
        .collect();
    (!prepared.is_empty()).then(|| prepared.concat())
}

/// The settings that a session was given since it was connected, as statements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(String);

impl Given {
    /// Reads role and settings of a session. Settings of one's own, such as `app.user`, are not told by PostgreSQL.
    pub(crate) fn read(client: &mut impl GenericClient) -> Result<Self, postgres::Error> {
        let rows = client.query_typed(
            "SELECT name, setting FROM (\
             SELECT 1 AS place, 'session_authorization' AS name, pg_catalog.current_setting('session_authorization') AS setting \
             UNION ALL SELECT 2, name, setting FROM pg_catalog.pg_settings WHERE source = 'session' \
             AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable') \
             UNION ALL SELECT 3, 'role', pg_catalog.current_setting('role')) AS s ORDER BY place",
            &[],
        )?;
        let mut sql = String::new();
        for row in &rows {
            let (name, setting): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let (name, setting) = (quote_literal(name), quote_literal(setting));
            sql.extend([
                "SELECT pg_catalog.set_config(",
                &name,
                ", ",
                &setting,
                ", false); ",
            ]);
        }
        Ok(Self(sql))
    }
}
