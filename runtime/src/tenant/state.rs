//! States of tenants, which say what can be done with them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// State of a tenant. Only an [`Active`](Self::Active) one can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TenantState {
    /// Its schema is ready and waits for a tenant to claim it.
    Standby,
    /// It is in use.
    Active,
    /// It is locked out, and keeps its data. It is migrated like an active one.
    Suspended,
    /// It is being dropped.
    Dropping,
}

impl TenantState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Standby, Self::Active, Self::Suspended, Self::Dropping];

    /// The state as the registry spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Dropping => "dropping",
        }
    }

    /// Tells whether migrations of the fleet include a tenant in this state.
    pub const fn is_migrated(self) -> bool {
        !matches!(self, Self::Dropping)
    }

    /// Advice about a tenant that can't be opened.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Standby => "claim it for a tenant first",
            Self::Active => "nothing needs to be done",
            Self::Suspended => "resume it first",
            Self::Dropping => "drop it again to finish, or choose another key",
        }
    }
}

impl fmt::Display for TenantState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TenantState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join("`, `");
            Error::new(
                ErrorKind::TenantState,
                format!("there is no tenant state `{text}`\nhelp: the states are `{all}`"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_as_it_is_written() {
        for state in TenantState::ALL {
            assert_eq!(state.as_str().parse::<TenantState>().unwrap(), state);
        }
    }

    #[test]
    fn states_that_migrations_leave_out_are_those_of_the_registry_index() {
        for state in TenantState::ALL {
            let named = crate::bookkeeping::LEFT_OUT.contains(&format!("'{state}'"));
            assert_eq!(state.is_migrated(), !named, "{state}");
        }
    }
}
