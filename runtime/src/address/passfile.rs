//! Files of passwords: `host:port:database:user:password`, a line each.

use std::fs;
use std::io;
use std::path::Path;

/// Whom a password is for.
#[derive(Debug)]
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Reads a file of passwords, or says why it is left alone. There may be none.
pub(super) fn read(file: &Path) -> Result<Option<String>, String> {
    let name = file.display();
    let about = match fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(format!(
                "the file of passwords `{name}` can't be read: {error}"
            ));
        }
    };
    if !about.is_file() {
        return Err(format!(
            "the file of passwords `{name}` is no plain file, so it was not read"
        ));
    }
    if is_open(&about) {
        return Err(format!(
            "the file of passwords `{name}` can be read by others than its owner, so it was not read; run `chmod 0600 {name}`"
        ));
    }
    let text = fs::read(file);
    let text =
        text.map_err(|error| format!("the file of passwords `{name}` can't be read: {error}"))?;
    String::from_utf8(text)
        .map(Some)
        .map_err(|_| format!("the file of passwords `{name}` is not in UTF-8, so it was not read"))
}

#[cfg(unix)]
fn is_open(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open(_: &fs::Metadata) -> bool {
    false
}

/// Returns the password of the first line that fits.
pub(super) fn find(text: &str, login: &Login<'_>) -> Option<String> {
    let port = login.port.to_string();
    let wanted = [login.host, &port, login.database, login.user];
    text.lines().find_map(|line| {
        if line.starts_with('#') {
            return None;
        }
        let mut rest = line;
        for wanted in wanted {
            rest = after(rest, wanted)?;
        }
        Some(unescaped(rest.trim_end_matches('\r')))
    })
}

/// Returns what follows a field that is a wanted one, or any.
fn after<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let mut chars = line.char_indices();
    let mut wanted = wanted.chars();
    while let Some((at, c)) = chars.next() {
        let c = match c {
            ':' => return wanted.next().is_none().then(|| &line[at + 1..]),
            '\\' => chars.next()?.1,
            c => c,
        };
        if wanted.next() != Some(c) {
            return None;
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let text = "# h:7:app:ann:comment\n\
                    h:8:app:ann:another port\n\
                    h:7:app:annabel:another user\n\
                    h:7:app:ann\n\
                    ::1:7:app:ann:an address that is not escaped\n\
                    \\:\\:1:7:app:ann:six\n\
                    h:7:a\\\\p\\:p:ann:escaped\n\
                    h:7:app:ann:a:b\\:c\\\\d\\\r\n\
                    h:*:app:*:late\n\
                    *:*:*:ann:any\n";
        let find = |host, port, database, user| {
            let login = Login {
                host,
                port,
                database,
                user,
            };
            find(text, &login)
        };
        for (found, password) in [
            (find("h", 7, "app", "ann"), Some("a:b:c\\d\\")),
            (find("h", 8, "app", "ann"), Some("another port")),
            (find("h", 7, "app", "eve"), Some("late")),
            (find("h", 7, "a\\p:p", "ann"), Some("escaped")),
            (find("::1", 7, "app", "ann"), Some("six")),
            (find("i", 7, "app", "ann"), Some("any")),
            (find("i", 7, "app", "eve"), None),
            (find("*", 7, "app", "eve"), None),
        ] {
            assert_eq!(found.as_deref(), password);
        }
    }
}
