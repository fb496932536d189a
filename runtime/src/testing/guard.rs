//! Databases are cleared away by name once their process is gone.
//!
//! Statics are never dropped and processes get killed, so databases stay behind on a server that is not thrown away. Each
//! process therefore draws a random key, keeps one session open whose `application_name` is that key, and begins the
//! names of its databases with it. The server itself ends the session when the process is gone, on whichever host it
//! ran; no process id can be taken for another's, and no clock is compared. Every process that comes to a server sweeps
//! the databases whose key nobody holds any more.
//!
//! A throw-away server is guarded too: its URL can be handed to other processes as their `DATABASE_URL`.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use postgres::{Client, Config, NoTls, Row};

use super::ServerError;
use super::binaries::OLDEST;
use crate::exec::blocking;

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
pub(super) struct ServerGuard {
    session: Mutex<Option<Client>>,
}

impl ServerGuard {
    /// Connects to the server, checks that it is of use, and sweeps what dead processes left there.
    pub(super) fn open(
        place: &'static str,
        mut config: Config,
        key: &str,
    ) -> Result<Self, ServerError> {
        config.application_name(key);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        blocking(|| {
            let connect_error = |source| ServerError::Connect { place, source };
            let mut client = config.connect(NoTls).map_err(connect_error)?;
            let server = client.query_one(ABOUT, &[]).map_err(connect_error)?;
            check(place, &server)?;
            // The guard is idle by design, and a server may be set up to end idle sessions.
            client
                .batch_execute("SET idle_session_timeout = 0")
                .map_err(connect_error)?;
            drop_stale(&mut client);
            Ok(Self {
                session: Mutex::new(Some(client)),
            })
        })
    }
}

const ABOUT: &str = "\
    SELECT pg_catalog.current_setting('server_version'), \
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4, \
    r.rolname::pg_catalog.text, \
    r.rolsuper OR r.rolcreatedb \
    FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user";

fn check(place: &'static str, server: &Row) -> Result<(), ServerError> {
    let (version, number): (String, i32) = (server.get(0), server.get(1));
    let (role, may_create): (String, bool) = (server.get(2), server.get(3));
    if number / 10_000 < i32::try_from(OLDEST).expect("releases are small numbers") {
        return Err(ServerError::TooOld {
            place: place.to_owned(),
            version,
        });
    }
    if may_create {
        Ok(())
    } else {
        Err(ServerError::MayNotCreateDatabases { role })
    }
}

/// Several processes may sweep at once and other roles' databases can't be dropped, so failures mean nothing here.
fn drop_stale(client: &mut Client) {
    let stale = client.query(STALE, &[]).unwrap_or_default();
    for row in stale {
        let name: String = row.get(0);
        let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
    }
}

impl Drop for ServerGuard {
    fn drop(&mut self) {
        let session = self.session.get_mut().map(Option::take);
        blocking(move || drop(session));
    }
}

impl fmt::Debug for ServerGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
