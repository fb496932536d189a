//! Options of a connection, and who says them: the address, then a service, then the environment.

use std::collections::BTreeMap;
use std::fmt;

use super::environment::Environment;
use super::keywords::{self, KEYWORDS, Keyword, Meaning, NamedOption};
use super::{service, text};
use crate::error::{Error, ErrorKind, Result};

/// Who says something.
#[derive(Debug, Clone)]
pub(super) enum SettingOrigin {
    Address,
    Service { name: String, file: String },
    Variable(&'static str),
}

/// Values of options, and who says so.
#[derive(Default)]
pub(super) struct AddressSettings(BTreeMap<&'static str, (Vec<u8>, SettingOrigin)>);

pub(super) const HELP: &str = "write it as `postgres://user:password@host:5432/database`, and in user and password \
                    `%40` for `@`, `%2F` for `/`, `%25` for `%`";

impl AddressSettings {
    /// Reads an address, and adds what it leaves open.
    pub(super) fn read(address: &str, environment: &Environment<'_>) -> Result<Self> {
        let named = text::read(address).map_err(|why| SettingOrigin::Address.wrong(&why, HELP))?;
        let mut this = Self::default();
        let mut stated = BTreeMap::new();
        for option in named {
            let keyword = known(&option)?;
            stated.insert(keyword.name, option.value);
        }
        for (name, value) in stated {
            this.add(name, value, SettingOrigin::Address)?;
        }
        let of_service = |this: &Self, name| match this.text(name)? {
            Some(value) => Ok::<_, Error>(Some(value.to_owned())),
            None => Ok(keywords::find(name).and_then(|it| environment.get(it.variable))),
        };
        if let Some(name) = of_service(&this, "service")? {
            let file = of_service(&this, "servicefile")?;
            let service = service::look_up(&name, file, environment)?;
            let origin = SettingOrigin::Service {
                name,
                file: service.file.display().to_string(),
            };
            for option in service.options {
                if let Some(keyword) = keywords::find(&option.name) {
                    this.add(keyword.name, option.value, origin.clone())?;
                }
            }
        }
        for keyword in &KEYWORDS {
            if let Some(value) = environment.get(keyword.variable) {
                let origin = SettingOrigin::Variable(keyword.variable);
                this.add(keyword.name, value.into_bytes(), origin)?;
            }
        }
        Ok(this)
    }

    /// Adds a value, unless somebody before has said something.
    fn add(&mut self, name: &'static str, value: Vec<u8>, origin: SettingOrigin) -> Result<()> {
        // The driver's word for what `psql` calls by another.
        let name = match name {
            "keepalives_count" => "keepalives_retries",
            name => name,
        };
        if self.0.contains_key(name) {
            return Ok(());
        }
        let keyword = keywords::find(name).filter(|_| !value.is_empty());
        if let Some(keyword) = keyword {
            check(keyword, &value, &origin)?;
        }
        self.0.insert(name, (value, origin));
        Ok(())
    }

    /// Returns the bytes of an option that is said, and not empty.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let (value, _) = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Returns the text of an option that is said, and not empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        let Some(value) = self.bytes(name) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(value).map(Some);
        text.map_err(|_| self.wrong(name, &format!("`{name}` is not in UTF-8"), HELP))
    }

    /// Returns who says an option, where that is said.
    pub(super) fn origin(&self, name: &str) -> Option<&SettingOrigin> {
        self.bytes(name)?;
        self.0.get(name).map(|(_, origin)| origin)
    }

    /// Returns the error of an option's value.
    pub(super) fn wrong(&self, name: &str, why: &str, help: &str) -> Error {
        let origin = self.0.get(name).map(|(_, origin)| origin.clone());
        origin.unwrap_or(SettingOrigin::Address).wrong(why, help)
    }

    /// Returns the error of an option that has another value than these.
    pub(super) fn not_among(&self, name: &str, values: &[&str]) -> Error {
        self.wrong(name, &no_such(name), &one_of(name, values))
    }

    /// Returns the error of what the driver does not take.
    pub(super) fn refused_by_driver(&self, error: &postgres::Error) -> Error {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let cause = cause.unwrap_or_default();
        let name = cause.split('`').nth(1).unwrap_or_default();
        if cause.starts_with("invalid value for option") {
            return self.wrong(name, &no_such(name), HELP);
        }
        SettingOrigin::Address.wrong("it is not well-formed", HELP)
    }

    /// Returns what the driver is to be told, in its words.
    pub(super) fn for_driver(&self) -> Result<String> {
        let mut words = String::new();
        for keyword in &KEYWORDS {
            if !matches!(keyword.meaning, Meaning::Driver(_)) {
                continue;
            }
            if let Some(value) = self.text(keyword.name)? {
                let value = value.replace('\\', "\\\\").replace('\'', "\\'");
                let name = keyword.name;
                words.extend([name, "='", &value, "' "]);
            }
        }
        Ok(words)
    }
}

fn known(option: &NamedOption) -> Result<&'static Keyword> {
    keywords::find(&option.name).ok_or_else(|| {
        let near = keywords::near(&option.name);
        let why = near.map_or_else(
            || "it has an unknown option".to_owned(),
            |known| format!("it has an unknown option; is `{known}` meant?"),
        );
        SettingOrigin::Address.wrong(&why, HELP)
    })
}

fn check(keyword: &Keyword, value: &[u8], origin: &SettingOrigin) -> Result<()> {
    let name = keyword.name;
    let is_among = |values: &[&str]| values.iter().any(|one| one.as_bytes() == value);
    match keyword.meaning {
        Meaning::Driver(values) if !values.is_empty() && !is_among(values) => {
            Err(origin.wrong(&no_such(name), &one_of(name, values)))
        }
        Meaning::Only(values) if !is_among(values) => {
            let why = format!("the driver can't do what `{name}` asks for");
            Err(origin.wrong(&why, &one_of(name, values)))
        }
        Meaning::Refused(help) => {
            let why = format!("the driver can't do what `{name}` asks for");
            Err(origin.wrong(&why, help))
        }
        _ => Ok(()),
    }
}

fn no_such(name: &str) -> String {
    format!("the value of `{name}` is not valid")
}

fn one_of(name: &str, values: &[&str]) -> String {
    format!("`{name}` is one of `{}`", values.join("`, `"))
}

impl SettingOrigin {
    pub(super) fn wrong(&self, why: &str, help: &str) -> Error {
        let message = format!("{self} is not valid: {why}\nhelp: {help}");
        Error::new(ErrorKind::Configuration, message)
    }
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("the address of the database"),
            Self::Service { name, file } => write!(f, "the service `{name}` in `{file}`"),
            Self::Variable(name) => write!(f, "the variable `{name}`"),
        }
    }
}
