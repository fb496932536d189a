//! From the structure of schemas to models: which tables can be some, and what is left out.

use super::draft::{Draft, Drafts, Planned, comment};
use super::enums::KeptEnums;
use super::fields::Fields;
use super::keys::keys_of;
use super::names::TypeNames;
use super::{foreign_keys, parts};
use crate::model::PlacementKind;
use crate::structure::State;

/// Makes models of all tables that can be some.
pub(super) fn draft(state: &State, enums: &KeptEnums) -> Drafts {
    let mut drafts = Drafts::default();
    let mut names = TypeNames::default();
    let mut planned = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let namespace = state.namespace(placement);
        for (name, table) in &namespace.tables {
            match keys_of(namespace, name, table) {
                Ok(keys) => planned.push(Planned {
                    placement,
                    name,
                    table,
                    model: names.of_table(name),
                    keys,
                }),
                Err(why) => drafts.leave_out(placement, name, format!("no model: {why}")),
            }
        }
    }
    for plan in &planned {
        let namespace = state.namespace(plan.placement);
        let mut fields = Fields::new(namespace, plan, &planned, enums);
        fields.read_all(&mut names, &mut drafts);
        let (fields, left_out) = fields.into_parts();
        let mut draft = Draft {
            name: plan.model.clone(),
            placement: plan.placement,
            table: plan.name.to_owned(),
            comment: comment(plan.table.comment.as_deref()),
            fields,
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
        };
        parts::add(&mut draft, plan.table, &left_out);
        drafts.models.push(draft);
    }
    foreign_keys::add(&mut drafts.models, &planned);
    drafts
}
