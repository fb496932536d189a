//! Tables that are kept since their rows were moved.

use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::Chain;
use crate::migrate::make::choices::Choices;
use crate::model::PlacementKind;
use crate::structure::{Change, Op, State};

/// The operations that drop tables which were kept.
///
/// # Errors
///
/// [`ErrorKind::Models`], when a table is not kept.
pub(in crate::migrate::make) fn drop_moved(
    before: &State,
    chain: &Chain,
    choices: &Choices,
) -> Result<Vec<Op>> {
    let mut operations = Vec::new();
    for name in &choices.dropped {
        let found = [PlacementKind::Tenant, PlacementKind::Shared]
            .into_iter()
            .find_map(|placement| {
                let table = before.namespace(placement).tables.get(name)?;
                table.kept.then_some((placement, table))
            });
        let Some((placement, table)) = found else {
            return Err(Error::new(
                ErrorKind::Models,
                format!("`{name}` is no table that is kept since its rows were moved"),
            )
            .help("name a table whose move the migrations have"));
        };
        let is_move = |op: &Op| {
            let keeps = matches!(op.change, Change::KeepTable { .. });
            keeps && op.placement == placement && op.table == *name
        };
        let mut moved = chain.migrations().iter().rev();
        let moved = moved.find(|it| it.operations().iter().any(is_move));
        let since = moved.map_or(0, crate::migrate::chain::Migration::position);
        let whose = moved.and_then(|it| {
            let mut kept = it.operations().iter().filter(|op| is_move(op));
            kept.find_map(|op| match &op.change {
                Change::KeepTable { whose, .. } => whose.clone(),
                _ => None,
            })
        });
        let mut definition = table.clone();
        definition.kept = false;
        operations.push(Op::new(
            placement,
            name,
            Change::DropKept {
                definition,
                since,
                whose,
            },
        ));
    }
    operations.sort_by_key(|op| op.placement == PlacementKind::Tenant);
    Ok(operations)
}

/// Takes the tables that are kept out of a state: no model has them.
pub(in crate::migrate::make) fn without_kept(state: &State) -> State {
    let mut state = state.clone();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let tables = &mut state.namespace_mut(placement).tables;
        tables.retain(|_, table| !table.kept);
    }
    state
}

/// Refuses what would have the name of something that is kept.
///
/// # Errors
///
/// [`ErrorKind::Models`], with the flag that drops it.
pub(in crate::migrate::make) fn check_names(before: &State, after: &State) -> Result<()> {
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let kept = &before.namespace(placement).tables;
        for (name, table) in kept.iter().filter(|(_, table)| table.kept) {
            let tables = after.namespace(placement).tables.iter();
            let mut taken = tables.flat_map(|(name, table)| table.relation_names(name));
            let Some(taken) = taken.find(|it| table.relation_names(name).any(|kept| kept == *it))
            else {
                continue;
            };
            return Err(Error::new(
                ErrorKind::Models,
                format!(
                    "the name `{taken}` is that of something of the {} table `{name}`, which is kept since its rows were moved",
                    placement.as_str()
                ),
            )
            .help(&format!("drop it first with `makemigrations --drop-moved \"{name}\"`, or roll the move back, or take another name")));
        }
    }
    Ok(())
}
