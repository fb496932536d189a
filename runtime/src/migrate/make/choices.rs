//! The knowledge that only the author of a change has.

/// Knowledge that only the author of a change has: what was renamed or moved, and which values rows get.
///
/// Names are written as the flags of `makemigrations` have them: a table `invoices`, a column `invoices.total`, a label
/// `invoices.state:open`.
///
/// ```
/// use tenantry::migrate::Choices;
///
/// let choices = Choices::new()
///     .rename("invoices.total=amount")
///     .fill("invoices.currency", "'EUR'");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub(super) renames: Vec<String>,
    pub(super) fills: Vec<(String, String)>,
    /// Former names, or pairs of names, that were not renamed.
    pub(super) not_renamed: Vec<String>,
    pub(super) losses: Vec<String>,
    pub(super) moves: Vec<String>,
    /// Tables that were kept from a move, and are to be dropped.
    pub(super) dropped: Vec<String>,
    /// Whether what takes away is written into the same migration as all else.
    pub(super) is_together: bool,
}

impl Choices {
    /// Returns choices in which nothing is said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that a table, a column or a label of an enum has a new name: `invoices=bills`, `invoices.total=amount`,
    /// `invoices.state:open=unpaid`.
    #[must_use]
    pub fn rename(mut self, rename: impl Into<String>) -> Self {
        self.renames.push(rename.into());
        self
    }

    /// Says which value, as SQL, rows get that have none for a column.
    #[must_use]
    pub fn fill(mut self, column: impl Into<String>, value: impl Into<String>) -> Self {
        self.fills.push((column.into(), value.into()));
        self
    }

    /// Says that something was not renamed: the former name, or one pair as [`rename`](Self::rename) has it.
    #[must_use]
    pub fn no_rename(mut self, former: impl Into<String>) -> Self {
        self.not_renamed.push(former.into());
        self
    }

    /// Says that the values of a table or column may be lost, which also means that it was not renamed.
    #[must_use]
    pub fn accept_loss(mut self, of: impl Into<String>) -> Self {
        self.losses.push(of.into());
        self
    }

    /// Says how the rows of a table, whose model is placed otherwise, get there: `notes=collect:tenant` has those of all
    /// tenants come to the shared table, where the column `tenant` tells whose a row is (`notes=collect` goes without one), and behind `,new_keys` the rows get keys that no other tenant's have;
    /// `plans=deal:owner` gives each tenant the rows whose `owner` it is by its key, and `plans=copy` gives each all of them.
    #[must_use]
    pub fn move_table(mut self, moved: impl Into<String>) -> Self {
        self.moves.push(moved.into());
        self
    }

    /// Says that a table is to be dropped whose rows were moved, and that was kept since.
    #[must_use]
    pub fn drop_moved(mut self, table: impl Into<String>) -> Self {
        self.dropped.push(table.into());
        self
    }

    /// Says that no former version of the application runs when the migration is applied: so what takes away something stands in the
    /// same migration as all else, and not in one of its own that can be applied later.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.is_together = true;
        self
    }

    pub(super) fn fill_of(&self, column: &str) -> Option<&str> {
        let mut fills = self.fills.iter();
        let (_, value) = fills.find(|(name, _)| name == column)?;
        Some(value)
    }
}
