//! The SQL of migrations, one after the other.

use tenantry_sql::{statements, tokens};

use super::PLACEMENTS;
use crate::bookkeeping::effects::{Rows, leaves_nothing};
use crate::migrate::chain::lint::is_blank;
use crate::migrate::chain::{Migration, Part};
use crate::model::PlacementKind;

/// A statement that does what waits for the end of a transaction.
const END: &str = "SET CONSTRAINTS ALL IMMEDIATE;\n";

/// Returns the files of a migration that does what others do, but for its manifest. What one of them has no way back for, all of
/// them have none for.
pub(super) fn joined(migrations: &[&Migration]) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    for placement in PLACEMENTS {
        let (up, down) = match placement {
            PlacementKind::Shared => ("shared.up.sql", "shared.down.sql"),
            PlacementKind::Tenant => ("tenant.up.sql", "tenant.down.sql"),
        };
        let parts: Vec<(&Migration, &Part)> = migrations
            .iter()
            .filter_map(|it| Some((*it, it.part(placement)?)))
            .collect();
        if parts.is_empty() {
            continue;
        }
        let waits = parts.iter().any(|(_, part)| may_wait(part));
        let ups = parts.iter().map(|(it, part)| (it.id(), part.up()));
        files.push((up, text(ups, waits)));
        let back = parts.iter().rev();
        let downs: Option<Vec<(&str, &str)>> = back
            .map(|(it, part)| Some((it.id(), part.down()?)))
            .collect();
        if let Some(downs) = downs {
            files.push((down, text(downs.into_iter(), waits)));
        }
    }
    files
}

/// Whether a check may wait for the end of a transaction, where it would keep a table from being changed.
fn may_wait(part: &Part) -> bool {
    let is_word = |sql: &str| tokens(sql).any(|token| token.is_any(&["deferrable", "deferred"]));
    is_word(part.up()) || part.down().is_some_and(is_word)
}

fn text<'a>(pieces: impl Iterator<Item = (&'a str, &'a str)>, waits: bool) -> String {
    let mut text = String::new();
    let mut leaves = false;
    for (id, sql) in pieces {
        if !text.is_empty() {
            if leaves && waits {
                text.push_str(END);
            }
            text.push('\n');
        }
        text.push_str("-- ");
        text.push_str(id);
        text.push('\n');
        text.push_str(sql.trim());
        text.push('\n');
        if !is_blank(sql) && !is_ended(sql) {
            text.push_str(";\n");
        }
        leaves = !leaves_nothing(sql, Rows::Possible);
    }
    text
}

/// Whether the last statement has its semicolon.
fn is_ended(sql: &str) -> bool {
    let all = statements(sql).unwrap_or_default();
    let last = all.last().and_then(|statement| statement.tokens.last());
    let rest = last.map_or(0, |token| token.range().end);
    tokens(&sql[rest..]).any(|token| token.is_sign(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_ends_and_says_where_it_is_from() {
        let pieces = [
            ("0001_a", "SELECT 1 -- one"),
            ("0002_b", "-- nothing\n"),
            ("0003_c", "\nSELECT 3; -- three\n\n"),
        ];
        assert_eq!(
            text(pieces.into_iter(), false),
            "-- 0001_a\nSELECT 1 -- one\n;\n\n-- 0002_b\n-- nothing\n\n-- 0003_c\nSELECT 3; -- three\n"
        );
    }

    #[test]
    fn what_waits_for_the_end_is_done_between_two() {
        let pieces = [
            ("0001_a", "UPDATE \"{tenant}\".a SET b = 1;"),
            ("0002_b", "ALTER TABLE \"{tenant}\".a DROP COLUMN b;"),
            ("0003_c", "ALTER TABLE \"{tenant}\".a ADD COLUMN c int;"),
        ];
        let text = text(pieces.into_iter(), true);
        assert_eq!(text.matches(END).count(), 1, "{text}");
        assert!(
            text.contains("SET b = 1;\nSET CONSTRAINTS ALL IMMEDIATE;\n\n-- 0002_b"),
            "{text}"
        );
    }
}
