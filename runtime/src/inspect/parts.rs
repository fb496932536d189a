//! Indexes, unique constraints and checks of a model.

use super::draft::{Draft, DraftCheck, DraftField, DraftIndex};
use super::names::is_plain;
use super::said::{ValueUse, bare, is_sayable, labels};
use crate::structure::{Index, IndexKey, IndexPart, Table};

/// Access methods that PostgreSQL has operators for by the type of the column only.
const BY_TYPE: [&str; 4] = ["gin", "gist", "spgist", "brin"];

/// Types of the language, which these access methods have no operators for unless an extension brings them.
const PLAIN: [&str; 7] = ["i16", "i32", "i64", "f32", "f64", "bool", "String"];

/// Adds what a table has that a model can say.
pub(super) fn add(draft: &mut Draft, table: &Table, left_out: &[String]) {
    for (name, unique) in &table.uniques {
        let Some(parts) = positions(&draft.fields, &unique.columns) else {
            continue;
        };
        if unique.nulls_not_distinct {
            continue;
        }
        let usual = usual(&draft.table, &unique.columns, "key");
        match parts[..] {
            [one] if *name == usual && !draft.fields[one].is_key => draft.fields[one].unique = true,
            _ => push(draft, name, &usual, DraftIndex::unique(parts)),
        }
    }
    for (name, index) in &table.indexes {
        if let Some(found) = index_of(&draft.fields, index, left_out) {
            let columns: Option<Vec<String>> = index.parts.iter().map(column).collect();
            let columns = columns.unwrap_or_else(|| vec!["expr".to_owned()]);
            let suffix = if index.excludes() { "excl" } else { "idx" };
            let usual = usual(&draft.table, &columns, suffix);
            let is_simple = !found.unique
                && found.filter.is_none()
                && found.method.is_none()
                && found.operators.is_empty();
            match found.parts[..] {
                [Ok(one)] if is_simple && *name == usual && is_free(&draft.fields[one]) => {
                    // That of a foreign key goes without saying.
                    draft.fields[one].index = draft.fields[one].references.is_none();
                }
                _ => push(draft, name, &usual, found),
            }
        }
    }
    for (name, check) in &table.checks {
        let of_enum = draft.fields.iter().find(|field| {
            let labels = labels(&check.condition, &field.column);
            labels.is_some() && labels == field.labels
        });
        let is_said = of_enum.is_none()
            && is_plain(name)
            && *name != draft.table
            && is_sayable(&check.condition, ValueUse::Checked, left_out);
        if is_said {
            draft.checks.push(DraftCheck {
                name: name.clone(),
                condition: bare(&check.condition).to_owned(),
            });
        }
    }
}

fn is_free(field: &DraftField) -> bool {
    !field.is_key && !field.unique
}

/// The name that PostgreSQL would give.
fn usual(table: &str, columns: &[String], suffix: &str) -> String {
    format!("{table}_{}_{suffix}", columns.join("_"))
}

fn push(draft: &mut Draft, name: &str, usual: &str, index: DraftIndex) {
    let is_there = draft.indexes.iter().any(|other| {
        (other.unique, &other.parts, &other.filter, &other.method)
            == (index.unique, &index.parts, &index.filter, &index.method)
            && other.operators == index.operators
    });
    let is_named = |other: &DraftIndex| other.name.as_deref() == Some(name);
    let key = format!("{}_pkey", draft.table);
    if is_there || draft.indexes.iter().any(is_named) {
        return;
    }
    let is_said = name != usual && is_plain(name) && name != draft.table && name != key;
    draft.indexes.push(DraftIndex {
        name: is_said.then(|| name.to_owned()),
        ..index
    });
}

fn positions(fields: &[DraftField], columns: &[String]) -> Option<Vec<usize>> {
    columns
        .iter()
        .map(|column| fields.iter().position(|field| field.column == *column))
        .collect()
}

fn column(part: &IndexPart) -> Option<String> {
    match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    }
}

impl DraftIndex {
    fn unique(parts: Vec<usize>) -> Self {
        Self {
            name: None,
            parts: parts.into_iter().map(Ok).collect(),
            unique: true,
            filter: None,
            method: None,
            operators: Vec::new(),
        }
    }
}

/// An index that a model can say.
fn index_of(fields: &[DraftField], index: &Index, left_out: &[String]) -> Option<DraftIndex> {
    let is_usual =
        |part: &IndexPart| part.opclass.is_none() && !part.descending && part.nulls.is_none();
    if index.nulls_not_distinct || !index.include.is_empty() || !index.parts.iter().all(is_usual) {
        return None;
    }
    if !index.operators.iter().all(|it| is_operator(it)) {
        return None;
    }
    let is_said = |sql: &String| is_sayable(sql, ValueUse::Stored, left_out);
    if !index.filter.iter().all(is_said) {
        return None;
    }
    let by_type = index
        .method
        .as_deref()
        .is_some_and(|method| BY_TYPE.contains(&method))
        // An exclusion constraint has the operators of an extension for plain types.
        && !index.excludes();
    // A constraint is another thing than an index of its own over the same columns, and this is how to say the latter.
    let is_bare_unique = index.unique && index.filter.is_none();
    let part = |part: &IndexPart| match &part.key {
        IndexKey::Column(name) => {
            let at = fields.iter().position(|field| field.column == *name)?;
            let is_plain = PLAIN.contains(&fields[at].rust.as_str());
            if by_type && (is_plain || fields[at].references.is_some()) {
                return None;
            }
            Some(if is_bare_unique {
                Err(quoted(name))
            } else {
                Ok(at)
            })
        }
        IndexKey::Expression(sql) => is_said(sql).then(|| Err(bare(sql).to_owned())),
    };
    let parts: Vec<_> = index.parts.iter().map(part).collect::<Option<_>>()?;
    Some(DraftIndex {
        name: None,
        parts,
        unique: index.unique,
        filter: index.filter.as_deref().map(|sql| bare(sql).to_owned()),
        // The usual one of an exclusion constraint goes without saying.
        method: match index.method.as_deref() {
            Some("gist") if index.excludes() => None,
            None if index.excludes() => Some("btree".to_owned()),
            method => method.map(str::to_owned),
        },
        operators: index.operators.clone(),
    })
}

/// Whether an operator is written by its signs alone, as in an attribute.
fn is_operator(operator: &str) -> bool {
    operator
        .bytes()
        .all(|it| b"+-*/<>=~!@#%^&|`?".contains(&it))
}

/// A column's name in an expression, where it may be a key word.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
