//! Migrations as the database has recorded them.

/// A migration as it was recorded when the database was migrated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedMigration {
    pub(crate) position: i32,
    pub(crate) id: String,
    pub(crate) shared: Option<RecordedPart>,
    pub(crate) tenant: Option<RecordedPart>,
}

impl RecordedMigration {
    /// Whether any part of it is applied anywhere.
    pub(crate) fn is_applied(&self) -> bool {
        let applied = |part: &Option<RecordedPart>| part.as_ref().is_some_and(|part| part.applied);
        applied(&self.shared) || applied(&self.tenant)
    }
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedPart {
    pub(crate) checksum: String,
    /// Whether it is applied to any schema.
    pub(crate) applied: bool,
}
