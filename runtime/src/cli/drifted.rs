//! Words for schemas that somebody has changed by hand.

use crate::migrate::{Drifted, Sample};

/// Tells of schemas that differ in the same way, and what to do.
pub(super) fn alike(group: &[&Drifted]) -> String {
    let keys = group.iter().filter_map(|it| it.tenant.as_ref());
    let mut keys = keys.map(|key| format!("`{key}`"));
    let (who, whose, flag) = match group {
        [
            Drifted {
                tenant: None,
                schema,
                ..
            },
        ] => (
            "the shared schema is".to_owned(),
            format!("the schema `{schema}`"),
            "--repair-shared".to_owned(),
        ),
        [
            Drifted {
                tenant: Some(key),
                schema,
                ..
            },
        ] => (
            format!("tenant `{key}` is"),
            format!("the schema `{schema}`"),
            format!("--repair {key}"),
        ),
        several => {
            let first: Vec<String> = keys.by_ref().take(Sample::LISTED).collect();
            let more = several.len().saturating_sub(Sample::LISTED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            (
                format!("{} tenants, {}{more}, are", several.len(), first.join(", ")),
                "their schemas".to_owned(),
                "--repair KEY".to_owned(),
            )
        }
    };
    let first = group.first();
    let (changes, fingerprint) = first.map_or_else(Default::default, |first| {
        (first.changes.join("\n  "), first.fingerprint())
    });
    format!(
        "{who} not what {} migrations make; somebody did this to {whose} (`{fingerprint}`):\n  {changes}\n  \
         help: `check {flag}` prints SQL that undoes it; or have a migration do it everywhere",
        if group.len() > 1 { "their" } else { "its" }
    )
}
