//! Foreign keys of several columns: which of them a model can say.

use super::draft::{Draft, DraftForeignKey, Planned};
use super::names::is_plain;
use crate::model::OnDelete;
use crate::structure::{Action, ForeignKey};

/// Adds to a model the foreign keys of several columns that lead to the whole key of a model. Others are kept by SQL.
pub(super) fn add(models: &mut [Draft], planned: &[Planned<'_>]) {
    for plan in planned {
        let keys = plan.table.foreign_keys.iter();
        let found: Vec<_> = keys
            .filter(|(_, key)| key.columns.len() > 1)
            .filter_map(|(name, key)| foreign_key(models, plan, name, key))
            .collect();
        let mut models = models.iter_mut();
        let draft = models.find(|it| it.placement == plan.placement && it.table == plan.name);
        if let Some(draft) = draft {
            draft.foreign_keys = found;
        }
    }
}

fn foreign_key(
    models: &[Draft],
    plan: &Planned<'_>,
    name: &str,
    key: &ForeignKey,
) -> Option<DraftForeignKey> {
    let of = |placement, table: &str| {
        let mut models = models.iter();
        models.find(|it| it.placement == placement && it.table == table)
    };
    let draft = of(plan.placement, plan.name)?;
    let target = of(key.target.placement, &key.target.table)?;
    let parts: Vec<_> = target.fields.iter().filter(|it| it.is_key).collect();
    if parts.len() != key.columns.len() {
        return None;
    }
    // The fields stand in the order of the other model's key.
    let fields = parts.iter().map(|part| {
        let at = key
            .target
            .columns
            .iter()
            .position(|it| *it == part.column)?;
        let mut fields = draft.fields.iter();
        let field = fields.position(|it| it.column == key.columns[at])?;
        let own = &draft.fields[field];
        let targets =
            [own, part].map(|it| it.references.as_ref().map(|to| (to.placement, &to.table)));
        (own.rust == part.rust && targets[0] == targets[1]).then_some(field)
    });
    let fields: Vec<usize> = fields.collect::<Option<_>>()?;
    let on_delete = match key.on_delete {
        Action::NoAction => OnDelete::NoAction,
        Action::Restrict => OnDelete::Restrict,
        Action::Cascade => OnDelete::Cascade,
        Action::SetNull => {
            if !fields.iter().all(|at| draft.fields[*at].nullable) {
                return None;
            }
            OnDelete::SetNull
        }
        Action::SetDefault => OnDelete::SetDefault,
    };
    let columns: Vec<&str> = fields.iter().map(|at| &*draft.fields[*at].column).collect();
    let usual = format!("{}_{}_fkey", draft.table, columns.join("_"));
    Some(DraftForeignKey {
        name: (name != usual && is_plain(name)).then(|| name.to_owned()),
        model: target.name.clone(),
        placement: target.placement,
        table: target.table.clone(),
        key: parts.iter().map(|it| it.column.clone()).collect(),
        fields,
        on_delete,
    })
}
