//! `migration.toml`: what a migration is, beside its SQL.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::migrate::report::phase::Phase;
use crate::structure::Op;

/// The format of `migration.toml` that this version writes, and the only one that it reads.
const FORMAT: u32 = 1;

/// How the SQL of a migration is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Whether it is one transaction, with the exception of what PostgreSQL refuses in one.
    pub(crate) is_transaction: bool,
    /// How long a statement waits for a lock, if not as long as the run was told.
    pub(crate) lock_timeout: Option<Duration>,
    /// How long a statement may take, if not as long as the run was told.
    pub(crate) statement_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            is_transaction: true,
            lock_timeout: None,
            statement_timeout: None,
        }
    }
}

/// The content of `migration.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) phase: Phase,
    /// Of the SQL as it was generated. It differs from that of the files once somebody has edited them, which is fine
    /// until they are applied; the database has the checksum that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checksum: Option<String>,
    /// Whether the SQL is done in one transaction, with the exception of what PostgreSQL refuses in one.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(crate) transaction: bool,
    /// How long a statement waits for a lock; otherwise as the run was told.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "span")]
    pub(crate) lock_timeout: Option<Duration>,
    /// How long a statement may take; otherwise as the run was told.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "span")]
    pub(crate) statement_timeout: Option<Duration>,
    /// The operations that the SQL was generated from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) operations: Vec<Op>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Spans of time as `500ms`, `2s`, `5min`.
mod span {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_str(&format!("{}ms", span.as_millis())),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::duration::parse(&text)
            .map(Some)
            .map_err(D::Error::custom)
    }
}

impl Manifest {
    /// Describes a migration.
    pub(crate) fn new(id: String) -> Self {
        Self {
            format: FORMAT,
            id,
            phase: Phase::Expand,
            checksum: None,
            transaction: true,
            lock_timeout: None,
            statement_timeout: None,
            operations: Vec::new(),
        }
    }

    /// Reads the file of the migration in the folder of this name.
    pub(crate) fn read(text: &str, folder: &str) -> Result<Self, String> {
        /// The format comes first, for it says what the rest can be.
        #[derive(Deserialize)]
        struct FormatVersion {
            format: u32,
        }
        let FormatVersion { format } = toml::from_str(text).map_err(|error| error.to_string())?;
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
    pub(crate) fn write(&self) -> String {
        toml::to_string_pretty(self).expect("a manifest has only what TOML has words for")
    }
}
