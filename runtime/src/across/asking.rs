//! The way of a question through many tenants: statement by statement, and who is left out.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use postgres::Row;

use super::ask::{Ask, Gathering};
use super::gathered::{LeftOut, Why};
use super::sorted::{gathered, unnested};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Access, Begin, Command, Flow};
use crate::place::Context;
use crate::tenant::{Became, Tenant, TenantState, became, left_locked};

/// How many rows more than are wanted are kept before they are looked through.
const SPARE: usize = 10_000;

/// How many tenants may have failed one after another, without a reason of their own, before the question has.
const FAILURES: usize = 3;

/// Takes each row as it comes.
pub(super) type Tells<'f> = Arc<Mutex<dyn FnMut(&Row, &Arc<[Tenant]>) -> Result<()> + Send + 'f>>;

/// A question on its way.
pub(super) struct Asking<'f> {
    pub(super) ask: Ask,
    pub(super) context: Context,
    pub(super) tenants: Arc<[Tenant]>,
    /// The numbers of the tenants, those of one version together: a statement is of tenants whose tables are alike.
    turn: Vec<usize>,
    /// Who is still to be asked, the next last.
    todo: Vec<Range<usize>>,
    lock_timeout: u32,
    tells: Option<Tells<'f>>,
    pub(super) told: u64,
    pub(super) rows: Vec<Row>,
    /// Whether the rows are the outcome, since one statement has asked all.
    is_outcome: bool,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) versions: BTreeMap<i32, usize>,
}

impl<'f> Asking<'f> {
    pub(super) fn new(
        ask: Ask,
        context: Context,
        (tenants, left_out): (Vec<Tenant>, Vec<LeftOut>),
        (at_most, lock_timeout): (usize, u32),
        tells: Option<Tells<'f>>,
    ) -> Self {
        let mut turn: Vec<usize> = (0..tenants.len()).collect();
        turn.sort_by_key(|&number| tenants[number].version());
        let mut todo = Vec::new();
        let at_most = ask.tenants(at_most);
        for alike in turn.chunk_by(|&a, &b| tenants[a].version() == tenants[b].version()) {
            let begin = todo.last().map_or(0, |range: &Range<usize>| range.end);
            let end = begin + alike.len();
            let begins = (begin..end).step_by(at_most);
            todo.extend(begins.map(|from| from..end.min(from + at_most)));
        }
        todo.reverse();
        Self {
            ask,
            context,
            tenants: tenants.into(),
            turn,
            todo,
            lock_timeout,
            tells,
            told: 0,
            rows: Vec::new(),
            is_outcome: false,
            left_out,
            versions: BTreeMap::new(),
        }
    }

    /// Asks all who are left.
    pub(super) fn next(mut self) -> Flow<'f, Self> {
        if self.has_enough() {
            self.todo.clear();
        }
        let Some(range) = self.todo.pop() else {
            return self.end();
        };
        let alone = self.todo.is_empty() && self.versions.is_empty();
        let asked = self.turn[range.clone()].iter();
        let asked = asked.map(|&number| (number, &self.tenants[number]));
        let statement = self.ask.statement(asked, alone, &self.context);
        let begin = Command::Begin(Begin {
            access: Some(Access::ReadOnly),
            lock_timeout: Some(self.lock_timeout),
            ..Begin::default()
        });
        let Some(tells) = &self.tells else {
            return Flow::run(statement, |answer| Ok(answer.rows()))
                .in_transaction(begin)
                .and_on(move |rows| match rows {
                    Ok(rows) => {
                        self.is_outcome = alone;
                        self.rows.extend(rows);
                        self.answered(range).sorted_if_many()
                    }
                    Err(error) => self.refused(range, error, true),
                });
        };
        let (tells, tenants) = (Arc::clone(tells), Arc::clone(&self.tenants));
        let is_untold = Arc::new(Mutex::new(true));
        let untold = Arc::clone(&is_untold);
        Flow::each(statement, move |row| {
            *untold.lock().unwrap_or_else(PoisonError::into_inner) = false;
            let mut tell = tells.lock().unwrap_or_else(PoisonError::into_inner);
            tell(&row, &tenants)
        })
        .in_transaction(begin)
        .and_on(move |told| match told {
            Ok(told) => {
                self.told += told;
                self.answered(range).next()
            }
            Err(error) => {
                let is_untold = *is_untold.lock().unwrap_or_else(PoisonError::into_inner);
                self.refused(range, error, is_untold)
            }
        })
    }

    /// Whether no other row could be wanted.
    fn has_enough(&self) -> bool {
        match &self.ask.way {
            Gathering::Together {
                sorting,
                wanted: Some(wanted),
                ..
            } => sorting.is_none() && self.rows.len() as u64 >= *wanted,
            _ => false,
        }
    }

    fn answered(mut self, range: Range<usize>) -> Self {
        for &number in &self.turn[range] {
            *self
                .versions
                .entry(self.tenants[number].version())
                .or_default() += 1;
        }
        self
    }

    /// Goes on after an error: it asks fewer, or finds out why one has none to give. `is_whole`: no row of the statement was told.
    fn refused(mut self, range: Range<usize>, error: Error, is_whole: bool) -> Flow<'f, Self> {
        if !is_whole || !may_be_of_one(&error) {
            return Flow::Done(Err(read_again(error)));
        }
        if range.len() > 1 {
            let middle = range.start + range.len() / 2;
            self.todo.push(middle..range.end);
            self.todo.push(range.start..middle);
            return self.next();
        }
        let number = self.turn[range.start];
        let tenant = &self.tenants[number];
        let error = error.in_tenant(tenant.key()).in_schema(tenant.schema());
        if error.kind() == ErrorKind::Resources {
            return Flow::Done(Err(error));
        }
        looked_into(tenant, error).and_on(move |looked| match looked {
            Ok((became, error)) => self.leave_out(number, why(became, &error), error),
            Err(error) => Flow::Done(Err(error)),
        })
    }

    fn leave_out(mut self, number: usize, why: Why, error: Error) -> Flow<'f, Self> {
        let failed = self.left_out.iter();
        let failed = failed.filter(|left| left.why == Why::Failed).count();
        if why == Why::Failed && self.versions.is_empty() && failed + 1 >= FAILURES {
            return Flow::Done(Err(error));
        }
        self.left_out.push(LeftOut {
            tenant: self.tenants[number].key().clone(),
            why,
            error: Some(error),
        });
        self.next()
    }

    /// Makes one answer of all.
    fn end(mut self) -> Flow<'f, Self> {
        if self.versions.is_empty() {
            // Nobody could be asked this.
            let is_failed = |left: &LeftOut| left.why == Why::Failed;
            if let Some(at) = self.left_out.iter().position(is_failed)
                && let Some(error) = self.left_out.swap_remove(at).error
            {
                return Flow::Done(Err(error));
            }
        }
        match &self.ask.way {
            Gathering::EachTenant(_) => {
                self.rows.sort_by_key(number);
                Flow::Done(Ok(self))
            }
            Gathering::Together { sorting, .. } if sorting.is_none() => {
                self.rows.sort_by_key(number);
                Flow::Done(Ok(self.cut()))
            }
            Gathering::Together { .. } if self.is_outcome => Flow::Done(Ok(self.cut())),
            Gathering::Together { .. } => self.sorted(|sorted| Flow::Done(Ok(sorted.cut()))),
            Gathering::Merged(_) if self.is_outcome => Flow::Done(Ok(self)),
            Gathering::Merged(_) => self.merged(),
        }
    }

    /// Keeps only the rows that are wanted, out of those that are in their order.
    fn cut(mut self) -> Self {
        if let Gathering::Together { wanted, offset, .. } = &self.ask.way {
            let many = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
            if let Some(wanted) = wanted {
                self.rows.truncate(many(*wanted));
            }
            let offset = many(*offset).min(self.rows.len());
            drop(self.rows.drain(..offset));
        }
        self
    }

    /// Forgets rows that can't be wanted any more, if there are many, and goes on.
    fn sorted_if_many(self) -> Flow<'f, Self> {
        match &self.ask.way {
            Gathering::Together {
                sorting,
                wanted: Some(wanted),
                ..
            } if !sorting.is_none()
                && !self.is_outcome
                && self.rows.len() as u64 > wanted.saturating_add(SPARE as u64) =>
            {
                self.sorted(Self::next)
            }
            _ => self.next(),
        }
    }

    /// Has the server say in which order the rows are.
    fn sorted(mut self, then: fn(Self) -> Flow<'f, Self>) -> Flow<'f, Self> {
        let Gathering::Together {
            sorting, wanted, ..
        } = &self.ask.way
        else {
            return then(self);
        };
        if self.rows.is_empty() {
            return then(self);
        }
        let statement = sorting.sorts(&self.rows, *wanted);
        let statement = statement.map(|(sql, params)| self.ask.reads(sql, params));
        Flow::run(statement, |answer| {
            let places = answer.rows().into_iter().map(|row| Ok(row.try_get(0)?));
            places.collect::<Result<Vec<i64>>>()
        })
        .and_on(move |places| match places {
            Ok(places) => {
                let mut rows: Vec<Option<Row>> = self.rows.drain(..).map(Some).collect();
                let places = places.into_iter().map(|place| usize::try_from(place - 1));
                let sorted = places.filter_map(|place| rows.get_mut(place.ok()?)?.take());
                self.rows = sorted.collect();
                then(self)
            }
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// Has the server make groups of all answers.
    fn merged(mut self) -> Flow<'f, Self> {
        let Gathering::Merged(merge) = &self.ask.way else {
            return Flow::Done(Ok(self));
        };
        let columns = 0..merge.names().len();
        let (source, params) = if !self.rows.is_empty() {
            let params: Result<Vec<_>> = columns
                .clone()
                .map(|column| gathered(&self.rows, column))
                .collect();
            match params {
                Ok(params) => (format!("SELECT * FROM {}", unnested(columns.len())), params),
                Err(error) => return Flow::Done(Err(error)),
            }
        } else if merge.keys > 0 {
            return Flow::Done(Ok(self));
        } else {
            (merge.nothing(), Vec::new())
        };
        let outcome = merge.outcome(&source, params.len(), &self.context);
        let statement = outcome.map(|(sql, own)| self.ask.reads(sql, [params, own].concat()));
        Flow::run(statement, |answer| Ok(answer.rows())).and_on(move |rows| match rows {
            Ok(rows) => {
                self.rows = rows;
                Flow::Done(Ok(self))
            }
            Err(error) => Flow::Done(Err(error)),
        })
    }
}

/// The number of a row's tenant.
pub(super) fn number(row: &Row) -> usize {
    let number = row.len().checked_sub(1);
    let number = number.and_then(|last| row.try_get::<_, i32>(last).ok());
    number
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(usize::MAX)
}

/// Whether an error may be that of one tenant among several: something is missing or of another type there, or locked, or not to be read; or
/// all of them together are too many.
fn may_be_of_one(error: &Error) -> bool {
    let kind = error.kind();
    let code = error.sqlstate().unwrap_or_default();
    let is_of_one = matches!(
        kind,
        ErrorKind::LockTimeout | ErrorKind::Resources | ErrorKind::TenantVersion
    );
    is_of_one || code.starts_with("42") || code.starts_with("3F")
}

/// Looks what became of a tenant that is left out for an error, and who has its tables locked if it is that.
pub(super) fn looked_into<'f>(tenant: &Tenant, error: Error) -> Flow<'f, (Became, Error)> {
    let (became, named) = (became(tenant.id()), left_locked(error, tenant.schema()));
    named.and_on(move |named: Result<Infallible>| {
        let Err(error) = named;
        became.and_on(move |became| Flow::Done(became.map(|became| (became, error))))
    })
}

pub(super) fn why(became: Became, error: &Error) -> Why {
    match (became.state, error.kind()) {
        (None, _) => Why::Gone,
        (Some(state), _) if state != TenantState::Active => Why::State(state),
        (_, ErrorKind::LockTimeout) => Why::Locked,
        (_, ErrorKind::Permission) => Why::Refused,
        _ if became.version < became.reach => Why::Behind {
            version: became.version,
            reach: became.reach,
        },
        _ => Why::Failed,
    }
}

/// Says of a transaction that has only read, and whose end nobody has heard of, that it can be read again.
fn read_again(error: Error) -> Error {
    if error.kind() != ErrorKind::CommitUnknown {
        return error;
    }
    let message = "the connection broke while the rows of tenants were read\nhelp: ask again";
    Error::new(ErrorKind::Connection, message).because(error)
}
