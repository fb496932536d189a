//! Migrations that move rows of a model: they list the columns of their time, so nobody else may have changed the table.

use crate::migrate::chain::Migration;
use crate::structure::{Change, Op};

/// Says which migration of another branch changes a table whose rows are moved, if one does.
///
/// Migrations of one number are of different branches; so are two that have changed places. `chain` has the former id of each.
pub(super) fn moved_beside(chain: &[(String, Migration)]) -> Option<String> {
    for (at, (id, migration)) in chain.iter().enumerate() {
        for (other_id, other) in &chain[at + 1..] {
            if number(id) < number(other_id) {
                continue;
            }
            let pairs = [
                (id, migration, other_id, other),
                (other_id, other, id, migration),
            ];
            for (mover, moving, changer, changing) in pairs {
                let mut moved = moving.operations().iter().filter(|op| moves(op));
                let table = moved.find(|op| {
                    changing
                        .operations()
                        .iter()
                        .any(|other| other.table == op.table)
                });
                if let Some(op) = table {
                    return Some(format!(
                        "`{mover}` moves the rows of `{}` as that was, and `{changer}` changes it",
                        op.table
                    ));
                }
            }
        }
    }
    None
}

/// Says which migration drops a table that was kept, by the number of a migration that gets another.
pub(super) fn moved_away(chain: &[(String, Migration)]) -> Option<String> {
    let is_renumbered = |since: i32| {
        let mut those = chain.iter().filter(|(id, _)| number(id) == Some(since));
        those
            .any(|(id, migration)| id != migration.id() && migration.operations().iter().any(moves))
    };
    chain.iter().find_map(|(id, migration)| {
        let mut operations = migration.operations().iter();
        let dropped = operations.find(|op| matches!(op.change, Change::DropKept { since, .. } if is_renumbered(since)))?;
        Some(format!(
            "`{id}` drops `{}`, which was kept, by the number of the migration that moved its rows, and that would get another",
            dropped.table
        ))
    })
}

fn moves(op: &Op) -> bool {
    matches!(
        op.change,
        Change::MoveRows { .. } | Change::KeepTable { .. } | Change::AwaitRows { .. }
    )
}

fn number(id: &str) -> Option<i32> {
    id.split('_').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::chain::Chain;

    /// A chain of migrations with operations, each on a table, which is renumbered by its order.
    fn chain(migrations: &[(&str, &str, &str)]) -> Vec<(String, Migration)> {
        let mut files = Vec::new();
        for ((_, table, operation), position) in migrations.iter().zip(1..) {
            let id = format!("{position:04}_m");
            let text = format!(
                "format = 1\nid = \"{id}\"\n[[operations]]\nplacement = \"tenant\"\ntable = \"{table}\"\n{operation}\n"
            );
            files.push((format!("{id}/migration.toml"), text));
            files.push((format!("{id}/tenant.up.sql"), "SELECT 1".to_owned()));
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let chain = Chain::from_files(&files).unwrap();
        let old = migrations.iter().map(|(id, ..)| (*id).to_owned());
        old.zip(chain.migrations().iter().cloned()).collect()
    }

    const MOVE: &str =
        "op = \"move_rows\"\nrows = { how = \"collect\", columns = [\"id\"], key = [\"id\"] }";
    const ADD: &str =
        "op = \"add_column\"\ncolumn = { name = \"color\", type = \"text\", nullable = true }";
    const DROP: &str = "op = \"drop_kept\"\nsince = 2\ndefinition = { columns = [] }";

    #[test]
    fn nobody_else_changes_a_table_whose_rows_are_moved() {
        let beside = |first, second| moved_beside(&chain(&[first, second]));
        let (mover, other) = (("0002_move", "notes", MOVE), ("0002_color", "notes", ADD));
        let told = beside(mover, other).unwrap();
        assert!(
            told.contains("`0002_move` moves the rows of `notes`"),
            "{told}"
        );
        assert_eq!(beside(other, mover), Some(told));
        assert_eq!(beside(mover, ("0002_color", "tags", ADD)), None);
        // One after the other, as one branch has them.
        assert_eq!(beside(("0001_color", "notes", ADD), mover), None);
        // They have changed places.
        assert!(beside(mover, ("0001_color", "notes", ADD)).is_some());
    }

    #[test]
    fn a_kept_table_is_dropped_by_a_number_that_stays() {
        let moved = chain(&[
            ("0002_other", "tags", ADD),
            ("0003_x", "tags", ADD),
            ("0002_move", "notes", MOVE),
            ("0004_d", "notes", DROP),
        ]);
        assert!(
            moved_away(&moved)
                .unwrap()
                .contains("`0004_d` drops `notes`")
        );
        let stays = chain(&[
            ("0001_other", "tags", ADD),
            ("0002_m", "notes", MOVE),
            ("0003_d", "notes", DROP),
        ]);
        assert_eq!(moved_away(&stays), None);
    }
}
