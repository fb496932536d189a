//! The state: what the shared schema and a tenant's schema look like.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{StructureError, Table, View};
use crate::model::PlacementKind;

/// The version of the format that [`State::to_json`] writes.
pub const STATE_FORMAT: u32 = 1;

/// The structure of the shared schema and of any tenant's schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// The shared schema.
    pub shared: Namespace,
    /// The schema of each tenant.
    pub tenant: Namespace,
}

impl State {
    /// Puts a shared and a tenant namespace together.
    pub fn new(shared: Namespace, tenant: Namespace) -> Self {
        Self { shared, tenant }
    }

    /// The namespace of a placement.
    pub fn namespace(&self, placement: PlacementKind) -> &Namespace {
        match placement {
            PlacementKind::Shared => &self.shared,
            PlacementKind::Tenant => &self.tenant,
        }
    }

    /// The namespace of a placement, to change it.
    pub fn namespace_mut(&mut self, placement: PlacementKind) -> &mut Namespace {
        match placement {
            PlacementKind::Shared => &mut self.shared,
            PlacementKind::Tenant => &mut self.tenant,
        }
    }

    /// Writes the state as the text of a `state.json`: indented, in a stable order, with a format version.
    #[expect(
        clippy::missing_panics_doc,
        reason = "there is nothing in a state that JSON has no words for"
    )]
    pub fn to_json(&self) -> String {
        let document = Document {
            format: STATE_FORMAT,
            shared: &self.shared,
            tenant: &self.tenant,
        };
        let mut text = serde_json::to_string_pretty(&document)
            .expect("a state has only strings, booleans, lists and maps with string keys");
        text.push('\n');
        text
    }

    /// Reads the text of a `state.json`.
    ///
    /// # Errors
    ///
    /// [`StructureError::Format`], when a version of tenantry wrote it whose format this one does not know;
    /// [`StructureError::Syntax`], when it is not a state.
    pub fn from_json(text: &str) -> Result<Self, StructureError> {
        // The format comes first: what another version wrote may have fields that mean nothing here.
        let Version { format } = serde_json::from_str(text)?;
        if format != STATE_FORMAT {
            return Err(StructureError::Format {
                found: format,
                known: STATE_FORMAT,
            });
        }
        let document: Document<Namespace> = serde_json::from_str(text)?;
        Ok(Self::new(document.shared, document.tenant))
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<N> {
    format: u32,
    shared: N,
    tenant: N,
}

/// The contents of one schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Namespace {
    /// The tables, by name.
    pub tables: BTreeMap<String, Table>,
    /// The views of models, by name. Of a live schema they are among the [`objects`](Self::objects).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub views: BTreeMap<String, View>,
    /// The labels of the enum types that columns of models have, in order, by the types' names. Of a live schema they are among the
    /// [`objects`](Self::objects).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, Vec<String>>,
    /// The schemas of the extensions that columns of models have types of, by their names. They are all in the shared namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, String>,
    /// The other objects of a live schema, each with its definition: those that SQL written by hand has made.
    ///
    /// Models know nothing of these, so they are in no `state.json`, and [`diff`](super::diff) passes over them. They
    /// count when two live schemas are compared with `==`: the names of the schemas in the definitions are slots, so
    /// that what is the same in two tenants reads the same.
    #[serde(skip)]
    pub objects: BTreeMap<ObjectName, String>,
}

/// The name of something in a schema that is not a table, or that a [`Table`] has no words for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct ObjectName {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name in the schema. What belongs to a table has the table's name and a dot before it.
    pub name: String,
}

impl ObjectName {
    /// Names an object.
    pub fn new(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

macro_rules! object_kinds {
    ($($kind:ident $word:literal $doc:literal;)*) => {
        /// Kind of an object of a schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ObjectKind {
            $(#[doc = $doc] $kind,)*
        }

        impl ObjectKind {
            /// The kind in words.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }

            /// The kind that these words mean.
            pub(super) fn from_words(words: &str) -> Option<Self> {
                match words {
                    $($word => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

object_kinds! {
    Type "type" "An enum, a domain, a composite type or a range.";
    Sequence "sequence" "A sequence that is not part of an identity column.";
    Function "function" "A function, a procedure or an aggregate.";
    View "view" "A view.";
    MaterializedView "materialized view" "A materialized view.";
    ForeignTable "foreign table" "A foreign table.";
    Table "table" "What is unusual about a table: partitions, parents, storage, row-level security.";
    Column "column" "What is unusual about a column: a generated value, a collation, an identity that is always generated.";
    Constraint "constraint" "A constraint that is neither key, unique, check nor foreign key of the usual kinds.";
    Index "index" "An index with a collation or storage of its own, or one that is not valid.";
    Statistics "statistics" "Extended statistics.";
    Trigger "trigger" "A trigger.";
    Rule "rule" "A rewrite rule.";
    Policy "policy" "A policy of row-level security.";
    Operator "operator" "An operator.";
    OperatorFamily "operator family" "An operator family, with what was added to it.";
    OperatorClass "operator class" "An operator class.";
    Collation "collation" "A collation.";
    Dictionary "text search dictionary" "A dictionary of full text search.";
    SearchConfiguration "text search configuration" "A configuration of full text search, with its dictionaries.";
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::Column;

    #[test]
    fn a_state_reads_back_what_it_wrote() {
        let mut state = State::default();
        let mut table = Table::default();
        let mut column = Column::new("total", "numeric(12,2)");
        column.default = Some("0".to_owned());
        table.columns.push(column);
        state.tenant.tables.insert("invoices".to_owned(), table);
        let text = state.to_json();
        assert!(text.starts_with("{\n  \"format\": 1,\n"), "{text}");
        assert_eq!(State::from_json(&text).unwrap(), state);
    }

    #[test]
    fn a_newer_format_is_refused_by_its_number_whatever_else_is_in_it() {
        let error = State::from_json(r#"{"format": 7, "galaxies": []}"#).unwrap_err();
        assert!(
            matches!(error, StructureError::Format { found: 7, known: 1 }),
            "{error}"
        );
    }

    #[test]
    fn fields_that_mean_nothing_are_refused() {
        let text =
            r#"{"format": 1, "shared": {"tables": {}, "tabels": {}}, "tenant": {"tables": {}}}"#;
        let error = State::from_json(text).unwrap_err();
        assert!(error.to_string().contains("tabels"), "{error}");
    }
}
