//! Units of work, in which tenant and on which row each is. Shared with the programs of `peers`.

/// Work of a unit, once or several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Find,
    List,
    Join,
    Insert,
    Save,
    Transaction,
}

/// Every kind of work with its name, in the order of the table: what makes the tables grow is last.
pub(crate) const WORKS: [(Work, &str); 6] = [
    (Work::Find, "read by key"),
    (Work::List, "list of 100 rows of 10 columns"),
    (Work::Join, "20 rows joined with the shared schema"),
    (Work::Save, "read by key and save"),
    (Work::Transaction, "the same in a transaction"),
    (Work::Insert, "insert, with its row"),
];

/// Rows in each tenant before anything is inserted.
pub(crate) const ROWS: i64 = 1_000;

/// A slice of the bench: some units of work, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) work: Work,
    /// How many tenants there are to choose from.
    pub(crate) tenants: usize,
    /// How often the work is done in one unit.
    pub(crate) statements: usize,
    /// The number of the first unit.
    pub(crate) first: usize,
    pub(crate) units: usize,
}

impl Slice {
    /// The numbers of the units.
    pub(crate) fn numbers(self) -> std::ops::Range<usize> {
        self.first..self.first + self.units
    }

    /// The tenant of a unit, as if at random.
    pub(crate) fn tenant(self, unit: usize) -> usize {
        mixed(unit) % self.tenants
    }

    /// The rows that the work of a unit is done on, as if at random, each with the number that is written to it.
    pub(crate) fn rows(self, unit: usize) -> impl Iterator<Item = (i64, i32)> {
        let rows = usize::try_from(ROWS).expect("a few");
        (0..self.statements).map(move |statement| {
            let number = unit * 10 + statement;
            let id = i64::try_from(mixed(number) / 1009 % rows).expect("a few") + 1;
            (
                id,
                i32::try_from(number % 1_000_000_000).expect("small enough"),
            )
        })
    }
}

/// The name of a tenant, which is that of its schema.
pub(crate) fn tenant_name(tenant: usize) -> String {
    format!("t{tenant:04}")
}

fn mixed(number: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    usize::try_from(mixed).expect("44 bits")
}
