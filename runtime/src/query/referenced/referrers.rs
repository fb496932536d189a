//! Models whose rows reference those of a shared model, as far as no constraint of the database knows.

use crate::model::{ColumnDef, ModelDef, OnDelete, PlacementKind, registered};
use crate::query::reference::unchecked;

/// A field of a tenants' model that references a shared one without a constraint.
#[derive(Clone, Copy)]
pub(super) struct Referrer {
    pub(super) model: &'static ModelDef,
    pub(super) def: &'static ColumnDef,
}

/// All that has to be looked at before rows of a shared model go.
pub(super) struct Referrers {
    /// Those without a constraint; models whose rows reference those of others stand before these.
    pub(super) unchecked: Vec<Referrer>,
    /// Fields of shared models whose rows the database deletes with those of the model, and that are referenced in their turn.
    pub(super) followed: Vec<Referrer>,
}

impl Referrers {
    /// Finds those of a model; none if the database knows all that there is to know.
    pub(super) fn of(model: &ModelDef) -> Option<Self> {
        if model.placement != PlacementKind::Shared {
            return None;
        }
        let unchecked = children_first(unchecked_of(model).collect());
        let followed: Vec<Referrer> = cascading(model)
            .filter(|child| leads_to_unchecked(child.model, &mut Vec::new()))
            .collect();
        (!unchecked.is_empty() || !followed.is_empty()).then_some(Self {
            unchecked,
            followed,
        })
    }
}

/// Orders fields so that rows are deleted before those of the same tenant that they reference.
///
/// Of models that reference each other in a circle, any comes first.
fn children_first(mut left: Vec<Referrer>) -> Vec<Referrer> {
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |at: &usize| {
            let parent = left[*at].model;
            let mut others = left
                .iter()
                .filter(|child| child.model.table != parent.table);
            !others.any(|child| reaches(child.model, parent, &mut Vec::new()))
        };
        let free = (0..left.len()).find(is_free);
        ordered.push(left.remove(free.unwrap_or_default()));
    }
    ordered
}

/// Whether rows of a tenants' model reference those of another, perhaps through others.
fn reaches(from: &'static ModelDef, to: &ModelDef, seen: &mut Vec<&'static str>) -> bool {
    if seen.contains(&from.table) {
        return false;
    }
    seen.push(from.table);
    let references = from.columns.iter().filter_map(|def| def.references);
    let own = references.filter(|to| to.placement == PlacementKind::Tenant);
    own.into_iter().any(|next| {
        next.table == to.table
            || registered()
                .find(|model| model.name == next.model && model.module == next.module)
                .is_some_and(|model| reaches(model, to, seen))
    })
}

fn leads_to_unchecked(model: &'static ModelDef, seen: &mut Vec<&'static str>) -> bool {
    if seen.contains(&model.table) {
        return false;
    }
    seen.push(model.table);
    unchecked_of(model).next().is_some()
        || cascading(model).any(|child| leads_to_unchecked(child.model, seen))
}

fn unchecked_of(model: &ModelDef) -> impl Iterator<Item = Referrer> {
    referring(model).filter(|referrer| unchecked(referrer.def).is_some())
}

/// Fields of shared models by which the database deletes rows too.
fn cascading(model: &ModelDef) -> impl Iterator<Item = Referrer> {
    referring(model).filter(|referrer| {
        referrer.model.placement == PlacementKind::Shared
            && referrer.def.on_delete == OnDelete::Cascade
    })
}

fn referring(model: &ModelDef) -> impl Iterator<Item = Referrer> {
    let (name, module) = (model.name, model.module);
    let all = registered().flat_map(|model| {
        let defs = model.columns.iter();
        defs.map(move |def| Referrer { model, def })
    });
    all.filter(move |referrer| {
        let reference = referrer.def.references.as_ref();
        reference.is_some_and(|it| it.model == name && it.module == module)
    })
}
