//! Conditions on tenants: by key, pattern, state, tag, version and size.

use std::fs;
use std::path::Path;

use super::TenantState;
use super::tag::check_tag;
use super::versions::Versions;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::value::{Param, Params};

/// Conditions on tenants. Without any, all tenants match.
///
/// Of several values of one kind, one has to hold: one of the tags, one of the states. Keys and patterns are of one kind.
/// Conditions of different kinds have to hold all together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    names: Option<Names>,
    states: Vec<TenantState>,
    tags: Vec<String>,
    versions: Vec<Versions>,
    smaller_than: Option<i64>,
    larger_than: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    keys: Vec<TenantKey>,
    /// As they were given. Each is known to be one.
    patterns: Vec<String>,
}

impl Match {
    /// All tenants.
    pub fn all() -> Self {
        Self::default()
    }

    /// Tenants with this key.
    pub fn key(self, key: &TenantKey) -> Self {
        self.keys([key.clone()])
    }

    /// Tenants with one of these keys; if there are none, no tenant at all.
    pub fn keys(mut self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.names.get_or_insert_default().keys.extend(keys);
        self
    }

    /// Tenants whose keys stand in a file, one in a line. Empty lines, and what follows a `#`, count for nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the file can't be read; [`ErrorKind::Name`], when a line is not a key.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                format!(
                    "can't read the keys in `{}`: {error}\nhelp: write a file with one key in a line",
                    path.display()
                ),
            )
        })?;
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            keys.push(TenantKey::new(line).map_err(|error| {
                Error::new(
                    ErrorKind::Name,
                    format!(
                        "`{}`, line {number}: the {error}\nhelp: write one key in a line",
                        path.display()
                    ),
                )
            })?);
        }
        Ok(self.keys(keys))
    }

    /// Tenants whose key matches a pattern, in which `*` stands for any characters and `?` for one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Name`], when the pattern is empty, or has a character that no key can have.
    pub fn pattern(mut self, pattern: &str) -> Result<Self> {
        like(pattern)?;
        let names = self.names.get_or_insert_default();
        names.patterns.push(pattern.to_owned());
        Ok(self)
    }

    /// Tenants in this state.
    pub fn state(mut self, state: TenantState) -> Self {
        self.states.push(state);
        self
    }

    /// Tenants with this tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Name`], when no tenant can have such a tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Result<Self> {
        let tag = tag.into();
        check_tag(&tag)?;
        self.tags.push(tag);
        Ok(self)
    }

    /// Tenants at these versions.
    pub fn version(mut self, versions: Versions) -> Self {
        self.versions.push(versions);
        self
    }

    /// Tenants whose tables and indexes have fewer bytes, as far as PostgreSQL's statistics know.
    pub fn smaller_than(mut self, bytes: u64) -> Self {
        self.smaller_than = Some(i64::try_from(bytes).unwrap_or(i64::MAX));
        self
    }

    /// Tenants whose tables and indexes have more bytes, as far as PostgreSQL's statistics know.
    pub fn larger_than(mut self, bytes: u64) -> Self {
        self.larger_than = Some(i64::try_from(bytes).unwrap_or(i64::MAX));
        self
    }

    /// Tells whether all tenants match.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The keys that are named.
    pub(super) fn named(&self) -> impl Iterator<Item = &TenantKey> {
        self.names.iter().flat_map(|names| &names.keys)
    }

    /// The patterns of keys, as they were given and as `LIKE` takes them.
    pub(super) fn patterns(&self) -> impl Iterator<Item = (&str, String)> {
        let all = self.names.iter().flat_map(|names| &names.patterns);
        all.filter_map(|pattern| Some((pattern.as_str(), like(pattern).ok()?)))
    }

    /// The tags.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str)
    }

    /// The migrations that are named by their ids.
    pub(super) fn migrations(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().flat_map(Versions::ids)
    }

    /// The numbers of migrations that tenants have to have got to.
    pub(super) fn positions(&self) -> impl Iterator<Item = i32> {
        self.versions.iter().filter_map(Versions::from)
    }

    /// Whether it says in which states tenants have to be.
    pub(super) fn names_states(&self) -> bool {
        !self.states.is_empty()
    }

    /// Whether it depends on versions, which a run changes.
    pub(super) fn has_versions(&self) -> bool {
        !self.versions.is_empty()
    }

    /// The same without regard to versions.
    pub(super) fn at_any_version(&self) -> Self {
        Self {
            versions: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether [`sql`](Self::sql) needs the size of tenants.
    pub(crate) fn needs_size(&self) -> bool {
        self.smaller_than.is_some() || self.larger_than.is_some()
    }

    /// The condition for the row `t` of `tenantry.tenant`, with the size of its schema as `z.bytes` if needed.
    pub(crate) fn sql(&self, params: &mut Params) -> String {
        let mut parts = Vec::new();
        if let Some(names) = &self.names {
            parts.push(names.sql(params));
        }
        if !self.states.is_empty() {
            let states = self.states.iter().map(|state| state.as_str());
            parts.push(format!(
                "t.state = ANY ({})",
                params.add(Param::texts(states))
            ));
        }
        if !self.tags.is_empty() {
            let tags = params.add(Param::texts(&self.tags));
            parts.push(format!("t.tags && {tags}"));
        }
        if !self.versions.is_empty() {
            let ranges = self.versions.iter().map(|versions| versions.sql(params));
            let ranges: Vec<String> = ranges.collect();
            parts.push(format!("(({}) IS TRUE)", ranges.join(") OR (")));
        }
        for (bytes, beyond) in [(self.smaller_than, "<"), (self.larger_than, ">")] {
            if let Some(bytes) = bytes {
                let bytes = params.add(Param::bigint(bytes));
                parts.push(format!("COALESCE(z.bytes, 0) {beyond} {bytes}"));
            }
        }
        if parts.is_empty() {
            return "true".to_owned();
        }
        format!("({})", parts.join(" AND "))
    }
}

impl Names {
    fn sql(&self, params: &mut Params) -> String {
        let keys = Param::texts(self.keys.iter().map(TenantKey::as_str));
        let is_named = format!("t.key = ANY ({})", params.add(keys));
        if self.patterns.is_empty() {
            return is_named;
        }
        let patterns = self.patterns.iter().flat_map(|pattern| like(pattern));
        let patterns = params.add(Param::texts(patterns));
        format!("({is_named} OR t.key LIKE ANY ({patterns}))")
    }
}

fn like(pattern: &str) -> Result<String> {
    let refused = |why: String| {
        let help = "help: write the characters of keys, `*` for any of them and `?` for one";
        Error::new(
            ErrorKind::Name,
            format!("`{pattern}` is not a pattern of keys: it {why}\n{help}"),
        )
    };
    if pattern.is_empty() {
        return Err(refused("is empty".to_owned()));
    }
    let mut like = String::with_capacity(pattern.len() + 8);
    for c in pattern.chars() {
        match c {
            '*' => like.push('%'),
            '?' => like.push('_'),
            '_' => like.push_str("\\_"),
            c if TenantKey::allows(c) => like.push(c),
            c => return Err(refused(format!("has the character {c:?}"))),
        }
    }
    Ok(like)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_those_of_like() {
        assert_eq!(like("eu-*").unwrap(), "eu-%");
        assert_eq!(like("a_b?").unwrap(), "a\\_b_");
    }

    #[test]
    fn what_no_key_can_have_is_no_pattern() {
        for pattern in ["", "[ab]*", "a b", "%", "a\\*", "{a,b}"] {
            let error = like(pattern).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Name, "{pattern}");
            assert!(error.to_string().contains("help: "), "{error}");
        }
    }

    #[test]
    fn a_list_of_no_keys_is_not_everybody() {
        let none = Match::all().keys([]);
        assert!(!none.is_all());
        assert_eq!(none.sql(&mut Params::default()), "(t.key = ANY ($1))");
    }
}
