//! The tables of `tenantry.toml`, as they are written.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::Config;
use crate::error::Result;
use crate::migrate::{Budget, Rollout, RolloutGroup};
use crate::name::TenantKey;
use crate::tenant::{Match, Order, TenantState};
use crate::{duration, size};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    standby: Standby,
    migrate: Migrate,
    rollout: Vec<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Standby {
    count: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Migrate {
    #[serde(deserialize_with = "at_least_one")]
    workers: Option<usize>,
    #[serde(deserialize_with = "span")]
    lock_timeout: Option<Duration>,
    #[serde(deserialize_with = "span")]
    statement_timeout: Option<Duration>,
    #[serde(deserialize_with = "at_least_one")]
    attempts: Option<usize>,
    #[serde(deserialize_with = "span")]
    batch_pause: Option<Duration>,
    max_failures: Option<Budget>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    #[serde(default, rename = "match")]
    matching: Matching,
    #[serde(default, deserialize_with = "order")]
    order: Option<Order>,
    #[serde(default, deserialize_with = "at_least_one")]
    workers: Option<usize>,
    #[serde(default)]
    max_failures: Option<Budget>,
    #[serde(default, deserialize_with = "span")]
    bake: Option<Duration>,
    #[serde(default)]
    health: Option<String>,
    #[serde(default, deserialize_with = "rate")]
    rate: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Matching {
    #[serde(deserialize_with = "keys")]
    keys: Option<Vec<TenantKey>>,
    patterns: Vec<String>,
    #[serde(deserialize_with = "states")]
    states: Vec<TenantState>,
    tags: Vec<String>,
    #[serde(deserialize_with = "bytes")]
    smaller_than: Option<u64>,
    #[serde(deserialize_with = "bytes")]
    larger_than: Option<u64>,
}

impl File {
    pub(super) fn into_config(self) -> Result<Config> {
        let groups = self.rollout.into_iter().map(Group::into_group);
        Ok(Config {
            standbys: self.standby.count,
            workers: self.migrate.workers,
            lock_timeout: self.migrate.lock_timeout,
            statement_timeout: self.migrate.statement_timeout,
            attempts: self.migrate.attempts,
            batch_pause: self.migrate.batch_pause,
            max_failures: self.migrate.max_failures,
            rollout: Rollout::new(groups.collect::<Result<Vec<_>>>()?)?,
        })
    }
}

impl Group {
    fn into_group(self) -> Result<RolloutGroup> {
        let mut group = RolloutGroup::new(self.name).matching(self.matching.into_match()?);
        if let Some(order) = self.order {
            group = group.order(order);
        }
        if let Some(workers) = self.workers {
            group = group.workers(workers);
        }
        if let Some(failures) = self.max_failures {
            group = group.max_failures(failures);
        }
        if let Some(time) = self.bake {
            group = group.bake(time);
        }
        if let Some(query) = self.health {
            group = group.health(query);
        }
        if let Some(rate) = self.rate {
            group = group.rate(rate);
        }
        Ok(group)
    }
}

impl Matching {
    fn into_match(self) -> Result<Match> {
        let mut matching = Match::all();
        if let Some(keys) = self.keys {
            matching = matching.keys(keys);
        }
        for pattern in &self.patterns {
            matching = matching.pattern(pattern)?;
        }
        for tag in self.tags {
            matching = matching.tag(tag)?;
        }
        matching = self.states.into_iter().fold(matching, Match::state);
        if let Some(bytes) = self.smaller_than {
            matching = matching.smaller_than(bytes);
        }
        if let Some(bytes) = self.larger_than {
            matching = matching.larger_than(bytes);
        }
        Ok(matching)
    }
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    text(
        deserializer,
        "a span of time, as in `500ms`",
        duration::parse,
    )
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    text(
        deserializer,
        "an amount of bytes, as in `100MB`",
        size::parse,
    )
}

fn order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Order>, D::Error> {
    text(deserializer, "an order, as in `age`", Order::from_str)
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<TenantKey>>, D::Error> {
    all::<TenantKey, D>(deserializer).map(Some)
}

fn states<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TenantState>, D::Error> {
    all::<TenantState, D>(deserializer)
}

/// Reads a text as something else. A number in its place is answered with what to write.
fn text<'de, D: Deserializer<'de>, T, E: Display>(
    deserializer: D,
    expected: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    let text = value
        .as_str()
        .ok_or_else(|| D::Error::custom(format!("`{value}` is not {expected}")))?;
    parse(text).map(Some).map_err(D::Error::custom)
}

fn all<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| text.parse());
    parsed
        .collect::<Result<_, T::Err>>()
        .map_err(D::Error::custom)
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom("0 is too few\nhelp: write at least 1")),
        number => Ok(Some(number)),
    }
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if rate > 0.0 && rate.is_finite() {
        return Ok(Some(rate));
    }
    Err(D::Error::custom(
        "a rate is a number of tenants in a second\nhelp: write a number above 0",
    ))
}
