//! Connections for work that may take as long as it likes, as long as the server is there to do it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use postgres::Client;
use postgres::types::Type;

use super::connect::Connector;
use super::inquiry::{Heard, Inquiry};
use super::silence::Silence;
use crate::error::{Error, Result};

/// Opens one.
pub(crate) fn open_for_long(connector: &Arc<Connector>) -> Result<Client> {
    let opened = connector.open()?;
    opened.silence.inquire(&inquiry(connector, &opened.silence));
    Ok(opened.client)
}

/// Returns the inquiry about a session that a connector has opened.
pub(super) fn inquiry(connector: &Arc<Connector>, silence: &Silence) -> Arc<Inquiry> {
    let (limit, key) = (connector.limit(), silence.key().clone());
    let (connector, began) = (Arc::clone(connector), Mutex::new(None));
    Inquiry::new(limit, key, move |process| look(&connector, process, &began))
}

/// Looks for a session over another connection. `began` is when it began by the server's clock, once it was seen.
fn look(connector: &Arc<Connector>, process: i32, began: &Mutex<Option<SystemTime>>) -> Heard {
    // A pooler answers whoever comes itself, and only the first statement has to wait for a session.
    let mut opened = match connector.reach() {
        Ok(opened) => opened,
        Err(error) if is_silence(&error) => return Heard::Nothing,
        Err(error) => return Heard::Unclear(error),
    };
    let limit = Some(connector.limit());
    opened.silence.allow(limit);
    let heard = ask(&mut opened.client, process, began);
    opened.silence.allow(limit);
    heard.unwrap_or_else(Heard::Unclear)
}

fn ask(client: &mut Client, process: i32, began: &Mutex<Option<SystemTime>>) -> Result<Heard> {
    let sql = "SELECT a.pid IS NOT NULL, a.backend_start, a.state, a.state_change, \
         pg_catalog.concat_ws(', waiting for ', a.state, a.wait_event_type || ' ' || a.wait_event), \
         pg_catalog.pg_is_in_recovery() \
         FROM (SELECT) AS one LEFT JOIN pg_catalog.pg_stat_get_activity($1) AS a ON true";
    let row = client.query_typed_one(sql, &[(&process, Type::INT4)])?;
    if row.try_get(5)? {
        // It has sessions of its own, and says nothing of those of its primary.
        return Ok(Heard::AtWork("a standby answers in its place".to_owned()));
    }
    if !row.try_get::<_, bool>(0)? {
        return Ok(Heard::Over);
    }
    let mut began = began.lock().unwrap_or_else(PoisonError::into_inner);
    let begins: Option<SystemTime> = row.try_get(1)?;
    if let Some(begins) = begins
        && *began.get_or_insert(begins) != begins
    {
        return Ok(Heard::Over);
    }
    let state: Option<&str> = row.try_get(2)?;
    if state.is_some_and(|state| state.starts_with("idle")) {
        return Ok(Heard::Resting(row.try_get(3)?));
    }
    Ok(Heard::AtWork(row.try_get(4)?))
}

/// Whether an error tells no more than that nothing came in time.
fn is_silence(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            let kinds = [io::ErrorKind::TimedOut, io::ErrorKind::WouldBlock];
            return kinds.contains(&error.kind());
        }
        cause = error.source();
    }
    false
}
