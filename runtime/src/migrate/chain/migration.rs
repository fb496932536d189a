//! A migration, and its parts.

use sha2::{Digest, Sha256};
use tenantry_sql::{Statement, statements};

use super::checksum::finish;
use super::manifest::{Limits, Replaced};
use super::provision::names_schema_in_string;
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;
use crate::structure::Op;

/// A migration: what it does to the shared schema, and what to each tenant's.
#[derive(Debug, Clone)]
pub struct Migration {
    pub(super) position: i32,
    pub(super) first: i32,
    pub(super) replaces: Vec<Replaced>,
    pub(super) phase: Phase,
    pub(super) generated: Option<String>,
    pub(super) operations: Vec<Op>,
    pub(super) limits: Limits,
    pub(super) id: String,
    pub(super) shared: Option<Part>,
    pub(super) tenant: Option<Part>,
}

/// The part of a migration for one kind of schema: the SQL that does it, and the SQL that undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    up: String,
    down: Option<String>,
    is_transaction: bool,
}

impl Migration {
    /// The migration's name: its number and what it does.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The migration's place in the chain, counted from 1.
    pub fn position(&self) -> i32 {
        self.position
    }

    /// The ids of the migrations that it takes the place of, in order; none for most.
    pub fn replaces(&self) -> impl Iterator<Item = &str> {
        self.replaces.iter().map(|replaced| replaced.id.as_str())
    }

    /// The first of the positions that it has: its own, unless it takes the place of others.
    pub(crate) fn first(&self) -> i32 {
        self.first
    }

    /// The migrations that it takes the place of.
    pub(crate) fn replaced(&self) -> &[Replaced] {
        &self.replaces
    }

    /// Tells whether running versions of the application can live with it.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The part for the shared schema.
    pub fn shared(&self) -> Option<&Part> {
        self.shared.as_ref()
    }

    /// The part for each tenant's schema.
    pub fn tenant(&self) -> Option<&Part> {
        self.tenant.as_ref()
    }

    /// The part for one kind of schema.
    pub fn part(&self, placement: PlacementKind) -> Option<&Part> {
        match placement {
            PlacementKind::Shared => self.shared(),
            PlacementKind::Tenant => self.tenant(),
        }
    }

    /// How the SQL is run.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The operations that the SQL was generated from.
    pub fn operations(&self) -> &[Op] {
        &self.operations
    }

    /// Tells whether somebody wrote or edited the SQL by hand, so that it is not what the models led to.
    pub fn is_edited(&self) -> bool {
        self.generated.as_deref() != Some(&checksum(self.shared(), self.tenant()))
    }
}

impl Part {
    /// The SQL that does it, with the slots `"{tenant}"` and `"{shared}"`.
    pub fn up(&self) -> &str {
        &self.up
    }

    /// The SQL that undoes it, if there is any.
    pub fn down(&self) -> Option<&str> {
        self.down.as_deref()
    }

    /// Whether it does more than to make, change and drop tables and indexes, or names the tenant's schema in a string or in
    /// the body of a routine: PostgreSQL keeps these as text, which no renaming reaches.
    pub(crate) fn beyond_tables(&self) -> bool {
        // What can't be cut is refused when the chain is read.
        let statements = statements(&self.up).unwrap_or_default();
        let plain: [&[&str]; 8] = [
            &["create", "table"],
            &["create", "index"],
            &["create", "unique", "index"],
            &["alter", "table"],
            &["alter", "index"],
            &["drop", "table"],
            &["drop", "index"],
            &["comment"],
        ];
        let is_plain = |statement: &Statement<'_>| {
            // A table that is made of a query has rows. `AS` stands in identities and computed columns too.
            let made_of_query = statement.tokens.windows(2).any(|pair| {
                let queries = ["select", "with", "values", "table", "execute"];
                pair[0].is("as") && queries.iter().any(|word| pair[1].is(word))
            });
            plain.iter().any(|words| statement.begins(words)) && !made_of_query
        };
        statements.iter().any(|statement| !is_plain(statement)) || names_schema_in_string(&self.up)
    }

    /// The checksum, which tells one text from another.
    pub(crate) fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.up);
        if let Some(down) = &self.down {
            // A byte that no text has keeps the two apart.
            hash.update([0]);
            hash.update(down);
        }
        // Half-way through it, the same SQL would be cut in another way.
        if !self.is_transaction {
            hash.update([1]);
        }
        finish(hash)
    }

    pub(crate) fn new(up: String, down: Option<String>) -> Self {
        Self {
            up,
            down,
            is_transaction: true,
        }
    }

    /// The same, done in one transaction or statement by statement.
    pub(super) fn done_in(self, is_transaction: bool) -> Self {
        Self {
            is_transaction,
            ..self
        }
    }
}

/// Checksum of SQL, which tells that of one migration from that of another.
pub(crate) fn checksum(shared: Option<&Part>, tenant: Option<&Part>) -> String {
    let [shared, tenant] = [shared, tenant].map(|part| part.map(Part::checksum));
    checksum_of(shared.as_deref(), tenant.as_deref())
}

/// The same by the checksums of the parts.
pub(crate) fn checksum_of(shared: Option<&str>, tenant: Option<&str>) -> String {
    let mut hash = Sha256::new();
    for part in [shared, tenant] {
        hash.update(part.unwrap_or_default());
        hash.update([0]);
    }
    finish(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_tells_up_from_down() {
        let part = |up: &str, down: Option<&str>| Part::new(up.to_owned(), down.map(str::to_owned));
        let sums = [
            part("a", None).checksum(),
            part("a", Some("")).checksum(),
            part("a", Some("b")).checksum(),
            part("ab", None).checksum(),
        ];
        for (at, sum) in sums.iter().enumerate() {
            assert_eq!(sums.iter().position(|other| other == sum), Some(at));
        }
    }
}
