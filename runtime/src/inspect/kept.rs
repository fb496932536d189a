//! SQL for all that the models can't say: tried out on the server, in schemas that are rolled back.
//!
//! The needs of the pieces are not looked up: each is tried until nothing more succeeds, and the order in which they did is that of
//! the migration.

use std::collections::BTreeMap;

use postgres::error::SqlState;
use postgres::{Client, Transaction};

use super::draft::Drafts;
use super::statements::{Handmade, first, operation, partitions, then};
use super::wanted::wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{check_sql, without_partitions};
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::{Namespace, Op, Slots, State, diff, fill, introspect, render};

/// The SQL of a migration beside what it makes of the models, and what no SQL made.
#[derive(Debug, Default)]
pub(super) struct KeptSql {
    /// Pieces that come before the tables of the models.
    pub(super) before: Vec<Handmade>,
    /// Pieces that come after them.
    pub(super) after: Vec<Handmade>,
    /// Pieces that could not be made, and why.
    pub(super) failed: Vec<Unmade>,
    /// Differences that are left, in words.
    pub(super) different: Vec<String>,
    /// Changes that a schema needs before it is taken over.
    pub(super) changes: Vec<Op>,
}

/// A piece that is not made, and why.
pub(super) type Unmade = (Handmade, String);

/// The schemas of a trial.
struct TrialSchemas<'a> {
    shared: &'a SchemaName,
    tenant: &'a SchemaName,
    /// Whether the shared schema is made in it, too.
    has_shared: bool,
}

impl TrialSchemas<'_> {
    fn slots(&self) -> Slots<'_> {
        Slots {
            shared: self.shared,
            tenant: Some(self.tenant),
        }
    }

    /// Tells whether a piece leads to a table of the shared schema that is in use.
    fn locks_shared(&self, piece: &Handmade) -> bool {
        let leads = |sql: &String| sql.contains("REFERENCES \"{shared}\"");
        !self.has_shared && piece.sql.iter().any(leads)
    }

    fn read(&self, tx: &mut Transaction<'_>) -> Result<State> {
        let mut schemas = vec![self.tenant.clone()];
        schemas.extend(self.has_shared.then(|| self.shared.clone()));
        let mut found: BTreeMap<SchemaName, Namespace> = introspect(tx, &schemas, self.shared)?;
        Ok(State::new(
            found.remove(self.shared).unwrap_or_default(),
            found.remove(self.tenant).unwrap_or_default(),
        ))
    }
}

/// Finds the SQL that leads from what the models make to what is there, with enums as texts. Nothing changes.
pub(super) fn kept(
    client: &mut Client,
    (live, texts): (&State, &State),
    drafts: &Drafts,
    ops: &[Op],
    shared: Option<&SchemaName>,
) -> Result<KeptSql> {
    let [own_shared, tenant] = ["tenantry_inspected_shared", "tenantry_inspected"]
        .map(|name| SchemaName::new(name).expect("the names are well-formed and not reserved"));
    let stage = TrialSchemas {
        shared: shared.unwrap_or(&own_shared),
        tenant: &tenant,
        has_shared: shared.is_none(),
    };
    // Dropping the transaction rolls it back, however this ends.
    let mut tx = client.transaction()?;
    // Of a routine's body only what is called is looked at, and may be made later.
    tx.batch_execute("SET LOCAL check_function_bodies = off; SET LOCAL lock_timeout = '3s'")?;
    let mut schemas = vec![stage.tenant];
    schemas.extend(stage.has_shared.then_some(stage.shared));
    for schema in schemas {
        let sql = format!("CREATE SCHEMA {}", schema.quoted());
        tx.batch_execute(&sql).map_err(no_right)?;
    }
    let mut kept = KeptSql::default();
    let mut models = String::new();
    for op in ops {
        for sql in render(op) {
            models.push_str(&fill(&sql, &stage.slots())?);
            models.push_str(";\n");
        }
    }
    let mut waiting = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        waiting.extend(first(placement, live.namespace(placement)));
    }
    if attempt(&mut tx, &models)?.is_err() {
        // Something in them is of the schema's own: a function, a type.
        let (done, rest) = all(&mut tx, std::mem::take(&mut waiting), &stage)?;
        kept.before = done;
        waiting = rest.into_iter().map(|(piece, _)| piece).collect();
        if let Err(error) = attempt(&mut tx, &models)? {
            return Err(refused(&mut tx, ops, &stage, &error)?);
        }
    }
    let made = stage.read(&mut tx)?;
    let wanted = wanted(texts, &made, drafts);
    let is_converted = |piece: &Handmade| {
        let mut names = wanted.namespace(piece.placement).objects.keys();
        let is_sequence = piece.words.starts_with("sequence ");
        is_sequence && !names.any(|name| name.to_string() == piece.words)
    };
    // The sequence of a column that becomes an identity column goes.
    waiting.retain(|piece| !is_converted(piece));
    kept.before.retain(|piece| !is_converted(piece));
    let whole_made = State::new(
        without_partitions(&made.shared),
        without_partitions(&made.tenant),
    );
    let whole_wanted = State::new(
        without_partitions(&wanted.shared),
        without_partitions(&wanted.tenant),
    );
    for op in diff(&whole_made, &whole_wanted) {
        waiting.push(operation(&op, wanted.namespace(op.placement())));
    }
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let namespace = wanted.namespace(placement);
        waiting.extend(partitions(placement, namespace));
        waiting.extend(then(placement, &without_partitions(namespace)));
    }
    // A foreign key locks the table that it leads to against writers, which is one in use here: the last, and so not for long.
    waiting.sort_by_key(|piece| stage.locks_shared(piece));
    let (done, failed) = all(&mut tx, waiting, &stage)?;
    kept.after = done;
    kept.failed = failed;
    kept.different = different(&stage.read(&mut tx)?, &wanted);
    kept.changes = diff(live, &wanted);
    tx.rollback()?;
    Ok(kept)
}

/// The error for models whose tables can't be made, with the first operation that the server refuses.
fn refused(
    tx: &mut Transaction<'_>,
    ops: &[Op],
    stage: &TrialSchemas<'_>,
    error: &str,
) -> Result<Error> {
    let mut text = format!("the tables of the models can't be made: {error}");
    for op in ops {
        let sql = render(op).into_iter().map(|sql| fill(&sql, &stage.slots()));
        let sql = sql.collect::<std::result::Result<Vec<_>, _>>()?.join(";\n");
        if let Err(error) = attempt(tx, &sql)? {
            text = format!("the tables of the models can't be made: {op}: {error}");
            break;
        }
    }
    Ok(Error::new(ErrorKind::Migration, text).help(
        "tell the authors of tenantry; or inspect a copy of the schema without what it names",
    ))
}

fn no_right(error: postgres::Error) -> Error {
    let error = Error::from(error);
    if error.kind() != ErrorKind::Permission {
        return error;
    }
    let text = format!("the migration can't be tried out: {}", error.message());
    Error::new(ErrorKind::Permission, text)
        .help("use the role that is going to migrate, with the right to `CREATE` in the database")
}

/// Does each piece, those that fail again as long as something succeeds. Gives those that are done in their order, and the others.
fn all(
    tx: &mut Transaction<'_>,
    pieces: Vec<Handmade>,
    stage: &TrialSchemas<'_>,
) -> Result<(Vec<Handmade>, Vec<Unmade>)> {
    let mut done = Vec::new();
    let mut waiting: Vec<Unmade> = Vec::new();
    let mut refused = Vec::new();
    for piece in pieces {
        match checked(&piece) {
            Ok(()) => waiting.push((piece, String::new())),
            Err(why) => refused.push((piece, why)),
        }
    }
    loop {
        let before = waiting.len();
        let mut failed = Vec::new();
        for (piece, _) in waiting {
            let filled = piece.sql.iter().map(|sql| fill(sql, &stage.slots()));
            let filled = filled.collect::<std::result::Result<Vec<_>, _>>();
            let tried = match filled {
                Ok(sql) => attempt(tx, &sql.join(";\n"))?,
                Err(error) => Err(error.to_string()),
            };
            match tried {
                Ok(()) => done.push(piece),
                Err(why) => failed.push((piece, why)),
            }
        }
        if failed.is_empty() || failed.len() == before {
            failed.extend(refused);
            return Ok((done, failed));
        }
        waiting = failed;
    }
}

/// Refuses SQL that a migration can't have.
fn checked(piece: &Handmade) -> std::result::Result<(), String> {
    piece
        .sql
        .iter()
        .try_for_each(|sql| check_sql(sql).map_err(|error| first_line(error.message())))
}

/// Runs SQL; the inner error is the server's refusal, after which the transaction goes on.
fn attempt(tx: &mut Transaction<'_>, sql: &str) -> Result<std::result::Result<(), String>> {
    let mut savepoint = tx.transaction()?;
    let error = match savepoint.batch_execute(sql) {
        Ok(()) => {
            savepoint.commit()?;
            return Ok(Ok(()));
        }
        Err(error) => error,
    };
    let of_server = error.as_db_error();
    let Some(words) = of_server.filter(|it| !is_of_the_moment(it.code())) else {
        let is_locked = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        let error = Error::from(error);
        return Err(if is_locked { held_up(&error) } else { error });
    };
    let words = first_line(words.message());
    savepoint.rollback()?;
    Ok(Err(words))
}

/// Tells whether the same SQL may succeed at another time: this says nothing about it.
fn is_of_the_moment(code: &SqlState) -> bool {
    let codes = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    codes.contains(code)
        || ["53", "57"]
            .iter()
            .any(|class| code.code().starts_with(class))
}

/// The error for a lock that something else holds.
fn held_up(error: &Error) -> Error {
    let text = format!("the migration can't be tried out now: {}", error.message());
    Error::new(error.kind(), text).help(
        "nothing has changed; inspect again when the transactions that hold the tables of the shared schema are through",
    )
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The differences from what is wanted, in words.
fn different(made: &State, wanted: &State) -> Vec<String> {
    let whole_of = |state: &State| {
        State::new(
            without_partitions(&state.shared),
            without_partitions(&state.tenant),
        )
    };
    let (made, wanted) = (whole_of(made), whole_of(wanted));
    let mut found: Vec<String> = diff(&made, &wanted).iter().map(Op::to_string).collect();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let made = &made.namespace(placement).objects;
        for (name, definition) in &wanted.namespace(placement).objects {
            let is_same = made.get(name) == Some(definition);
            if !is_same {
                found.push(name.to_string());
            }
        }
    }
    found
}
