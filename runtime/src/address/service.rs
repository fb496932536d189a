//! Service files: options under a name, which an address or `PGSERVICE` has.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::environment::{Environment, UserFile};
use super::keywords::{self, NamedOption};
use crate::error::{Error, ErrorKind, Result};

/// Options of a service, and the file that has them.
pub(super) struct Service {
    pub(super) file: PathBuf,
    pub(super) options: Vec<NamedOption>,
}

/// Looks for a service in the file of the user, and then in that of the system, as `psql` does.
pub(super) fn look_up(
    name: &str,
    named_file: Option<String>,
    environment: &Environment<'_>,
) -> Result<Service> {
    let is_named = named_file.is_some();
    let own = named_file.map(PathBuf::from);
    let own = own.or_else(|| environment.file(UserFile::Services));
    let folders = environment.system_folders().into_iter();
    let of_system = folders.map(|folder| folder.join("pg_service.conf"));
    let mut looked = Vec::new();
    for (at, file) in own.into_iter().chain(of_system).enumerate() {
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !(is_named && at == 0) => {
                looked.push(format!("`{}` (not there)", file.display()));
                continue;
            }
            Err(error) => return Err(unreadable(&file, &error)),
        };
        if let Some(options) = section(&text, name, &file)? {
            return Ok(Service { file, options });
        }
        looked.push(format!("`{}`", file.display()));
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "there is no service `{name}`; looked in {}\n\
             help: write it there, as `[{name}]` and below `host=…` and `dbname=…`, or name the file with `PGSERVICEFILE`",
            looked.join(", ")
        ),
    ))
}

fn unreadable(file: &Path, error: &io::Error) -> Error {
    let message = format!(
        "the service file `{}` can't be read: {error}\nhelp: look at `PGSERVICEFILE`, and at the rights of the file",
        file.display()
    );
    Error::new(ErrorKind::Configuration, message)
}

/// Reads the options of a section, which is there if only its title is.
fn section(text: &str, name: &str, file: &Path) -> Result<Option<Vec<NamedOption>>> {
    let mut found: Option<Vec<NamedOption>> = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found = (title.strip_suffix(']') == Some(name)).then(Vec::new);
            continue;
        }
        let Some(options) = &mut found else { continue };
        let wrong = |why: &str, help: &str| {
            let (file, at) = (file.display(), at + 1);
            let message =
                format!("`{file}`, line {at}, in the service `{name}`: {why}\nhelp: {help}");
            Error::new(ErrorKind::Configuration, message)
        };
        if line.starts_with("ldap:") {
            return Err(wrong(
                "options of an LDAP server are not looked up",
                "write them here",
            ));
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(wrong(
                "it is no `name=value`",
                "write one option a line, without blanks",
            ));
        };
        if matches!(key, "service" | "servicefile") {
            return Err(wrong(
                "a service can't name another",
                "write its options here",
            ));
        }
        if keywords::find(key).is_none() {
            let help = keywords::near(key).map_or_else(
                || "look at the options of psql's documentation".to_owned(),
                |known| format!("is `{known}` meant?"),
            );
            return Err(wrong("there is no such option", &help));
        }
        // The first of two counts, as with `psql`.
        if options.iter().all(|option| option.name != key) {
            options.push(NamedOption::new(key, value.as_bytes().to_vec()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# all of them\n[other]\nhost=o\n\n[app]\r\n host=h \n#port=1\nport=7\nport=8\npassword= a=b#c\n[app]\nuser=no\n";

    fn read(text: &str, name: &str) -> Result<Option<Vec<(String, String)>>> {
        let found = section(text, name, Path::new("/etc/pg_service.conf"))?;
        let text = |it: NamedOption| (it.name, String::from_utf8(it.value).unwrap());
        Ok(found.map(|options| options.into_iter().map(text).collect()))
    }

    #[test]
    fn a_section_ends_with_the_next() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let options = read(FILE, "app").unwrap().unwrap();
        let expected = [
            pair("host", "h"),
            pair("port", "7"),
            pair("password", " a=b#c"),
        ];
        assert_eq!(options, expected);
        assert_eq!(read("[empty]", "empty").unwrap(), Some(vec![]));
        assert_eq!(read(FILE, "ap").unwrap(), None);
    }

    #[test]
    fn a_line_that_says_nothing_is_told_with_its_number_and_without_its_value() {
        for (line, told) in [
            ("sslmod=heim", "is `sslmode` meant?"),
            ("heim", "name=value"),
            ("service=heim", "can't name another"),
            ("ldap://heim", "LDAP"),
        ] {
            let error = read(&format!("[app]\nport=7\n{line}"), "app").unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(told) && text.contains("`/etc/pg_service.conf`, line 3"),
                "{text}"
            );
            assert!(!text.contains("heim"), "{text}");
        }
    }
}
