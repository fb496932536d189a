//! Phases of a release.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// Says whether running application versions can live with a migration; in the order in which a release applies them.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// It adds; the version of the application from before goes on working.
    #[default]
    Expand,
    /// It brings the rows that are there to what comes later, beside the version of the application that runs.
    Backfill,
    /// It takes away what the version of the application from before may still use.
    Contract,
}

impl Phase {
    /// The phase as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Backfill => "backfill",
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
            "backfill" => Ok(Self::Backfill),
            "contract" => Ok(Self::Contract),
            _ => Err(Error::new(
                ErrorKind::Chain,
                format!(
                    "there is no phase `{text}`\nhelp: write `expand`, `backfill` or `contract`"
                ),
            )),
        }
    }
}
