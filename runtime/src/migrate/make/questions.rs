//! Questions that have to be asked before a migration is written.

use super::choices::Choices;
use super::prepare::prepare;
use crate::error::Result;
use crate::migrate::chain::Chain;
use crate::model::ModelDef;

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
    /// The value that rows get for a new column.
    Fill {
        /// The column.
        column: String,
        /// Its type.
        sql_type: String,
    },
    /// Whether values may be lost.
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
    for op in &prepared.operations {
        if let Some((column, sql_type)) = prepared.lacks_value(op) {
            if !may_be_renamed(&column) {
                questions.push(Question::Fill { column, sql_type });
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
