//! The text of a migration's SQL files, for a person to review.

use crate::structure::{Change, Op, render, render_in_use, reverse};

/// The file that carries operations out.
pub(crate) fn up_file(operations: &[Op]) -> String {
    file(operations)
}

/// The file that takes operations back.
pub(crate) fn down_file(operations: &[Op]) -> String {
    file(&reverse(operations))
}

fn file(operations: &[Op]) -> String {
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
                    render_in_use(op)
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
