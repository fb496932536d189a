//! Comments that allow what is not so any more: a table that a migration before has made is a table of the same migration now.

use crate::migrate::chain::advice::needless;
use crate::migrate::chain::{Chain, Migration};
use crate::model::PlacementKind;

/// Takes such comments out of the files of a migration, and tells whether there were any.
pub(super) fn without_needless(
    chain: &Chain,
    migration: &Migration,
    files: &mut [(&'static str, String)],
) -> bool {
    let mut is_changed = false;
    for (name, text) in files
        .iter_mut()
        .filter(|(name, _)| name.ends_with(".up.sql"))
    {
        let kind = if name.starts_with("tenant") {
            PlacementKind::Tenant
        } else {
            PlacementKind::Shared
        };
        let places = needless(chain, text, kind, migration);
        for start in places.into_iter().rev() {
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |at| start + at + 1);
            // Behind a statement its line stays.
            let from = if text[line..start].trim().is_empty() {
                line
            } else {
                start
            };
            let to = if from == line { end } else { end - 1 };
            if text[start..].starts_with("--") {
                text.replace_range(from..to, "");
                is_changed = true;
            }
        }
    }
    is_changed
}
