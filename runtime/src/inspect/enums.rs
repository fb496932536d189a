//! Enums of PostgreSQL's that become texts with a check: expressions compare them as texts then.

use super::drafting::keys_of;
use super::said::labels_of_type;
use crate::structure::{IndexKey, Namespace, ObjectKind, State, Table};

/// Returns the structure with expressions in which enums are texts, in the tables that become models.
pub(super) fn with_texts(state: &State) -> State {
    State::new(namespace(&state.shared), namespace(&state.tenant))
}

fn namespace(live: &Namespace) -> Namespace {
    let types = live.objects.iter();
    let enums: Vec<&str> = types
        .filter(|(name, sql)| name.kind == ObjectKind::Type && labels_of_type(sql).is_some())
        .map(|(name, _)| name.name.as_str())
        .collect();
    let mut changed = live.clone();
    if enums.is_empty() {
        return changed;
    }
    for (name, table) in &mut changed.tables {
        if keys_of(live, name, &live.tables[name]).is_ok() {
            change(table, &enums);
        }
    }
    changed
}

fn change(table: &mut Table, enums: &[&str]) {
    let of_checks = table.checks.values_mut().map(|it| &mut it.condition);
    let of_columns = table
        .columns
        .iter_mut()
        .filter_map(|it| it.generated.as_mut());
    let of_indexes = table.indexes.values_mut().flat_map(|index| {
        let parts = index
            .parts
            .iter_mut()
            .filter_map(|part| match &mut part.key {
                IndexKey::Column(_) => None,
                IndexKey::Expression(sql) => Some(sql),
            });
        parts.chain(index.filter.as_mut())
    });
    for sql in of_checks.chain(of_columns).chain(of_indexes) {
        for name in enums {
            for slot in ["\"{tenant}\"", "\"{shared}\""] {
                for written in [format!("::{slot}.\"{name}\""), format!("::{slot}.{name}")] {
                    *sql = as_text(sql, &written);
                }
            }
        }
    }
}

/// Puts a cast to text in place of one to an enum, whose name may be the beginning of another's.
fn as_text(sql: &str, written: &str) -> String {
    let mut changed = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(written) {
        let (before, after) = (&rest[..at], &rest[at + written.len()..]);
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        changed.push_str(before);
        changed.push_str(if goes_on { written } else { "::text" });
        rest = after;
    }
    changed + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cast_to_the_enum_is_changed() {
        let sql = "a = 'x'::\"{tenant}\".mood AND b = 'y'::\"{tenant}\".moods";
        assert_eq!(
            as_text(sql, "::\"{tenant}\".mood"),
            "a = 'x'::text AND b = 'y'::\"{tenant}\".moods"
        );
    }
}
