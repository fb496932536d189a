//! Short sessions for the module's own work, and URLs to reach other databases of the same server.

use postgres::{Client, Config, NoTls};

use super::ServerError;
use crate::address::Address;
use crate::exec::blocking;

/// Runs `work` with a session of its own.
pub(super) fn with_session<T: Send>(
    config: &Config,
    work: impl FnOnce(&mut Client) -> Result<T, postgres::Error> + Send,
) -> Result<T, postgres::Error> {
    blocking(|| {
        let mut client = config.connect(NoTls)?;
        work(&mut client)
    })
}

/// Reads a URL; the driver's other form is refused, because a database could not be replaced in it.
pub(super) fn parse(url: &str) -> Result<Config, ServerError> {
    if with_database(url, "postgres").is_none() {
        return Err(ServerError::InvalidUrl { source: None });
    }
    let address = Address::new(url).map_err(|source| ServerError::InvalidUrl {
        source: Some(source),
    })?;
    Ok(address.config().clone())
}

/// Returns `url` with the database replaced, and everything else as it was.
pub(super) fn with_database(url: &str, database: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return None;
    }
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, _) = place.split_once('/').unwrap_or((place, ""));
    // A `dbname` among the parameters would win over the path.
    let kept: Vec<&str> = parameters
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("dbname="))
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    Some(format!(
        "{scheme}://{authority}/{database}{mark}{}",
        kept.join("&")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_and_nothing_else() {
        for (url, expected) in [
            ("postgres://ann@host/app", "postgres://ann@host/t1"),
            ("postgres://ann@host", "postgres://ann@host/t1"),
            (
                "postgresql://ann:p%2Fw@a:1,b:2/app?sslmode=disable",
                "postgresql://ann:p%2Fw@a:1,b:2/t1?sslmode=disable",
            ),
            (
                "postgres://host?dbname=app&connect_timeout=3",
                "postgres://host/t1?connect_timeout=3",
            ),
            (
                "postgres://ann@%2Ftmp%2Fx:5432/app",
                "postgres://ann@%2Ftmp%2Fx:5432/t1",
            ),
            (
                "postgres:///app?host=%2Ftmp&dbname=b",
                "postgres:///t1?host=%2Ftmp",
            ),
        ] {
            assert_eq!(with_database(url, "t1").as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_a_url_of_postgresql_has_no_database_to_replace() {
        assert_eq!(with_database("host=localhost dbname=app", "t1"), None);
        assert_eq!(with_database("mysql://host/app", "t1"), None);
    }
}
