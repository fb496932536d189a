//! Comments that allow a rule to be broken: `-- tenantry: allow(rule) reason`.

use tenantry_sql::{Kind, tokens};

/// A comment that allows the statement after it to break a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allow {
    pub(super) rule: String,
    pub(super) reason: String,
    /// The place of the comment.
    pub(super) start: usize,
    /// Whether the statement breaks the rule.
    pub(super) is_used: bool,
}

/// Returns the comments of a text that allow something.
pub(super) fn allows(sql: &str) -> Vec<Allow> {
    let comments = tokens(sql).filter(|token| token.kind == Kind::Comment);
    comments
        .filter_map(|comment| {
            let text = comment.text.trim_start_matches(['-', '/', '*']);
            let text = text.trim_end_matches(['*', '/']).trim();
            let text = text.strip_prefix("tenantry:")?.trim_start();
            let (rule, reason) = text.strip_prefix("allow(")?.split_once(')')?;
            Some(Allow {
                rule: rule.trim().to_owned(),
                reason: reason.trim_matches([' ', ':', '\t']).to_owned(),
                start: comment.start,
                is_used: false,
            })
        })
        .collect()
}
