//! The text of a migration's SQL files, for a person to review.

use crate::structure::{Change, Deferral, Op, State, render, render_in_use, reverse};

/// The file that carries operations out, which lead to a state.
pub(crate) fn up_file(operations: &[Op], after: &State) -> String {
    file(operations, |op| key(op, operations, after))
}

/// The file that takes operations back, in one transaction.
pub(crate) fn down_file(operations: &[Op]) -> String {
    file(&reverse(operations), |_| Vec::new())
}

/// Returns the columns by whose order the rows of a table can be done in batches, as the server can tell when the operation is carried out.
fn key(op: &Op, operations: &[Op], after: &State) -> Vec<String> {
    let is_changed = operations.iter().any(|other| {
        (other.placement, &other.table) == (op.placement, &op.table)
            && matches!(
                other.change,
                Change::AddPrimaryKey { .. }
                    | Change::AlterPrimaryKey { .. }
                    | Change::DropPrimaryKey { .. }
            )
    });
    let table = after.namespace(op.placement).tables.get(&op.table);
    let key = table.and_then(|table| table.primary_key.as_ref());
    key.filter(|key| !is_changed && key.deferral == Deferral::Never)
        .map(|key| key.columns.clone())
        .unwrap_or_default()
}

fn file(operations: &[Op], key: impl Fn(&Op) -> Vec<String>) -> String {
    let is_new = |op: &Op| {
        let mut others = operations.iter();
        others.any(|other| {
            matches!(other.change, Change::CreateTable { .. })
                && (other.placement, &other.table) == (op.placement, &op.table)
        })
    };
    let blocks: Vec<String> = operations
        .iter()
        .map(|op| {
            block(
                op,
                if is_new(op) {
                    render(op)
                } else {
                    render_in_use(op, &key(op))
                },
            )
        })
        .collect();
    blocks.join("\n")
}

/// An operation in words, what a reviewer should think of, and its statements.
fn block(op: &Op, statements: Vec<String>) -> String {
    // A default or a type may have several lines, and a comment ends with its line.
    let mut text = format!("-- {}\n", op.to_string().replace(['\n', '\r'], " "));
    if let Some(note) = op.change.note() {
        text.push_str("-- NOTE: ");
        text.push_str(note);
        text.push('\n');
    }
    for statement in statements {
        text.push_str(&statement);
        text.push_str(";\n");
    }
    text
}
