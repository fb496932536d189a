//! The way of a table's rows, as somebody has written it.

use crate::structure::MoveKind;

/// A way of rows as somebody has written it.
pub(super) struct Way {
    pub(super) how: MoveKind,
    pub(super) whose: Option<String>,
    pub(super) new_keys: bool,
}

impl Way {
    pub(super) fn read(written: &str) -> Option<Self> {
        let (_, way) = written.split_once('=')?;
        let (way, new_keys) = match way.split_once(',') {
            Some((way, "new_keys")) => (way, true),
            Some(_) => return None,
            None => (way, false),
        };
        let (how, whose) = match way.split_once(':') {
            Some((how, whose)) if !whose.is_empty() => (how, Some(whose.to_owned())),
            Some(_) => return None,
            None => (way, None),
        };
        let how = match (how, &whose) {
            ("collect", _) => MoveKind::Collect,
            _ if new_keys => return None,
            ("deal", Some(_)) => MoveKind::Deal,
            ("copy", None) => MoveKind::Copy,
            _ => return None,
        };
        Some(Self {
            how,
            whose,
            new_keys,
        })
    }
}

/// Returns the table that a move is about.
pub(super) fn table_of(written: &str) -> &str {
    written.split_once('=').map_or(written, |(table, _)| table)
}
