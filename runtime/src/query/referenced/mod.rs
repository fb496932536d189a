//! Shared rows that tenants' rows reference without a constraint: how they are deleted, and given another key.
//!
//! What the database does for a constraint is done here, in this order. The rows are locked, which waits for all who have written a
//! reference to them, and has others wait. After that the registry is read: a tenant that comes later can't reference them any more. Then
//! all tenants are looked at, and what their fields declare is done to their rows, or the whole is refused. Rows in many tenants are
//! changed in transactions of their own before, since one would hold the locks of all of them.

mod apply;
mod places;
mod referrers;
mod steps;

use std::sync::Arc;

use self::apply::{apply, forbids};
#[cfg(feature = "cli")]
pub(crate) use self::places::PLACES_OF_COLUMNS;
use self::places::{ColumnPlace, all, referencing};
use self::referrers::{Referrer, Referrers};
use self::steps::{batch, is_inside, then, whole};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::ModelDef;
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::{GivenBytes, Param};

/// In how many places rows are changed in the transaction that deletes what they reference.
const AT_ONCE: usize = 64;

/// In how many places rows are changed in one transaction of their own.
const IN_A_BATCH: usize = 32;

/// How often new references are followed before somebody is told of them.
const ROUNDS: u32 = 8;

/// How many tenants are named in an error.
const NAMED: usize = 20;

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
        Some(removal) => round(Arc::new(removal), 0),
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
            quote_identifier(model.key_column().name),
            delete.sql.trim_start_matches("DELETE "),
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
        })
    }

    fn refused(&self, message: String) -> Error {
        Error::new(ErrorKind::ForeignKey, message)
            .help("have tenants reference other rows first")
            .in_model(self.model, self.lock.operation)
    }
}

/// End of a round.
enum Round {
    Removed(Answer),
    /// Rows have to be changed in these places first.
    Many(Vec<ColumnPlace>, Param),
}

fn round(removal: Arc<Removal>, number: u32) -> Flow<'static, Answer> {
    let ours = Arc::clone(&removal);
    let ended = whole(&removal.context, move || {
        then(locked(&ours), move |(keys, count)| {
            if count == 0 {
                return Flow::run((ours.last)(keys), |answer| Ok(Round::Removed(answer)));
            }
            then(follow(&ours, 0, &keys), move |()| looked_at(ours, keys))
        })
    });
    then(ended, move |ended| {
        match ended {
        Round::Removed(answer) => Flow::Done(Ok(answer)),
        Round::Many(places, _) if is_inside(&removal.context) => {
            Flow::Done(Err(removal.refused(format!(
                "rows in {} tables of tenants reference the rows, which is more than one transaction may change\n\
                 help: delete them outside of a transaction, where the tenants are done one after the other",
                places.len()
            ))))
        }
        Round::Many(places, _) if number + 1 == ROUNDS => {
            let message = format!(
                "tenants go on to write references to the rows, by now in {} tables\n\
                 help: have the application write no more of them, and delete the rows again",
                places.len()
            );
            Flow::Done(Err(removal.refused(message)))
        }
        Round::Many(places, keys) => {
            let done = in_batches(places, keys, removal.context.clone());
            then(done, move |()| round(removal, number + 1))
        }
    }
    })
}

/// Locks the rows, and gives their keys with their number.
fn locked(removal: &Removal) -> Flow<'static, (Param, usize)> {
    let def = removal.model.key_column();
    let model = removal.model;
    let operation = removal.lock.operation;
    Flow::run(Ok(removal.lock.clone()), move |answer| {
        let rows = answer.rows();
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            let GivenBytes(bytes) = row.try_get(0)?;
            keys.extend(bytes.map(|bytes| Param::raw(def.sql.wire(), bytes)));
            let isolation: &str = row.try_get(1)?;
            if !isolation.starts_with("read ") {
                let message = format!(
                    "tenants reference rows of `{}` without a constraint, and a transaction that is {isolation} does not see what \
                     they have written meanwhile\n\
                     help: delete the rows outside of it, or in one that is `read committed`",
                    model.name
                );
                return Err(
                    Error::new(ErrorKind::Configuration, message).in_model(model, operation)
                );
            }
        }
        let all = Param::array(def.sql.wire_array(), &def.sql.wire(), &keys);
        Ok((all, keys.len()))
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
        let key = quote_identifier(model.key_column().name);
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
fn looked_at(removal: Arc<Removal>, keys: Param) -> Flow<'static, Round> {
    let context = removal.context.clone();
    let places = all(removal.referrers.unchecked.clone());
    let theirs = keys.clone();
    let found = then(places, move |places| referencing(places, theirs, context));
    then(found, move |found| {
        let refusing: Vec<&ColumnPlace> = found
            .iter()
            .filter(|place| removal.is_rekeying || forbids(place))
            .collect();
        if !refusing.is_empty() {
            return Flow::Done(Err(removal.refused(listed(&refusing, removal.is_rekeying))));
        }
        if found.len() > AT_ONCE {
            return Flow::Done(Ok(Round::Many(found, keys)));
        }
        let applied = apply(found, keys.clone(), removal.context.clone());
        then(applied, move |()| {
            Flow::run((removal.last)(keys), |answer| Ok(Round::Removed(answer)))
        })
    })
}

/// Changes the rows in some places, a few tenants in a transaction.
fn in_batches(mut places: Vec<ColumnPlace>, keys: Param, context: Context) -> Flow<'static, ()> {
    if places.is_empty() {
        return Flow::Done(Ok(()));
    }
    let rest = places.split_off(places.len().min(IN_A_BATCH));
    let done = batch(apply(places, keys.clone(), context.clone()));
    let left = rest.len();
    let done = done.and_on(move |done| {
        Flow::Done(done.map_err(|error| {
            error.help(&format!(
                "the rows of {left} more tables of tenants are as they were: do it again, which goes on from there"
            ))
        }))
    });
    then(done, move |()| in_batches(rest, keys, context))
}

/// The reason why rows can't go, with the tenants whose rows reference them.
fn listed(places: &[&ColumnPlace], is_rekeying: bool) -> String {
    let mut tenants: Vec<(String, Vec<String>)> = Vec::new();
    for place in places {
        let Referrer { model, def } = place.referrer;
        let field = format!("`{}.{}`", model.name, def.field);
        let tenant = match place.state.as_str() {
            "active" => format!("`{}`", place.tenant),
            state => format!("`{}` ({state})", place.tenant),
        };
        match tenants.iter_mut().find(|(of, _)| *of == field) {
            Some((_, all)) => all.push(tenant),
            None => tenants.push((field, vec![tenant])),
        }
    }
    let fields = tenants.into_iter().map(|(field, mut all)| {
        let more = all.len().saturating_sub(NAMED);
        all.truncate(NAMED);
        let and_more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{field} in {}{and_more}", all.join(", "))
    });
    let fields: Vec<String> = fields.collect();
    let help = if is_rekeying {
        "help: add rows with the new keys, have the tenants reference these, and delete the old ones"
    } else {
        "help: have these tenants reference other rows first, or say what happens to theirs with `on_delete`"
    };
    format!("tenants reference the rows: {}\n{help}", fields.join("; "))
}
