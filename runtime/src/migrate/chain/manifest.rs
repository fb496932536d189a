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
    /// The migrations that it takes the place of, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replaces: Vec<Replaced>,
    /// The operations that the SQL was generated from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) operations: Vec<Op>,
}

/// A migration that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replaced {
    pub(crate) id: String,
    /// Of its SQL as it was compared with what takes its place.
    pub(crate) checksum: String,
    /// The migrations that it takes the place of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replaces: Vec<Replaced>,
}

impl Replaced {
    /// The number of the migration, and the first of those whose places it has.
    pub(crate) fn positions(&self) -> Option<(i32, i32)> {
        let position = position(&self.id).ok()?;
        let first = match self.replaces.first() {
            Some(first) => first.positions()?.0,
            None => position,
        };
        Some((first, position))
    }

    /// It, and all that it takes the place of.
    pub(crate) fn all(&self) -> Vec<&Self> {
        let inner = self.replaces.iter().flat_map(Self::all);
        std::iter::once(self).chain(inner).collect()
    }
}

/// The number that the name of a migration's folder begins with.
pub(crate) fn position(folder: &str) -> Result<i32, &'static str> {
    const FORM: &str = "is not named like a migration\nhelp: name it with four digits, `_`, and what it does in `[a-z0-9_]`: `0002_invoice_notes`";
    let (digits, name) = folder.split_once('_').ok_or(FORM)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let well_formed = digits.len() >= 4
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(allowed)
        && folder.len() <= MAX_ID_BYTES;
    if !well_formed {
        return Err(FORM);
    }
    digits.parse().map_err(|_| FORM)
}

/// The longest id of a migration, in bytes.
const MAX_ID_BYTES: usize = 120;

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
            replaces: Vec::new(),
            operations: Vec::new(),
        }
    }

    /// The first position that it has: its own, unless it takes the place of others.
    pub(crate) fn first(&self) -> Option<i32> {
        match self.replaces.first() {
            Some(first) => Some(first.positions()?.0),
            None => position(&self.id).ok(),
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
        manifest.check_replaced()?;
        Ok(manifest)
    }

    /// Refuses a list of replaced migrations that leaves a number out, or does not end with this one's.
    fn check_replaced(&self) -> Result<(), String> {
        let mut last = None;
        for replaced in self.replaces.iter().flat_map(Replaced::all) {
            replaced
                .positions()
                .ok_or_else(|| format!("`replaces` has `{}`, which is no id", replaced.id))?;
        }
        for replaced in &self.replaces {
            let Some((first, position)) = replaced.positions() else {
                continue;
            };
            if last.is_some_and(|last| first != last + 1) {
                return Err(format!(
                    "`replaces` leaves out what comes before `{}`",
                    replaced.id
                ));
            }
            last = Some(position);
        }
        match last {
            Some(last) if position(&self.id) != Ok(last) => Err(format!(
                "`replaces` ends with the number {last:04}, which is not that of `{}`",
                self.id
            )),
            _ => Ok(()),
        }
    }

    /// The file's text.
    pub(crate) fn write(&self) -> String {
        toml::to_string_pretty(self).expect("a manifest has only what TOML has words for")
    }
}
