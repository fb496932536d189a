//! A server that was there before: what is made on it has to be cleared away by name.
//!
//! Statics are never dropped and processes get killed, so databases stay behind on a server that is not ours to throw
//! away. Each process therefore draws a random key, keeps one session open whose `application_name` is that key, and
//! begins the names of its databases with it. The server itself ends the session when the process is gone, on whichever
//! host it ran; no process id can be taken for another's, and no clock is compared. Every process that starts sweeps the
//! databases whose key nobody holds any more.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use postgres::{Client, Config, NoTls};

use super::ServerError;
use super::binaries::OLDEST;
use super::session::{off_runtime, with_database};

const PLACE: &str = "`DATABASE_URL`";

/// Stale databases: their maker is gone, and no session is left in them. A database that is in use is left for the next
/// process to sweep, because taking it away by force is worse than keeping it a little longer.
const STALE: &str = "\
    SELECT d.datname::pg_catalog.text \
    FROM pg_catalog.pg_database AS d \
    WHERE d.datname ~ '^tenantry_test_[0-9a-f]{16}_[0-9]+$' \
    AND NOT EXISTS (\
        SELECT FROM pg_catalog.pg_stat_activity AS a \
        WHERE a.datname = d.datname \
        OR a.application_name = pg_catalog.substr(d.datname::pg_catalog.text, 1, 30)\
    )";

/// The session that shows the server that this process lives.
pub(super) struct Guard {
    session: Mutex<Option<Client>>,
}

/// Connects to the server that `url` names, checks that it is of use, and sweeps what dead processes left there.
pub(super) fn open(url: &str, key: &str) -> Result<Guard, ServerError> {
    if with_database(url, "postgres").is_none() {
        return Err(ServerError::InvalidUrl { source: None });
    }
    let mut config: Config = url.parse().map_err(|source| ServerError::InvalidUrl {
        source: Some(source),
    })?;
    config.application_name(key);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    let session = off_runtime(|| {
        let mut client = config.connect(NoTls).map_err(connect_error)?;
        check(&mut client)?;
        sweep(&mut client);
        Ok(client)
    })?;
    Ok(Guard {
        session: Mutex::new(Some(session)),
    })
}

fn check(client: &mut Client) -> Result<(), ServerError> {
    let row = client
        .query_one(
            "SELECT pg_catalog.current_setting('server_version'), \
             pg_catalog.current_setting('server_version_num')::pg_catalog.int4, \
             r.rolsuper OR r.rolcreatedb, r.rolname::pg_catalog.text \
             FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user",
            &[],
        )
        .map_err(connect_error)?;
    if row.get::<_, i32>(1) < i32::try_from(OLDEST * 10_000).expect("releases are small numbers") {
        return Err(ServerError::TooOld {
            place: PLACE.to_owned(),
            version: row.get(0),
        });
    }
    if !row.get::<_, bool>(2) {
        return Err(ServerError::MayNotCreateDatabases { role: row.get(3) });
    }
    // The guard is idle by design, and a server may be set up to end idle sessions.
    client
        .batch_execute("SET idle_session_timeout = 0")
        .map_err(connect_error)
}

/// Several processes may sweep at once and other roles' databases can't be dropped, so failures mean nothing here.
fn sweep(client: &mut Client) {
    let stale = client.query(STALE, &[]).unwrap_or_default();
    for row in stale {
        let name: String = row.get(0);
        let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
    }
}

fn connect_error(source: postgres::Error) -> ServerError {
    ServerError::Connect {
        place: PLACE.to_owned(),
        source,
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let session = self.session.get_mut().map(Option::take);
        off_runtime(move || drop(session));
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
