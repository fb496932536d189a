//! Updates of many rows, each by its key to values of its own.
//!
//! The rows are a table in the statement, `given`: an array for each column, so that the text is the same however many rows there are. An array of
//! arrays would be taken apart to its last element, so where a column is one, each value is a parameter.

use std::collections::HashMap;
use std::sync::Arc;

use postgres::Row;
use postgres::types::Type;

use super::batches::{BYTES, PARAMETERS, ROWS, SINGLY};
use super::sequence::{Answers, run_all};
use super::text::{Text, of_column};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{ColumnDef, KeyValues, ModelDef, Source};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::query::given_back::push_given_back;
use crate::query::key::KeyBytes;
use crate::query::reference::checked;
use crate::query::tolerance::check_named;
use crate::value::{Param, SqlType};

/// How many rows an error names.
const NAMED: usize = 10;

/// A row that is there, and what it is to become.
pub(in crate::query) struct GivenRow {
    /// The number of the row among those given, from 1.
    pub(in crate::query) number: usize,
    pub(in crate::query) key: KeyValues,
    /// Whether it has to be deleted or not, if that counts.
    pub(in crate::query) is_deleted: Option<bool>,
    /// The versions that it may have, if that counts.
    pub(in crate::query) versions: Vec<Param>,
    /// Of all columns of the model, those that get a value.
    pub(in crate::query) values: Vec<Option<Param>>,
}

/// An update of many rows.
pub(in crate::query) struct RowChanges {
    model: &'static ModelDef,
    operation: &'static str,
    /// How many rows were given, with those that have no changes.
    given: usize,
    /// Those to be changed, in the order of their keys: of two updates of the same rows one waits for the other, and not both.
    rows: Vec<GivenRow>,
    /// The columns that get a value in any row.
    set: Vec<usize>,
}

/// A column of the table of what is given.
#[derive(Clone, Copy)]
enum GivenPart {
    Number,
    /// A column of the key, by its place there.
    Key(usize),
    /// One of the versions that it may have, by its place among them; null if there are fewer.
    Version(&'static ColumnDef, usize),
    Value(usize),
    /// Whether the value is to be set.
    IsSet(usize),
    /// Whether the row has to be deleted or not; null if that does not count.
    IsDeleted,
}

impl RowChanges {
    /// Takes the rows that are to be changed, of which no two may have the same key, and the number of all that were given.
    pub(in crate::query) fn new(
        model: &'static ModelDef,
        operation: &'static str,
        given: usize,
        mut rows: Vec<GivenRow>,
    ) -> Result<Self> {
        let mut known: HashMap<KeyBytes<'_>, usize> = HashMap::with_capacity(rows.len());
        for row in &rows {
            if let Some(first) = known.insert(KeyBytes(&row.key), row.number) {
                let message = format!(
                    "rows {first} and {} of those given have the same key\nhelp: give each row once",
                    row.number
                );
                let error = Error::new(ErrorKind::Unique, message);
                return Err(error.in_model(model, operation));
            }
        }
        let is_set = |column: &usize| rows.iter().any(|row| row.values[*column].is_some());
        let set = (0..model.columns.len()).filter(is_set).collect();
        rows.sort_unstable_by(|one, other| KeyBytes(&one.key).cmp(&KeyBytes(&other.key)));
        Ok(Self {
            model,
            operation,
            given,
            rows,
            set,
        })
    }

    /// The statements, each made when it is asked for. Each gives of the rows that it changes all columns, and behind them the row's number.
    fn statements(self: Arc<Self>, context: Context) -> impl FnMut() -> Option<Statement> + Send {
        let parts = self.parts();
        let has_arrays = parts
            .iter()
            .any(|part| matches!(self.type_of(*part), SqlType::Array(_)));
        let most = if has_arrays {
            SINGLY.min(PARAMETERS / parts.len()).max(1)
        } else {
            ROWS
        };
        let mut done = 0;
        move || {
            let rows = self.batch(done, most);
            done += rows.len();
            let lines: Vec<_> = rows.iter().map(|row| self.line(&parts, row)).collect();
            (!lines.is_empty()).then(|| self.statement(&context, &parts, &lines, has_arrays))
        }
    }

    /// The rows of the next statement, behind those of the ones before.
    fn batch(&self, done: usize, most: usize) -> &[GivenRow] {
        let rows = &self.rows[done..];
        let mut bytes = 0;
        let fits = |row: &&GivenRow| {
            let has_place = bytes < BYTES;
            bytes += row.bytes();
            has_place
        };
        let count = rows.iter().take(most).take_while(fits).count();
        &rows[..count]
    }

    /// Returns the error for rows that were not changed, if there are any; `why` says what of them.
    fn left(&self, changed: &[usize], kind: ErrorKind, why: &str) -> Option<Error> {
        let mut is_left =
            vec![false; self.rows.iter().map(|row| row.number).max().unwrap_or(0) + 1];
        for row in &self.rows {
            is_left[row.number] = true;
        }
        for &number in changed {
            is_left[number] = false;
        }
        let left: Vec<usize> = (0..is_left.len())
            .filter(|number| is_left[*number])
            .collect();
        if left.is_empty() {
            return None;
        }
        let named: Vec<String> = left.iter().take(NAMED).map(usize::to_string).collect();
        let (word, more) = (
            if left.len() == 1 { "row" } else { "rows" },
            left.len().saturating_sub(NAMED),
        );
        let mut named = named.join(", ");
        if more > 0 {
            named = format!("{named} and {more} more");
        }
        let message = format!("{word} {named} of the {} given {why}", self.given);
        Some(
            Error::new(kind, message)
                .help("load the rows again")
                .in_model(self.model, self.operation),
        )
    }

    fn parts(&self) -> Vec<GivenPart> {
        let mut parts = vec![GivenPart::Number];
        parts.extend((0..self.model.key.len()).map(GivenPart::Key));
        let versions = self.rows.iter().map(|row| row.versions.len()).max();
        let mut columns = self.model.columns.iter();
        if let Some(def) = columns.find(|def| def.source == Source::Version) {
            let places = 0..versions.unwrap_or_default();
            parts.extend(places.map(|place| GivenPart::Version(def, place)));
        }
        parts.extend(self.model.soft_delete().map(|_| GivenPart::IsDeleted));
        for &column in &self.set {
            parts.push(GivenPart::Value(column));
            if !self.is_set_in_all(column) {
                parts.push(GivenPart::IsSet(column));
            }
        }
        parts
    }

    fn is_set_in_all(&self, column: usize) -> bool {
        self.rows.iter().all(|row| row.values[column].is_some())
    }

    fn type_of(&self, part: GivenPart) -> SqlType {
        match part {
            GivenPart::Number => SqlType::BigInt,
            GivenPart::Key(place) => self.model.columns[self.model.key[place]].sql,
            GivenPart::Version(def, _) => def.sql,
            GivenPart::Value(column) => self.model.columns[column].sql,
            GivenPart::IsSet(_) | GivenPart::IsDeleted => SqlType::Boolean,
        }
    }

    /// The line of a row in the table.
    fn line(&self, parts: &[GivenPart], row: &GivenRow) -> Vec<Param> {
        let value = |part: &GivenPart| match *part {
            GivenPart::Number => Param::bigint(i64::try_from(row.number).unwrap_or(i64::MAX)),
            GivenPart::Key(place) => row.key.as_slice()[place].clone(),
            GivenPart::Version(def, place) => {
                let version = row.versions.get(place).cloned();
                version.unwrap_or_else(|| Param::null(def.sql.wire()))
            }
            GivenPart::Value(column) => {
                let null = || Param::null(self.model.columns[column].sql.wire());
                row.values[column].clone().unwrap_or_else(null)
            }
            GivenPart::IsSet(column) => boolean(row.values[column].is_some()),
            GivenPart::IsDeleted => row
                .is_deleted
                .map_or_else(|| Param::null(Type::BOOL), boolean),
        };
        parts.iter().map(value).collect()
    }

    fn statement(
        &self,
        context: &Context,
        parts: &[GivenPart],
        lines: &[Vec<Param>],
        has_arrays: bool,
    ) -> Statement {
        let table = format!(
            "{}.{}",
            self.model.table_in(context).schema.quoted(),
            quote_identifier(self.model.table)
        );
        let mut text = Text {
            sql: format!("UPDATE {table} AS t SET "),
            params: Vec::new(),
        };
        self.assignments(context, &mut text);
        if has_arrays {
            text.singly(lines);
        } else {
            let types: Vec<SqlType> = parts.iter().map(|part| self.type_of(*part)).collect();
            text.arrays(&types, lines);
        }
        let names: Vec<String> = parts.iter().map(|part| part.name()).collect();
        text.push(&format!(" AS given({}) WHERE ", names.join(", ")));
        let keys = self.model.key_columns().enumerate().map(|(place, key)| {
            let part = GivenPart::Key(place).name();
            let given = of_column(self.model, key, context, format!("given.{part}"));
            format!("t.{} = {given}", quote_identifier(key.name))
        });
        text.push(&keys.collect::<Vec<_>>().join(" AND "));
        let versions = parts.iter().filter_map(|part| match part {
            GivenPart::Version(def, _) => Some(format!(
                "t.{} = given.{}",
                quote_identifier(def.name),
                part.name()
            )),
            _ => None,
        });
        let versions: Vec<String> = versions.collect();
        if !versions.is_empty() {
            text.push(&format!(" AND ({})", versions.join(" OR ")));
        }
        if let Some(def) = self.model.soft_delete() {
            let is_deleted = format!("(t.{} IS NOT NULL)", quote_identifier(def.name));
            let given = GivenPart::IsDeleted.name();
            text.push(&format!(
                " AND {is_deleted} = coalesce(given.{given}, {is_deleted})"
            ));
        }
        text.push(" RETURNING ");
        for def in self.model.columns {
            push_given_back(&mut text.sql, "t.", def, context.version());
            text.push(", ");
        }
        text.push("given.n");
        Statement {
            sql: text.sql,
            params: text.params,
            gives: Gives::Rows,
            effect: Effect::Writes,
            model: Some(self.model),
            operation: self.operation,
        }
    }

    /// The value that a column gets of the row's line.
    fn value(&self, context: &Context, index: usize) -> String {
        let def = &self.model.columns[index];
        let value = format!("given.{}", GivenPart::Value(index).name());
        let value = of_column(self.model, def, context, value);
        checked(self.model, def, context, &value)
    }

    fn assignments(&self, context: &Context, text: &mut Text) {
        let mut before = "";
        for (index, def) in self.model.columns.iter().enumerate() {
            let name = quote_identifier(def.name);
            let kept = match def.source {
                Source::NowOnWrite => def.sql.now().to_owned(),
                Source::Version => format!("t.{name} + 1"),
                _ => format!("t.{name}"),
            };
            let value = if !self.set.contains(&index) {
                match def.source {
                    Source::NowOnWrite | Source::Version => kept,
                    _ => continue,
                }
            } else if self.is_set_in_all(index) {
                self.value(context, index)
            } else {
                let value = self.value(context, index);
                let is_set = GivenPart::IsSet(index).name();
                format!("CASE WHEN given.{is_set} THEN {value} ELSE {kept} END")
            };
            text.push(&format!("{before}{name} = {value}"));
            before = ", ";
        }
    }
}

impl GivenPart {
    fn name(self) -> String {
        match self {
            Self::Number => "n".to_owned(),
            Self::Key(place) => format!("k{place}"),
            Self::Version(_, place) => format!("v{place}"),
            Self::Value(column) => format!("c{column}"),
            Self::IsSet(column) => format!("s{column}"),
            Self::IsDeleted => "d".to_owned(),
        }
    }
}

impl RowChanges {
    /// Runs the update, all of it or nothing: where a row is not changed, it is an error of a kind, and `why` says what of it. Otherwise `done` makes
    /// something of the rows as they are stored then, each with its number behind its columns.
    pub(in crate::query) fn run<'f, T: Send + 'f>(
        self,
        context: &Context,
        (kind, why): (ErrorKind, &'static str),
        done: impl FnOnce(Vec<Row>) -> Result<T> + Send + 'f,
    ) -> Flow<'f, T> {
        for &column in &self.set {
            if let Err(error) = check_named(&self.model.columns[column], context) {
                return Flow::Done(Err(error.in_model(self.model, self.operation)));
            }
        }
        let log = Arc::clone(context.log());
        let is_one = self.given == 1;
        let theirs = Arc::clone(&log);
        let changes = Arc::new(self);
        let mut next = Arc::clone(&changes).statements(context.clone());
        let work = move || {
            run_all(move || Ok(next()), Gives::Rows, None, &theirs).and_on(move |answers| {
                Flow::Done(answers.and_then(|Answers { rows, .. }| {
                    let numbers: Vec<usize> = rows.iter().map(number).collect();
                    match changes.left(&numbers, kind, why) {
                        Some(error) => Err(error),
                        None => done(rows),
                    }
                }))
            })
        };
        // One row is changed or not, anyway. It counts how many were given: that, and not what has changed in them, is to say what becomes of the
        // caller's transaction when the statement fails.
        if is_one {
            work()
        } else {
            Flow::atomic(log, work)
        }
    }
}

impl GivenRow {
    /// How many bytes its values have.
    fn bytes(&self) -> usize {
        let values = self.values.iter().flatten().chain(self.key.as_slice());
        values.map(|value| value.bytes().len()).sum()
    }
}

/// The number of a row of the answer.
pub(in crate::query) fn number(row: &Row) -> usize {
    let number: i64 = row.get(row.len() - 1);
    usize::try_from(number).unwrap_or_default()
}

fn boolean(value: bool) -> Param {
    Param::raw(Type::BOOL, &[u8::from(value)])
}
