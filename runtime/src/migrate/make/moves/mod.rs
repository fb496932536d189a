//! Tables whose models are placed otherwise: how their rows get there.

mod kept;
mod placed;
mod way;

pub(super) use self::kept::{check_names, drop_moved, without_kept};
pub(super) use self::placed::{Placed, placed};
use self::way::table_of;
use super::choices::Choices;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ModelDef, PlacementKind};
use crate::structure::{Change, MoveKind, Op, State};

/// Has rows be moved that are to be, instead of dropped with their table.
///
/// # Errors
///
/// [`ErrorKind::Models`], when a move is about no table that is placed otherwise, or can't be.
pub(super) fn with_moves(
    (before, after): (&State, &State),
    mut operations: Vec<Op>,
    choices: &Choices,
) -> Result<Vec<Op>> {
    let placed = placed(before, after);
    let known = |written: &&String| placed.iter().any(|it| it.name == table_of(written));
    if let Some(written) = choices.moves.iter().find(|it| !known(it)) {
        return Err(Error::new(
            ErrorKind::Models,
            format!("`{written}` moves nothing: no table of this name is gone from one placement and new in the other"),
        )
        .help("write the table and the way of its rows: `notes=collect:tenant`, `plans=deal:owner`, `plans=copy`"));
    }
    let mut collected = Vec::new();
    let mut dealt = Vec::new();
    for table in in_order(&placed) {
        let way = match table.chosen(choices) {
            None => continue,
            Some(Ok(way)) => way,
            Some(Err(written)) => {
                return Err(table.refused(&format!("`{written}` is no way"), &table.help()));
            }
        };
        let rows = table.rows(way, (before, after))?;
        operations.retain(|op| {
            let is_drop = matches!(op.change, Change::DropTable { .. });
            !(is_drop && op.placement == table.from && op.table == table.name)
        });
        let shared = |change| Op::new(PlacementKind::Shared, table.name, change);
        let tenant = |change| Op::new(PlacementKind::Tenant, table.name, change);
        let key = rows.key.clone();
        if rows.how == MoveKind::Collect {
            let is_made = |op: &Op| {
                let is_new = matches!(op.change, Change::CreateTable { .. });
                is_new && op.placement == PlacementKind::Shared && op.table == table.name
            };
            let at = operations.iter().position(is_made).map_or(0, |at| at + 1);
            operations.insert(at, shared(Change::AwaitRows { key: key.clone() }));
            collected.push(tenant(Change::MoveRows { rows }));
            collected.push(tenant(Change::KeepTable { whose: None, key }));
        } else {
            let whose = rows.whose.clone();
            let is_shared = |op: &Op| op.placement == PlacementKind::Shared;
            let first = operations.iter().position(is_shared).unwrap_or(0);
            operations.insert(first, shared(Change::KeepTable { whose, key }));
            dealt.push(tenant(Change::MoveRows { rows }));
        }
    }
    // Foreign keys come last: what they lead to is there by then.
    let is_key = |op: &Op| {
        op.placement == PlacementKind::Tenant && matches!(op.change, Change::AddForeignKey { .. })
    };
    let at = operations.iter().position(is_key);
    let last = operations
        .iter()
        .rposition(|op| op.placement == PlacementKind::Tenant);
    let at = at.or(last.map(|at| at + 1)).unwrap_or(operations.len());
    operations.splice(at..at, collected.into_iter().chain(dealt));
    Ok(operations)
}

/// Refuses a move of rows that others reference without a constraint from then on: nothing would tell whose references have to follow.
///
/// # Errors
///
/// [`ErrorKind::Models`], which names the field.
pub(super) fn check_followed(
    models: &[&ModelDef],
    (before, after): (&State, &State),
) -> Result<()> {
    let placed = placed(before, after);
    let mut fields = models.iter().flat_map(|model| {
        let defs = model.columns.iter().filter(|def| !def.constraint);
        defs.map(move |def| (model, def))
    });
    let found = fields.find_map(|(model, def)| {
        let reference = def.references.as_ref()?;
        let is_of = |it: &&Placed<'_>| it.name == reference.table && it.from != reference.placement;
        let table = placed.iter().find(is_of)?;
        Some((table, model, def))
    });
    found.map_or(Ok(()), |(table, model, def)| {
        Err(table.refused(
            &format!(
                "`{}.{}` references `{}` without a constraint, so that the references could not follow the rows",
                model.name, def.field, table.name
            ),
            "leave the constraint there until the rows are moved everywhere, and write `constraint = false` for the migration after that",
        ))
    })
}

/// Tables in an order in which a row comes after those that it references.
fn in_order<'p, 'a>(placed: &'p [Placed<'a>]) -> Vec<&'p Placed<'a>> {
    let mut rest: Vec<&Placed<'_>> = placed.iter().collect();
    let mut ordered = Vec::new();
    while !rest.is_empty() {
        let is_free = |table: &&Placed<'_>| {
            let keys = table.after.foreign_keys.values();
            keys.map(|key| &key.target).all(|target| {
                let mut waiting = rest.iter();
                target.table == table.name
                    || !waiting.any(|other| other.name == target.table && other.from == table.from)
            })
        };
        // In a circle one has to be first.
        let at = rest.iter().position(is_free).unwrap_or(0);
        ordered.push(rest.remove(at));
    }
    ordered
}
