//! Which of several indexes a foreign key uses.
//!
//! Where more than one index of a table fits a foreign key, PostgreSQL takes the one with the lowest number, and that of the
//! primary key where the key names no columns. So such indexes are made in the order of their numbers, before the keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use postgres::GenericClient;
use postgres::types::Type;

use super::members::SchemaMembers;
use super::op::{add_constraint, create_index, foreign_key, primary_key, unique};
use super::{ForeignKey, Namespace, ObjectKind, ObjectName, StructureError, Table};

/// The foreign keys that several indexes fit, and these indexes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contested {
    /// Whether each uses the index of the primary key, by its table and its name.
    keys: BTreeMap<(String, String), bool>,
    /// The indexes of each table in order.
    indexes: BTreeMap<String, Vec<String>>,
}

impl Contested {
    /// Reads them from a live schema, of which the members are known.
    pub(super) fn read(
        client: &mut impl GenericClient,
        members: &SchemaMembers,
    ) -> Result<Self, StructureError> {
        let mut contested = Self::default();
        let sql = include_str!("contested.sql");
        let tables = members.numbers(|it| it.kind == "table");
        for row in client.query_typed(sql, &[(&tables, Type::OID_ARRAY)])? {
            let (table, name): (String, String) = (row.try_get("table")?, row.try_get("name")?);
            if row.try_get::<_, &str>("kind")? == "key" {
                let is_by_primary = row.try_get("is_by_primary")?;
                contested.keys.insert((table, name), is_by_primary);
            } else {
                contested.indexes.entry(table).or_default().push(name);
            }
        }
        Ok(contested)
    }

    /// Returns the clause of a foreign key, and whether it has to come after the indexes.
    pub(super) fn foreign_key(&self, table: &str, name: &str, key: &ForeignKey) -> (String, bool) {
        let found = self.keys.get(&(table.to_owned(), name.to_owned()));
        let mut key = Cow::Borrowed(key);
        if found == Some(&true) {
            key.to_mut().target.columns.clear();
        }
        (foreign_key(name, &key), found.is_some())
    }

    /// Whether an object is one of the indexes, or the constraint that has one.
    pub(super) fn has(&self, object: &ObjectName) -> bool {
        matches!(object.kind, ObjectKind::Constraint | ObjectKind::Index)
            && self.indexes.iter().any(|(table, names)| {
                let rest = object.name.strip_prefix(table.as_str());
                let rest = rest.and_then(|rest| rest.strip_prefix('.'));
                rest.is_some_and(|rest| names.iter().any(|name| name == rest))
            })
    }

    /// Takes the indexes out of a table. Returns the rest of the table, and the indexes in order.
    pub(super) fn take<'a>(
        &self,
        namespace: &Namespace,
        (name, sql_name): (&str, &str),
        table: &'a Table,
    ) -> (Cow<'a, Table>, Vec<Chosen>) {
        let Some(names) = self.indexes.get(name) else {
            return (Cow::Borrowed(table), Vec::new());
        };
        let mut table = table.clone();
        let mut chosen = Vec::new();
        for index in names {
            let key = table.primary_key.take_if(|key| key.name == *index);
            if let Some(key) = key {
                let sql = add_constraint(sql_name, &primary_key(&key));
                chosen.push(Chosen::Statement(sql));
            } else if let Some(it) = table.uniques.remove(index) {
                let sql = add_constraint(sql_name, &unique(index, &it));
                chosen.push(Chosen::Statement(sql));
            } else if let Some(it) = table.indexes.remove(index) {
                chosen.push(Chosen::Statement(create_index(sql_name, index, &it)));
            } else {
                let objects = [ObjectKind::Constraint, ObjectKind::Index].into_iter();
                let objects = objects.map(|kind| ObjectName::new(kind, format!("{name}.{index}")));
                let mut there = objects.filter(|object| namespace.objects.contains_key(object));
                chosen.extend(there.next().map(Chosen::Object));
            }
        }
        (Cow::Owned(table), chosen)
    }
}

/// An index whose turn matters.
pub(super) enum Chosen {
    /// The statement that makes it.
    Statement(String),
    /// An object of the namespace.
    Object(ObjectName),
}
