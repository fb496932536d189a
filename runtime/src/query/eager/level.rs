//! Loaded rows, and the rows that belong to them.

use std::collections::HashMap;
use std::sync::Arc;

use postgres::Row;

use super::branch::Branch;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Flow;
use crate::place::{Context, Origin};
use crate::query::decode::decode_error;
use crate::value::{GivenBytes, Param};

/// Rows, and of each relation the rows that belong to them.
pub(crate) struct Level {
    pub(super) rows: Vec<Row>,
    pub(super) below: Vec<Below>,
}

/// The rows of a relation.
pub(crate) struct Below {
    /// Of each row above, the number of its key; none where it has none.
    keys: Vec<Option<usize>>,
    /// Of each key, where its rows begin in `order`; and at the end, where the last ones end.
    starts: Vec<usize>,
    /// The rows, those of a key side by side in the order in which they came.
    order: Vec<usize>,
    pub(super) level: Level,
}

impl Below {
    /// The rows that belong to a row above.
    pub(super) fn of(&self, above: usize) -> &[usize] {
        match self.keys[above] {
            Some(key) => &self.order[self.starts[key]..self.starts[key + 1]],
            None => &[],
        }
    }

    /// Tells whether a row above has a key.
    pub(super) fn is_keyed(&self, above: usize) -> bool {
        self.keys[above].is_some()
    }

    /// The number of rows above.
    pub(super) fn rows_above(&self) -> usize {
        self.keys.len()
    }

    fn new(keys: Keys, places: &[usize], level: Level) -> Self {
        let mut starts = vec![0; keys.distinct.len() + 1];
        for &key in places {
            starts[key + 1] += 1;
        }
        for key in 1..starts.len() {
            starts[key] += starts[key - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0; places.len()];
        for (row, &key) in places.iter().enumerate() {
            order[next[key]] = row;
            next[key] += 1;
        }
        Self {
            keys: keys.of_rows,
            starts,
            order,
            level,
        }
    }
}

/// The keys by which related rows are looked for, each once.
pub(super) struct Keys {
    of_rows: Vec<Option<usize>>,
    distinct: Vec<Param>,
    known: HashMap<Box<[u8]>, usize>,
}

impl Keys {
    /// Takes the keys of rows down, and where the rows are that they refer to; none where a row has none.
    pub(super) fn new<'k>(
        branch: &Branch,
        keys: impl IntoIterator<Item = Result<Option<(&'k [u8], Origin)>>>,
    ) -> Result<Self> {
        let mut all = Self {
            of_rows: Vec::new(),
            distinct: Vec::new(),
            known: HashMap::new(),
        };
        for key in keys {
            let number = key?.map(|(key, origin)| {
                let known = all.known.get(key).copied();
                let number = known.unwrap_or_else(|| {
                    let number = all.distinct.len();
                    all.distinct.push(Param::raw(branch.to.sql.wire(), key));
                    all.known.insert(key.into(), number);
                    number
                });
                all.distinct[number].refers_to(origin);
                number
            });
            all.of_rows.push(number);
        }
        Ok(all)
    }
}

/// Loads what belongs to rows, one relation after the other, each with all that belongs to its rows.
pub(super) fn load<'f>(
    rows: Vec<Row>,
    branches: Arc<[Branch]>,
    context: Context,
) -> Flow<'f, Level> {
    go_on(
        Level {
            rows,
            below: Vec::new(),
        },
        branches,
        context,
    )
}

fn go_on<'f>(mut level: Level, branches: Arc<[Branch]>, context: Context) -> Flow<'f, Level> {
    let Some(branch) = branches.get(level.below.len()) else {
        return Flow::Done(Ok(level));
    };
    // What was read in a place refers to nothing elsewhere.
    let keys = level.rows.iter();
    let keys = keys.map(|row| Ok(key(row, branch.from)?.map(|key| (key, 0))));
    let keys = match Keys::new(branch, keys) {
        Ok(keys) => keys,
        Err(error) => return Flow::Done(Err(error)),
    };
    load_below(keys, branch.clone(), context.clone()).and_on(move |below| match below {
        Ok(below) => {
            level.below.push(below);
            go_on(level, branches, context)
        }
        Err(error) => Flow::Done(Err(error)),
    })
}

/// Loads the rows that keys lead to. Where there are no keys, nothing is sent.
pub(super) fn load_below<'f>(keys: Keys, branch: Branch, context: Context) -> Flow<'f, Below> {
    if keys.distinct.is_empty() {
        return below(keys, &branch, Vec::new(), context);
    }
    match branch.statement(&keys.distinct, &context) {
        Ok(statement) => Flow::then(statement, move |answer| match answer {
            Ok(answer) => below(keys, &branch, answer.rows(), context),
            Err(error) => Flow::Done(Err(error)),
        }),
        Err(error) => Flow::Done(Err(error)),
    }
}

fn below<'f>(keys: Keys, branch: &Branch, rows: Vec<Row>, context: Context) -> Flow<'f, Below> {
    let places: Result<Vec<usize>> = rows
        .iter()
        .map(|row| {
            let at = branch.own_key().unwrap_or(row.len() - 1);
            let number = key(row, at)?.and_then(|key| keys.known.get(key));
            number.copied().ok_or_else(|| strange(branch))
        })
        .collect();
    match places {
        Ok(places) => load(rows, branch.branches.as_slice().into(), context)
            .and_on(move |level| Flow::Done(level.map(|level| Below::new(keys, &places, level)))),
        Err(error) => Flow::Done(Err(error)),
    }
}

/// The error for a row whose key was not asked for: bytes of another length are another number to us.
fn strange(branch: &Branch) -> Error {
    let model = branch
        .links
        .first()
        .map_or(branch.shape.model, |link| link.shape.model);
    let message = format!(
        "column `{}` has values of another type than the column that it is compared with\n\
         help: `manage check` tells where schemas differ from the migrations",
        branch.to.name
    );
    Error::new(ErrorKind::Decode, message).in_model(model, "load")
}

fn key(row: &Row, at: usize) -> Result<Option<&[u8]>> {
    let given: GivenBytes<'_> = row
        .try_get(at)
        .map_err(|error| decode_error(Box::new(error)))?;
    Ok(given.0)
}
