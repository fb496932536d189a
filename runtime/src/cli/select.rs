//! The flags that select tenants.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::size;
use crate::tenant::{Match, Order, Selection, TenantFilter, TenantState, Versions};

/// Which tenants, and which not.
///
/// Of several values of one flag, one has to hold; what is of different flags has to hold all together, except that a
/// tenant may be named in any way.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which tenants")]
pub(super) struct SelectArgs {
    /// Only this tenant; may be given several times, like all that follow
    #[arg(long = "tenant", value_name = "KEY")]
    keys: Vec<TenantKey>,
    /// Only tenants whose key matches; `*` stands for any characters, `?` for one
    #[arg(long = "match", value_name = "GLOB", value_parser = pattern)]
    patterns: Vec<String>,
    /// Only tenants whose keys stand in a file, one in a line
    #[arg(long = "from-file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only tenants in this state
    #[arg(long = "state", value_name = "STATE", value_parser = states())]
    states: Vec<TenantState>,
    /// Only tenants with this tag
    #[arg(long = "tag", value_name = "TAG", value_parser = tag)]
    tags: Vec<String>,
    /// Only tenants at this version: a migration's id or number, or a range such as `..3`
    #[arg(long = "at", value_name = "VERSION")]
    versions: Vec<Versions>,
    /// Only tenants with less data, as in `100MB`
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    smaller_than: Option<u64>,
    /// Only tenants with more data, as in `100MB`
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    larger_than: Option<u64>,
    /// Leave out tenants by key or pattern
    #[arg(long = "exclude", value_name = "GLOB", value_parser = pattern)]
    exclude: Vec<String>,
    /// Leave out tenants whose keys stand in a file
    #[arg(long = "exclude-file", value_name = "FILE")]
    exclude_files: Vec<PathBuf>,
    /// Leave out tenants in this state
    #[arg(long = "exclude-state", value_name = "STATE", value_parser = states())]
    exclude_states: Vec<TenantState>,
    /// Leave out tenants with this tag
    #[arg(long = "exclude-tag", value_name = "TAG", value_parser = tag)]
    exclude_tags: Vec<String>,
    /// Leave out tenants at this version
    #[arg(long = "exclude-at", value_name = "VERSION")]
    exclude_versions: Vec<Versions>,
}

/// How many of them, and in which order.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which tenants")]
pub(super) struct OrderArgs {
    /// The order in which the tenants are taken
    #[arg(long, value_name = "ORDER", value_parser = orders(), default_value = "age")]
    order: Order,
    /// Only the first so many of those that there is something to do for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    first: Option<u32>,
}

/// A tag to be given or to be taken away: `+beta`, `-old`.
#[derive(Debug, Clone)]
pub(super) enum TagChange {
    Add(String),
    Remove(String),
}

impl FromStr for TagChange {
    type Err = Error;

    fn from_str(change: &str) -> Result<Self> {
        match (change.strip_prefix('+'), change.strip_prefix('-')) {
            (Some(added), _) => Ok(Self::Add(tag(added)?)),
            (_, Some(removed)) if !removed.starts_with('-') => Ok(Self::Remove(tag(removed)?)),
            _ => Err(Error::new(
                ErrorKind::Name,
                format!(
                    "`{change}` does not say whether to add or to remove a tag\n\
                     help: write `+{change}` or `-{change}`; options come before the key"
                ),
            )),
        }
    }
}

impl SelectArgs {
    /// Returns the selection.
    ///
    /// # Errors
    ///
    /// When a file can't be read, or has something else than keys.
    pub(super) fn selection(&self, order: &OrderArgs) -> Result<Selection> {
        let mut selection = Selection::all().matching(self.only()?).order(order.order);
        for except in self.except()? {
            selection = selection.except(except);
        }
        Ok(match order.first {
            Some(first) => selection.first(first),
            None => selection,
        })
    }

    /// Returns the selection, for a list.
    ///
    /// # Errors
    ///
    /// As [`selection`](Self::selection).
    pub(super) fn filter(&self) -> Result<TenantFilter> {
        let all = TenantFilter::all().matching(self.only()?);
        let except = self.except()?.into_iter();
        Ok(except.fold(all, TenantFilter::except))
    }

    /// Whether nothing is said.
    pub(super) fn is_all(&self) -> Result<bool> {
        Ok(self.only()?.is_all() && self.except()?.is_empty())
    }

    /// Whether it says at which versions tenants have to be.
    pub(super) fn has_versions(&self) -> bool {
        !self.versions.is_empty()
    }

    fn only(&self) -> Result<Match> {
        let mut only = Match::all();
        if !self.keys.is_empty() {
            only = only.keys(self.keys.iter().cloned());
        }
        for pattern in &self.patterns {
            only = only.pattern(pattern)?;
        }
        for file in &self.files {
            only = only.file(file)?;
        }
        for tag in &self.tags {
            only = only.tag(tag)?;
        }
        only = self.states.iter().copied().fold(only, Match::state);
        only = self.versions.iter().cloned().fold(only, Match::version);
        if let Some(bytes) = self.smaller_than {
            only = only.smaller_than(bytes);
        }
        if let Some(bytes) = self.larger_than {
            only = only.larger_than(bytes);
        }
        Ok(only)
    }

    /// Each of them is enough to be left out.
    fn except(&self) -> Result<Vec<Match>> {
        let all = Match::all;
        let mut except = Vec::new();
        for name in &self.exclude {
            // What has no wildcard is the key of a tenant that has to be there.
            except.push(match TenantKey::new(name) {
                Ok(key) => all().key(&key),
                Err(_) => all().pattern(name)?,
            });
        }
        for file in &self.exclude_files {
            except.push(all().file(file)?);
        }
        for tag in &self.exclude_tags {
            except.push(all().tag(tag)?);
        }
        let states = self.exclude_states.iter();
        except.extend(states.map(|&state| all().state(state)));
        let versions = self.exclude_versions.iter().cloned();
        except.extend(versions.map(|versions| all().version(versions)));
        Ok(except)
    }
}

fn pattern(text: &str) -> Result<String> {
    Match::all().pattern(text).map(|_| text.to_owned())
}

/// Reads a tag of the command line.
pub(super) fn tag(text: &str) -> Result<String> {
    Match::all().tag(text).map(|_| text.to_owned())
}

fn states() -> impl TypedValueParser<Value = TenantState> {
    PossibleValuesParser::new(TenantState::ALL.map(TenantState::as_str))
        .try_map(|state| state.parse::<TenantState>())
}

fn orders() -> impl TypedValueParser<Value = Order> {
    PossibleValuesParser::new(Order::ALL.map(Order::as_str)).try_map(|order| order.parse::<Order>())
}
