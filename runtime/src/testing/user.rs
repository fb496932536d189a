//! The account that a throw-away server runs under.

use std::fs;
use std::process::Command;

use super::ServerError;
use super::patient::{TELLS_WITHIN, output};

/// An account of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Returns the account to switch to, or `None` where the process can start a server as what it is.
pub(super) fn unprivileged() -> Result<Option<Account>, ServerError> {
    if !is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| look_up(&passwd, name))
        .map(Some)
        .ok_or(ServerError::NoAccount)
}

/// The standard library tells no user id, and `id` is in every Unix. If it is missing, `initdb` still says what is wrong.
fn is_root() -> bool {
    output(Command::new("id").arg("-u"), TELLS_WITHIN)
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn look_up(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (found && uid != 0).then_some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
                          # a comment\n\
                          nobody2:x:7:8::/:/bin/false\n\
                          nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        assert_eq!(
            look_up(PASSWD, "nobody"),
            Some(Account {
                uid: 65534,
                gid: 65533
            })
        );
        assert_eq!(look_up(PASSWD, "postgres"), None);
    }

    #[test]
    fn an_account_with_the_id_of_root_does_not_count() {
        assert_eq!(look_up(PASSWD, "root"), None);
    }
}
