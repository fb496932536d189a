//! Shared rows that tenants' rows reference without a constraint: how they are deleted, and given another key.
//!
//! The work of a constraint is done here, in this order. The rows are locked, which waits for all who have written a
//! reference to them, and has others wait. After that the registry is read: a tenant that comes later can't reference them any more. Then
//! all tenants are looked at, and what their fields declare is done to their rows, or the whole is refused. Rows in many tenants are
//! changed in transactions of their own before, since one would hold the locks of all of them: the delete is tried first, and each of
//! the transactions locks the rows again, and looks whether they still are to go.

mod apply;
mod keys;
mod listed;
mod places;
mod referrers;
mod steps;

use std::sync::Arc;

use self::apply::{apply, forbids};
use self::keys::{LockedKeys, locked};
use self::listed::listed;
#[cfg(feature = "cli")]
pub(crate) use self::places::PLACES_OF_COLUMNS;
use self::places::{ColumnPlace, has_moved, referencing};
use self::referrers::{Referrer, Referrers};
use self::steps::{WAIT, alone, is_inside, then, undone, whole};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::ModelDef;
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::Param;

/// In how many places rows are changed in the transaction that deletes what they reference.
const AT_ONCE: usize = 64;

/// In how many places rows are changed in one transaction of their own.
const IN_A_BATCH: usize = 32;

/// How often new references are followed before somebody is told of them.
const ROUNDS: u32 = 8;

/// Makes the statement that removes the rows with some keys.
type Last = Box<dyn Fn(Param) -> Result<Statement> + Send + Sync>;

/// A removal of shared rows, or of their keys.
struct Removal {
    model: &'static ModelDef,
    context: Context,
    referrers: Referrers,
    /// Gives the keys of the rows, and locks them.
    lock: Statement,
    last: Last,
    /// Whether rows keep their references whatever their fields declare about a delete.
    is_rekeying: bool,
    /// Whether it is part of a transaction of the application's.
    is_inside: bool,
}

/// Whether rows of a model can't be deleted, or be given other keys, by a statement alone.
pub(super) fn is_needed(model: &'static ModelDef) -> bool {
    Referrers::of(model).is_some()
}

/// Deletes the row that a statement deletes, whoever references it.
pub(super) fn removed(
    model: &'static ModelDef,
    context: &Context,
    delete: Result<Statement>,
) -> Flow<'static, Answer> {
    if !is_needed(model) {
        return Flow::run(delete, Ok);
    }
    let last = delete.as_ref().ok().cloned();
    let last = move |_| Ok(last.clone().expect("without it there is no removal"));
    deleted(model, context, delete, Box::new(last))
}

/// Deletes the rows that a statement would delete, `DELETE FROM table WHERE condition`, by their keys.
pub(super) fn deleted(
    model: &'static ModelDef,
    context: &Context,
    delete: Result<Statement>,
    last: Last,
) -> Flow<'static, Answer> {
    removal(model, context, delete, (last, false))
}

/// Gives the rows that a statement would delete other keys.
pub(super) fn rekeyed(
    model: &'static ModelDef,
    context: &Context,
    delete: Result<Statement>,
    last: Last,
) -> Flow<'static, Answer> {
    removal(model, context, delete, (last, true))
}

fn removal(
    model: &'static ModelDef,
    context: &Context,
    delete: Result<Statement>,
    (last, is_rekeying): (Last, bool),
) -> Flow<'static, Answer> {
    let delete = match delete {
        Ok(delete) => delete,
        Err(error) => return Flow::Done(Err(error)),
    };
    match Removal::of(model, context, &delete, (last, is_rekeying)) {
        Some(removal) => round(Underway {
            removal: Arc::new(removal),
            number: 0,
            changed: 0,
            meant: None,
        }),
        None => Flow::run(Ok(delete), Ok),
    }
}

impl Removal {
    fn of(
        model: &'static ModelDef,
        context: &Context,
        delete: &Statement,
        (last, is_rekeying): (Last, bool),
    ) -> Option<Self> {
        let referrers = Referrers::of(model)?;
        let table = quote_identifier(model.table);
        let sql = format!(
            "SELECT {table}.{}, pg_catalog.current_setting('transaction_isolation') {} FOR UPDATE OF {table}",
            quote_identifier(model.referenced_column().name),
            delete.sql.strip_prefix("DELETE ").unwrap_or(&delete.sql),
        );
        let lock = Statement {
            sql,
            gives: Gives::Rows,
            effect: Effect::Writes,
            ..delete.clone()
        };
        Some(Self {
            model,
            context: context.clone(),
            referrers,
            lock,
            last,
            is_rekeying,
            is_inside: is_inside(context),
        })
    }

    fn refused(&self, message: String) -> Error {
        Error::new(ErrorKind::ForeignKey, message)
            .help("have tenants reference other rows first")
            .in_model(self.model, self.lock.operation)
    }
}

/// How far a removal is.
struct Underway {
    removal: Arc<Removal>,
    /// The number of the round.
    number: u32,
    /// In how many places rows were changed, in transactions that are committed.
    changed: usize,
    /// The keys for which that was done.
    meant: Option<LockedKeys>,
}

impl Underway {
    /// Goes on with a round if there may be one more.
    fn again(mut self) -> Result<Flow<'static, Answer>, Self> {
        if self.number + 1 == ROUNDS {
            return Err(self);
        }
        self.number += 1;
        Ok(round(self))
    }

    /// Refuses to go on for rows that are not meant any more, after others were changed for them.
    fn still_meant(removal: &Removal, meant: Option<&LockedKeys>, keys: &LockedKeys) -> Result<()> {
        if meant.is_none_or(|meant| keys.has_all(meant)) {
            return Ok(());
        }
        let message = "a row was changed or deleted meanwhile, and is not to be deleted any more\n\
                       help: load the rows again, and delete those that are to go";
        let error = Error::new(ErrorKind::Stale, message);
        Err(error.in_model(removal.model, removal.lock.operation))
    }

    /// Says of an error what was done before.
    fn told(&self, error: Error) -> Error {
        if self.changed == 0 {
            return error;
        }
        let (what, help) = match error.message().split_once("\nhelp: ") {
            Some((what, help)) => (what, help),
            None => (error.message(), "do it again, which goes on from there"),
        };
        let message = format!(
            "{what}; rows in {} tables of tenants have been changed already, in transactions of their own\nhelp: {help}",
            self.changed
        );
        let kind = error.kind();
        error.retold(kind, message)
    }
}

/// End of a round.
enum Round {
    Removed(Answer),
    /// Rows have to be changed in these places first.
    Many(Vec<ColumnPlace>, LockedKeys),
}

fn round(mut underway: Underway) -> Flow<'static, Answer> {
    let ours = Arc::clone(&underway.removal);
    let meant = underway.meant.clone();
    let ended = whole(&underway.removal.context, move || {
        then(locked(ours.model, &ours.lock), move |keys| {
            if let Err(error) = Underway::still_meant(&ours, meant.as_ref(), &keys) {
                return Flow::Done(Err(error));
            }
            if keys.is_empty() {
                return Flow::run((ours.last)(keys.all), |answer| Ok(Round::Removed(answer)));
            }
            then(follow(&ours, 0, &keys.all), move |()| looked_at(ours, keys))
        })
    });
    ended.and_on(move |ended| match ended {
        Ok(Round::Removed(answer)) => Flow::Done(Ok(answer)),
        Ok(Round::Many(places, keys)) => {
            // Rows that are gone already are meant by nobody.
            underway.meant = Some(keys);
            in_batches(places, underway)
        }
        Err(error) if has_moved(&error) => match underway.again() {
            Ok(flow) => flow,
            Err(underway) => Flow::Done(Err(underway.told(error))),
        },
        Err(error) => Flow::Done(Err(underway.told(error))),
    })
}

/// Refuses rows with which the database would delete others that tenants may reference.
fn follow(removal: &Arc<Removal>, at: usize, keys: &Param) -> Flow<'static, ()> {
    let Some(&Referrer { model, def }) = removal.referrers.followed.get(at) else {
        return Flow::Done(Ok(()));
    };
    if removal.is_rekeying {
        return Flow::Done(Ok(()));
    }
    let (table, column) = (model.table_in(&removal.context), quote_identifier(def.name));
    // Of rows that reference each other all may be meant.
    let others = if std::ptr::eq(model, removal.model) {
        let key = quote_identifier(model.referenced_column().name);
        format!(" AND {key} <> ALL ($1)")
    } else {
        String::new()
    };
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = ANY ($1){others})");
    let ask = Statement::look("delete", sql, vec![keys.clone()]);
    let (removal, keys) = (Arc::clone(removal), keys.clone());
    let found = Flow::run(Ok(ask), |answer| {
        let rows = answer.rows();
        let found = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(found.unwrap_or(false))
    });
    then(found, move |found: bool| {
        if !found {
            return follow(&removal, at + 1, &keys);
        }
        Flow::Done(Err(removal.refused(format!(
            "rows of `{0}` would be deleted with them through `{1}`, and tenants reference such rows without a constraint\n\
             help: delete the rows of `{0}` first, by which the tenants' are found",
            model.name, def.field
        ))))
    })
}

/// Looks at all tenants, and removes the rows if that can be done now.
fn looked_at(removal: Arc<Removal>, keys: LockedKeys) -> Flow<'static, Round> {
    let context = removal.context.clone();
    let referrers = removal.referrers.unchecked.clone();
    let found = referencing(referrers, keys.all.clone(), context);
    then(found, move |found| {
        let refusing: Vec<&ColumnPlace> = found
            .iter()
            .filter(|place| removal.is_rekeying || forbids(place))
            .collect();
        if !refusing.is_empty() {
            return Flow::Done(Err(removal.refused(listed(&refusing, removal.is_rekeying))));
        }
        if found.len() > AT_ONCE {
            return tried(&removal, found, keys);
        }
        let applied = apply(found.into_iter(), keys.all.clone(), removal.context.clone());
        then(applied, move |()| {
            Flow::run((removal.last)(keys.all), |answer| {
                Ok(Round::Removed(answer))
            })
        })
    })
}

/// Tries the removal, which fails if something else references the rows, before rows of tenants are changed for good.
fn tried(removal: &Removal, found: Vec<ColumnPlace>, keys: LockedKeys) -> Flow<'static, Round> {
    if removal.is_inside {
        return Flow::Done(Err(removal.refused(format!(
            "rows in {} tables of tenants reference the rows, which is more than one transaction may change\n\
             help: delete them outside of a transaction, where the tenants are done one after the other",
            found.len()
        ))));
    }
    match (removal.last)(keys.all.clone()) {
        Ok(last) => then(undone(last, WAIT, &removal.context), move |_| {
            Flow::Done(Ok(Round::Many(found, keys)))
        }),
        Err(error) => Flow::Done(Err(error)),
    }
}

/// Changes the rows in some places, a few tenants in a transaction.
fn in_batches(mut places: Vec<ColumnPlace>, mut underway: Underway) -> Flow<'static, Answer> {
    let Some(keys) = underway.meant.clone().filter(|_| !places.is_empty()) else {
        return underway.again().unwrap_or_else(|underway| {
            let message = "tenants go on to write references to the rows\n\
                           help: have the application write no more of them, and delete the rows again";
            let error = underway.removal.refused(message.to_owned());
            Flow::Done(Err(underway.told(error)))
        });
    };
    let rest = places.split_off(whole_tenants(&places));
    let count = places.len();
    let removal = Arc::clone(&underway.removal);
    let done =
        alone(then(
            locked(removal.model, &removal.lock),
            move |now| match Underway::still_meant(&removal, Some(&keys), &now) {
                Ok(()) => apply(places.into_iter(), keys.all, removal.context.clone()),
                Err(error) => Flow::Done(Err(error)),
            },
        ));
    done.and_on(move |done| match done {
        Ok(()) => {
            underway.changed += count;
            in_batches(rest, underway)
        }
        Err(error) if has_moved(&error) => match underway.again() {
            Ok(flow) => flow,
            Err(underway) => Flow::Done(Err(underway.told(error))),
        },
        Err(error) => Flow::Done(Err(underway.told(error))),
    })
}

/// How many of the places a transaction changes: a tenant is changed whole, or not at all.
fn whole_tenants(places: &[ColumnPlace]) -> usize {
    let mut count = places.len().min(IN_A_BATCH);
    while (1..places.len()).contains(&count) && places[count].schema == places[count - 1].schema {
        count += 1;
    }
    count
}
