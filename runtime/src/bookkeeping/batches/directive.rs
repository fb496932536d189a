//! The comment that says of which rows the batches are: `-- tenantry: batch invoices by id, size 5000`.

use tenantry_sql::{Token, tokens};

use super::{BatchFault, BatchedRows, fault};

/// How many rows a batch has where the comment does not say.
const SIZE: u32 = 1000;

/// How many it may have.
const MOST: u32 = 100_000;

const FORM: &str = "help: write it as `-- tenantry: batch invoices by id, size 5000`, and a key of several columns as `by (region, id)`";

/// The words of a comment.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) rows: BatchedRows,
    /// The slot that is written before the table, if there is one.
    pub(super) slot: Option<String>,
    pub(super) start: usize,
}

/// Reads a comment, if it is about batches.
pub(super) fn directive(comment: &Token<'_>) -> Result<Option<Directive>, BatchFault> {
    let text = comment.text.trim_start_matches(['-', '/', '*']);
    let text = text.trim_end_matches(['*', '/']).trim();
    let Some(text) = text.strip_prefix("tenantry:") else {
        return Ok(None);
    };
    let all: Vec<Token<'_>> = tokens(text).filter(|token| !token.is_blank()).collect();
    let Some((word, rest)) = all.split_first() else {
        return Ok(None);
    };
    if !word.is("batch") {
        return Ok(None);
    }
    match parsed(rest) {
        Ok((slot, rows)) => Ok(Some(Directive {
            rows,
            slot,
            start: comment.start,
        })),
        Err(why) => fault(comment.start, format!("{why}\n{FORM}")),
    }
}

fn parsed(words: &[Token<'_>]) -> Result<(Option<String>, BatchedRows), String> {
    let (slot, words) = match words {
        [slot, dot, rest @ ..] if dot.is_sign(".") => {
            let written = slot.text.strip_prefix("\"{");
            let name = written.and_then(|it| it.strip_suffix("}\""));
            let name = name.ok_or("the table has no schema but a slot")?;
            (Some(name.to_owned()), rest)
        }
        _ => (None, words),
    };
    let [table, by, words @ ..] = words else {
        return Err("the comment says neither the table nor its key".to_owned());
    };
    let table = table.name().ok_or("the comment names no table")?;
    if !by.is("by") {
        return Err(format!(
            "the comment does not say by which key of `{table}`"
        ));
    }
    let (key, words) = key(words)?;
    let size = match words {
        [] => SIZE,
        [comma, size, number] if comma.is_sign(",") && size.is("size") => {
            let number = number.text.replace('_', "").parse().ok();
            number
                .filter(|number| (1..=MOST).contains(number))
                .ok_or_else(|| format!("the size of a batch is a number from 1 to {MOST}"))?
        }
        [unknown, ..] => return Err(format!("`{}` is not understood", unknown.text)),
    };
    let table = table.into_owned();
    Ok((
        slot,
        BatchedRows {
            table,
            key,
            size,
            function: None,
        },
    ))
}

/// Reads the columns of the key: one, or some in parentheses.
fn key<'a, 't>(words: &'a [Token<'t>]) -> Result<(Vec<String>, &'a [Token<'t>]), String> {
    let name = |token: &Token<'_>| {
        let name = token.name().map(std::borrow::Cow::into_owned);
        name.ok_or_else(|| format!("`{}` is no column", token.text))
    };
    match words {
        [open, rest @ ..] if open.is_sign("(") => {
            let end = rest.iter().position(|token| token.is_sign(")"));
            let end = end.ok_or("the parenthesis of the key is not closed")?;
            let columns = rest[..end].split(|token| token.is_sign(","));
            let key = columns.map(|column| match column {
                [column] => name(column),
                _ => Err("a key is names with commas between them".to_owned()),
            });
            Ok((key.collect::<Result<_, _>>()?, &rest[end + 1..]))
        }
        [column, rest @ ..] => Ok((vec![name(column)?], rest)),
        [] => Err("the comment names no key".to_owned()),
    }
}
