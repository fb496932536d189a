//! How many failures are too many.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

/// With how many failed tenants a run goes on: a number, or a share of the tenants that there is something to do for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Budget {
    /// So many tenants.
    Tenants(usize),
    /// So many of a hundred tenants.
    Percent(f64),
}

impl Budget {
    /// Whether so many failed tenants, of so many, are too many.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer tenants than an `f64` can count"
    )]
    pub(crate) fn is_spent(self, failed: usize, of: usize) -> bool {
        match self {
            Self::Tenants(most) => failed > most,
            Self::Percent(most) => failed as f64 * 100.0 > most * of as f64,
        }
    }
}

impl From<usize> for Budget {
    fn from(tenants: usize) -> Self {
        Self::Tenants(tenants)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenants(most) => write!(f, "{most}"),
            Self::Percent(most) => write!(f, "{most}%"),
        }
    }
}

impl FromStr for Budget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let budget = match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|percent| (0.0..=100.0).contains(percent))
                .map(Self::Percent),
            None => text.parse().ok().map(Self::Tenants),
        };
        budget.ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                format!(
                    "`{text}` is not a number of failures\n\
                     help: write a number of tenants, as in `5`, or a share of them, as in `2%`"
                ),
            )
        })
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number, or a share as in `\"2%\"`")]
        enum WrittenBudget {
            Number(usize),
            Text(String),
        }
        match WrittenBudget::deserialize(deserializer)? {
            WrittenBudget::Number(tenants) => Ok(Self::Tenants(tenants)),
            WrittenBudget::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_or_a_share() {
        assert_eq!("5".parse::<Budget>().unwrap(), Budget::Tenants(5));
        assert_eq!("2.5%".parse::<Budget>().unwrap(), Budget::Percent(2.5));
        for text in ["", "-1", "five", "%", "101%", "-1%"] {
            let error = text.parse::<Budget>().unwrap_err();
            assert!(error.to_string().contains("`2%`"), "{text}");
        }
    }

    #[test]
    fn a_budget_is_spent_when_more_have_failed() {
        assert!(!Budget::Tenants(0).is_spent(0, 10));
        assert!(Budget::Tenants(0).is_spent(1, 10));
        assert!(!Budget::Percent(10.0).is_spent(1, 10));
        assert!(Budget::Percent(10.0).is_spent(2, 10));
        assert!(Budget::Percent(2.0).is_spent(1, 10));
    }
}
