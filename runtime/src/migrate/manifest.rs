//! `migration.toml`: what a migration is, beside its SQL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::structure::Op;

/// The format of `migration.toml` that this version writes, and the only one that it reads.
const FORMAT: u32 = 1;

/// Whether running application versions can live with a migration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// It adds; the version of the application from before goes on working.
    #[default]
    Expand,
    /// It takes away what the version of the application from before may still use.
    Contract,
}

impl Phase {
    /// The phase as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "expand" => Ok(Self::Expand),
            "contract" => Ok(Self::Contract),
            _ => Err(Error::new(
                ErrorKind::Chain,
                format!("there is no phase `{text}`\nhelp: write `expand` or `contract`"),
            )),
        }
    }
}

/// The content of `migration.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) id: String,
    #[serde(default)]
    pub(super) phase: Phase,
    /// Of the SQL as it was generated. It differs from that of the files once somebody has edited them, which is fine
    /// until they are applied; the database has the checksum that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) checksum: Option<String>,
    /// What the SQL does, as far as it was generated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) operations: Vec<Op>,
}

impl Manifest {
    /// Describes a migration.
    pub(super) fn new(id: String) -> Self {
        Self {
            format: FORMAT,
            id,
            phase: Phase::Expand,
            checksum: None,
            operations: Vec::new(),
        }
    }

    /// Reads the file of the migration in the folder of this name.
    pub(super) fn read(text: &str, folder: &str) -> Result<Self, String> {
        /// The format comes first, for it says what the rest can be.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = toml::from_str(text).map_err(|error| error.to_string())?;
        if format != FORMAT {
            return Err(format!(
                "has format {format}, and this version of tenantry reads format {FORMAT}\nhelp: upgrade tenantry"
            ));
        }
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if manifest.id != folder {
            return Err(format!(
                "the id is `{}`, but the folder is named `{folder}`\nhelp: give both the same name",
                manifest.id
            ));
        }
        Ok(manifest)
    }

    /// The file's text.
    pub(super) fn write(&self) -> String {
        toml::to_string_pretty(self).expect("a manifest has only what TOML has words for")
    }
}
