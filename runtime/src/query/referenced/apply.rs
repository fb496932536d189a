//! Changes of rows whose referenced row goes.

use std::vec::IntoIter;

use super::places::ColumnPlace;
use super::steps::then;
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{OnDelete, unmatched};
use crate::place::Context;
use crate::query::reference::{VALUE, checked, default_in, for_each, once};
use crate::value::Param;

/// Whether rows keep those that they reference from being deleted.
pub(super) fn forbids(place: &ColumnPlace) -> bool {
    matches!(
        place.referrer.def.on_delete,
        OnDelete::NoAction | OnDelete::Restrict
    )
}

/// Does to the rows in some places what their fields say, one place after the other, in the transaction that is open.
pub(super) fn apply(
    mut places: IntoIter<ColumnPlace>,
    keys: Param,
    context: Context,
) -> Flow<'static, ()> {
    let Some(place) = places.next() else {
        return Flow::Done(Ok(()));
    };
    let statement = Statement {
        sql: sql(&place, &context),
        params: vec![keys.clone()],
        gives: Gives::Count,
        effect: Effect::Writes,
        model: Some(place.referrer.model),
        operation: "delete",
    };
    let done = Flow::run(Ok(statement), |_| Ok(()));
    let done = done.and_on(move |done| Flow::Done(done.map_err(|error| place.blame(error))));
    then(done, move |()| apply(places, keys, context))
}

fn sql(place: &ColumnPlace, context: &Context) -> String {
    let (table, column) = place.names();
    let (model, def) = (place.referrer.model, place.referrer.def);
    let update =
        |value: &str| format!("UPDATE {table} SET {column} = {value} WHERE {column} = ANY ($1)");
    match def.on_delete {
        OnDelete::SetNull => update("NULL"),
        OnDelete::SetDefault => {
            let default = for_each(&column, &default_in(def, context, &place.schema));
            // The row of the default may be among those that go.
            let position = model
                .columns
                .iter()
                .position(|other| other.name == def.name);
            let refuse = unmatched::refuse(position.unwrap_or_default());
            let checked = checked(model, def, context, VALUE);
            let made = format!(
                "CASE WHEN {VALUE} = ANY ($1) THEN CASE WHEN {refuse} IS NULL THEN {VALUE} END ELSE {checked} END"
            );
            update(&once(&default, &made))
        }
        _ => format!("DELETE FROM {table} WHERE {column} = ANY ($1)"),
    }
}
