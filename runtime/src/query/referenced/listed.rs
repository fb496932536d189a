//! The tenants that keep rows from being deleted, in words.

use super::places::ColumnPlace;
use super::referrers::Referrer;

/// How many tenants are named in an error.
const NAMED: usize = 20;

/// The reason why rows can't go, with the tenants whose rows reference them.
pub(super) fn listed(places: &[&ColumnPlace], is_rekeying: bool) -> String {
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
