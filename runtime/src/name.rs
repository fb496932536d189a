//! Schema names and tenant keys: the two validated names, and how identifiers are quoted.

use std::fmt;
use std::sync::Arc;

/// The longest identifier that PostgreSQL keeps whole, in bytes.
///
/// See `NAMEDATALEN` in the PostgreSQL manual, section 4.1.1.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// The longest tenant key, in bytes.
pub const MAX_KEY_BYTES: usize = 200;

/// The name of the bookkeeping schema.
pub const BOOKKEEPING_SCHEMA: &str = "tenantry";

/// The name of the triggers that keep the tenants and the rows of a model together whose rows are the tenants.
pub(crate) const TENANT_ROW: &str = "tenantry_tenant_row";

/// The name of the foreign key from these rows to the registry.
pub(crate) const TENANT_ROW_KEY: &str = "tenantry_tenant_key";

/// The SQLSTATE of what the triggers refuse. Its words name no values.
pub(crate) const TENANT_ROW_REFUSED: &str = "TN011";

/// The SQLSTATE by which a schema is refused whose rows a function of the application would have to be called for.
pub(crate) const FUNCTION_NEEDED: &str = "TN012";

/// A validated schema name: the only thing that can be spliced into SQL.
///
/// It has 1 to 63 bytes of `[a-z_][a-z0-9_]*`, and is not a name that PostgreSQL or tenantry keeps for itself.
/// What only a database can tell (role names, schemas that hold extensions) is checked when a tenant is created.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Arc<str>);

impl SchemaName {
    /// Validates a schema name.
    ///
    /// # Errors
    ///
    /// [`NameError`], when the name is empty, too long, has a character outside `[a-z0-9_]`, starts with a digit,
    /// or is reserved.
    ///
    /// ```
    /// use tenantry::SchemaName;
    ///
    /// assert_eq!(SchemaName::new("acme")?.as_str(), "acme");
    /// assert!(SchemaName::new("pg_toast").is_err());
    /// assert!(SchemaName::new("o'brien").is_err());
    /// # Ok::<(), tenantry::NameError>(())
    /// ```
    pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
        let name = name.as_ref();
        let fail = |reason| Err(NameError::new("schema name", name, reason));
        if name.is_empty() {
            return fail(NameReason::Empty);
        }
        if name.len() > MAX_IDENTIFIER_BYTES {
            return fail(NameReason::TooLong {
                bytes: name.len(),
                limit: MAX_IDENTIFIER_BYTES,
            });
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if let Some(c) = name.chars().find(|&c| !allowed(c)) {
            return fail(NameReason::Character {
                found: c,
                allowed: "lower-case ASCII letters, digits and `_`",
            });
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return fail(NameReason::FirstCharacter);
        }
        if name.starts_with("pg_")
            || ["information_schema", "public", BOOKKEEPING_SCHEMA].contains(&name)
        {
            return fail(NameReason::Reserved);
        }
        Ok(Self(name.into()))
    }

    /// The name, unquoted.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a quoted SQL identifier.
    pub fn quoted(&self) -> String {
        quote_identifier(&self.0)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The application's name for a tenant: a slug, a domain, a number as text.
///
/// It has 1 to 200 bytes of ASCII letters, digits and `. _ - : @`, so that it can stand in logs, file names and
/// addresses. Keys that differ only in case can't both exist. A key is data, never part of a schema-qualified name:
/// the schema is looked up in the registry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantKey(Arc<str>);

impl TenantKey {
    /// Validates a tenant key.
    ///
    /// # Errors
    ///
    /// [`NameError`], when the key is empty, too long, or has a character that keys can't have.
    pub fn new(key: impl AsRef<str>) -> Result<Self, NameError> {
        let key = key.as_ref();
        let fail = |reason| Err(NameError::new("tenant key", key, reason));
        if key.is_empty() {
            return fail(NameReason::Empty);
        }
        if key.len() > MAX_KEY_BYTES {
            return fail(NameReason::TooLong {
                bytes: key.len(),
                limit: MAX_KEY_BYTES,
            });
        }
        if let Some(c) = key.chars().find(|&c| !Self::allows(c)) {
            return fail(NameReason::Character {
                found: c,
                allowed: "ASCII letters, digits and `. _ - : @`",
            });
        }
        Ok(Self(key.into()))
    }

    /// Whether keys can have a character.
    pub(crate) fn allows(c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '@')
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for SchemaName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl serde::Serialize for TenantKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for SchemaName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> serde::Deserialize<'de> for TenantKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl From<&TenantKey> for TenantKey {
    fn from(key: &TenantKey) -> Self {
        key.clone()
    }
}

impl std::str::FromStr for TenantKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl std::str::FromStr for SchemaName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// The reason why a schema name or a tenant key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {name:?} {reason}")]
pub struct NameError {
    what: &'static str,
    name: String,
    reason: NameReason,
}

impl NameError {
    fn new(what: &'static str, name: &str, reason: NameReason) -> Self {
        Self {
            what,
            name: name.to_owned(),
            reason,
        }
    }

    /// The refused text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule that it breaks.
    pub fn reason(&self) -> &NameReason {
        &self.reason
    }
}

/// The rule that a refused name breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameReason {
    /// It has no characters.
    #[error("is empty")]
    Empty,
    /// It has more bytes than the limit.
    #[error("has {bytes} bytes; the limit is {limit}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It has a character outside the allowed set.
    #[error("has the character {found:?}; allowed are {allowed}")]
    Character {
        /// The first such character.
        found: char,
        /// The allowed characters, in words.
        allowed: &'static str,
    },
    /// It starts with a digit.
    #[error("starts with a digit; start it with a letter or `_`")]
    FirstCharacter,
    /// PostgreSQL or tenantry keeps it for itself.
    #[error("is reserved; choose another name")]
    Reserved,
}

/// Quotes a name as a SQL identifier.
pub fn quote_identifier(name: &str) -> String {
    let mut sql = String::with_capacity(name.len() + 2);
    push_identifier(&mut sql, name);
    sql
}

/// Appends a name as a SQL identifier.
pub(crate) fn push_identifier(sql: &mut String, name: &str) {
    sql.push('"');
    for (place, part) in name.split('"').enumerate() {
        if place > 0 {
            sql.push_str("\"\"");
        }
        sql.push_str(part);
    }
    sql.push('"');
}

/// Quotes a text as a SQL string literal, whatever `standard_conforming_strings` is.
///
/// For control statements that go in one message and so can't have parameters.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_schema_name_is_63_bytes() {
        assert!(SchemaName::new("a".repeat(63)).is_ok());
        assert!(SchemaName::new("a".repeat(64)).is_err());
    }

    #[test]
    fn names_that_could_leave_their_quotes_are_refused() {
        for name in [
            "o'brien", "a\"b", "a;b", "a\\b", "a\0b", "a\nb", "a ", "ä", "Acme", "1a", "",
        ] {
            assert!(SchemaName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_are_validated_when_they_are_deserialised() {
        let key: TenantKey = serde_json::from_str(r#""Acme@1""#).expect("a valid key");
        assert_eq!(serde_json::to_string(&key).expect("a text"), r#""Acme@1""#);
        assert!(serde_json::from_str::<TenantKey>(r#""o'brien""#).is_err());
        assert!(serde_json::from_str::<TenantKey>("1").is_err());
        let error = serde_json::from_str::<SchemaName>(r#""public""#).expect_err("reserved");
        assert!(error.to_string().contains("is reserved"), "{error}");
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in [
            "pg_catalog",
            "pg_x",
            "information_schema",
            "public",
            "tenantry",
        ] {
            let error = SchemaName::new(name).expect_err("reserved");
            assert_eq!(error.reason(), &NameReason::Reserved);
        }
    }

    #[test]
    fn literals_survive_quotes_and_backslashes() {
        assert_eq!(quote_literal("o'b"), "'o''b'");
        assert_eq!(quote_literal(r"a\b'"), r" E'a\\b'''");
    }
}
