//! Questions that have to be asked before a migration is written.

use super::choices::Choices;
use super::prepare::prepare;
use crate::error::Result;
use crate::migrate::chain::Chain;
use crate::model::ModelDef;
use crate::structure::{Change, Op};

/// Something that only the author of a change knows, and that must not be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Whether a name became another.
    Renamed {
        /// The pair, as a flag has it.
        pair: String,
        /// The former name.
        former: String,
        /// The two, in words.
        words: String,
        /// Whether values are lost if it was not renamed.
        is_lost_otherwise: bool,
    },
    /// The value that rows get which have none for a column.
    Fill {
        /// The column.
        column: String,
        /// Its type.
        sql_type: String,
        /// Whether it was there before and could be null; then `NULL` says that no row has null.
        is_nullable_before: bool,
    },
    /// How the rows of a table get to where its model is placed now.
    Moved {
        /// The table.
        table: String,
        /// The change in words.
        words: String,
        /// The ways that there are, as a flag has them.
        ways: Vec<String>,
    },
    /// Whether values may be lost, or mean something else afterwards.
    Loss {
        /// The table or column.
        of: String,
        /// The operation and what it does to the values, in words.
        words: String,
    },
}

/// Returns what is to be asked, in an order in which it can be: an answer may bring up more questions, or settle some.
///
/// # Errors
///
/// As [`make`](super::make).
pub fn questions(models: &[&ModelDef], chain: &Chain, choices: &Choices) -> Result<Vec<Question>> {
    let prepared = prepare(models, chain, choices)?;
    let undecided = prepared.undecided(choices)?;
    let mut questions: Vec<Question> = undecided.iter().map(renamed).collect();
    let may_be_renamed = |name: &str| {
        undecided.iter().any(|rename| {
            let former = rename.former();
            former == name || rename.new_name() == name
        })
    };
    let placed = prepared.placed();
    for table in &placed {
        if !table.is_decided(choices) {
            questions.push(Question::Moved {
                table: table.name.to_owned(),
                words: table.words(),
                ways: table.ways(),
            });
        }
        let lost = table.left_behind(choices).into_iter();
        questions.extend(lost.filter(|of| !choices.losses.contains(of)).map(|of| {
            let words = format!("the values of `{of}` stay behind when the rows are moved");
            Question::Loss { of, words }
        }));
    }
    let is_placed = |op: &Op| {
        let mut placed = placed.iter();
        matches!(op.change, Change::DropTable { .. })
            && placed.any(|it| it.from == op.placement && it.name == op.table)
    };
    for op in prepared.operations.iter().filter(|op| !is_placed(op)) {
        let rows = prepared.lacks_rows(op, choices).into_iter();
        questions.extend(rows.map(|lack| Question::Fill {
            column: lack.column,
            sql_type: lack.sql_type,
            is_nullable_before: lack.is_nullable_before,
        }));
        if let Some(lack) = prepared.lacks_value(op) {
            if !may_be_renamed(&lack.column) {
                questions.push(Question::Fill {
                    column: lack.column,
                    sql_type: lack.sql_type,
                    is_nullable_before: lack.is_nullable_before,
                });
            }
        } else if let Some(of) = op.loses()
            && !choices.losses.contains(&of)
            && !may_be_renamed(&of)
        {
            let reason = op.change.note().unwrap_or_default();
            let words = format!("{op}: {reason}");
            questions.push(Question::Loss { of, words });
        }
    }
    for (of, words) in prepared.led_elsewhere() {
        let is_asked = |question: &Question| matches!(question, Question::Loss { of: asked, .. } if *asked == of);
        if !choices.losses.contains(&of) && !questions.iter().any(is_asked) {
            questions.push(Question::Loss { of, words });
        }
    }
    Ok(questions)
}

fn renamed(rename: &crate::structure::Rename) -> Question {
    Question::Renamed {
        pair: rename.to_string(),
        former: rename.former(),
        words: rename.words(),
        is_lost_otherwise: !rename.is_label(),
    }
}
