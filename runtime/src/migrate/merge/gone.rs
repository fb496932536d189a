//! Tables and columns that there were once.

use std::collections::BTreeSet;

use crate::model::PlacementKind;
use crate::structure::State;

/// Tables and columns that a migration has taken away; maybe another has made them anew.
#[derive(Default)]
pub(super) struct Gone {
    tables: BTreeSet<(bool, String)>,
    columns: BTreeSet<(bool, String, String)>,
}

impl Gone {
    /// Notes what a migration takes away.
    pub(super) fn note(&mut self, before: &State, after: &State) {
        for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
            let is_shared = placement == PlacementKind::Shared;
            for (name, table) in &before.namespace(placement).tables {
                let Some(now) = after.namespace(placement).tables.get(name) else {
                    self.tables.insert((is_shared, name.clone()));
                    continue;
                };
                let lost = table.columns.iter().map(|column| &column.name);
                let lost = lost.filter(|column| now.column(column).is_none());
                self.columns
                    .extend(lost.map(|column| (is_shared, name.clone(), column.clone())));
            }
        }
    }

    /// The tables that are not there any more, nor a view in place of one.
    pub(super) fn tables<'g>(
        &'g self,
        state: &'g State,
    ) -> impl Iterator<Item = (PlacementKind, &'g str)> {
        let all = self
            .tables
            .iter()
            .map(|(is_shared, name)| (placement(*is_shared), name.as_str()));
        all.filter(|(placement, name)| {
            let namespace = state.namespace(*placement);
            !namespace.tables.contains_key(*name) && !namespace.views.contains_key(*name)
        })
    }

    /// The columns that are not there any more, of tables that are.
    pub(super) fn columns<'g>(
        &'g self,
        state: &'g State,
    ) -> impl Iterator<Item = (PlacementKind, &'g str, &'g str)> {
        let all = self.columns.iter();
        let all = all.map(|(is_shared, table, column)| {
            (placement(*is_shared), table.as_str(), column.as_str())
        });
        all.filter(|(placement, table, column)| {
            let table = state.namespace(*placement).tables.get(*table);
            table.is_some_and(|table| table.column(column).is_none())
        })
    }
}

fn placement(is_shared: bool) -> PlacementKind {
    if is_shared {
        PlacementKind::Shared
    } else {
        PlacementKind::Tenant
    }
}
