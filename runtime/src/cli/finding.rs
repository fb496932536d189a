//! Findings of `check`, and how much each matters.

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// As it should be.
    Ok,
    /// Worth a look, and not wrong.
    Note,
    /// Not as it should be.
    Wrong,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) level: Severity,
    pub(super) message: String,
}

/// Adds a finding.
pub(super) fn find(findings: &mut Vec<Finding>, level: Severity, message: impl Into<String>) {
    let message = message.into();
    findings.push(Finding { level, message });
}
