//! Sessions in which a backslash in a string is an escape: SQL would end elsewhere for the server than it does here.

use postgres::{Client, SimpleQueryMessage};

use crate::error::{Error, ErrorKind, Result};

/// The setting that decides whether a backslash in a string is a character like others.
pub(in crate::exec) const SETTING: &str = "standard_conforming_strings";

/// Refuses a new connection in whose session it is an escape. That takes a message to the server.
pub(super) fn check(client: &mut Client) -> Result<()> {
    let rows = client.simple_query(&format!("SHOW {SETTING}"))?;
    let setting = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    refuse(setting)
}

/// The same, by the value that the session has.
pub(in crate::exec) fn refuse(setting: Option<&str>) -> Result<()> {
    if setting != Some("off") {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "a backslash in a string is an escape to the server (`{SETTING}` is off), and to tenantry it is a character: the two would \
             take other words of the same SQL for strings\n\
             help: `ALTER ROLE … SET {SETTING} = on` for the role that connects, or add `options=-c%20{SETTING}=on` to the address"
        ),
    ))
}
