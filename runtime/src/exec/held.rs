//! Tables of tenants that a session has touched: a backend keeps what it has read of each in memory until it ends.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::hash::Folded;
use crate::name::SchemaName;
use crate::place::TenantPlace;

/// A tenant that a connection serves.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    id: i64,
    schema: SchemaName,
}

impl Served {
    pub(crate) fn new(place: &TenantPlace) -> Self {
        Self {
            id: place.id,
            schema: place.schema.clone(),
        }
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }
}

/// Tables that a piece of control work in one tenant is taken to touch: it does not say which.
const CONTROL: usize = 10;

/// Statements of a tenant that are remembered, so that they need not be read again. Then all are forgotten.
const STATEMENTS: usize = 32;

/// The tables that a session has touched, by tenant.
#[derive(Debug, Default)]
pub(super) struct Held {
    tenants: HashMap<i64, Touched, BuildHasherDefault<Folded>>,
    tables: usize,
}

/// Tables of a tenant, and statements that touch no others, each by its hash.
#[derive(Debug, Default)]
struct Touched {
    tables: Vec<u64>,
    statements: Vec<u64>,
}

impl Held {
    /// Whether it has served a tenant.
    pub(super) fn knows(&self, tenant: i64) -> bool {
        self.tenants.contains_key(&tenant)
    }

    /// How much it holds: the tables, and each tenant once more.
    pub(super) fn len(&self) -> usize {
        self.tenants.len() + self.tables
    }

    /// Notes that it serves a tenant.
    pub(super) fn serves(&mut self, tenant: i64) {
        self.tenants.entry(tenant).or_default();
    }

    /// Notes the tenant's tables that a statement names. All statements of ours name them with their schema.
    pub(super) fn touches(&mut self, served: &Served, sql: &str) {
        let Touched { tables, statements } = self.tenants.entry(served.id).or_default();
        let statement = Folded::of(sql);
        if statements.contains(&statement) {
            return;
        }
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.push(statement);
        let prefix = format!("{}.\"", served.schema.quoted());
        for (at, _) in sql.match_indices(&prefix) {
            let name = sql[at + prefix.len()..].split('"').next();
            let table = Folded::of(name.unwrap_or_default());
            if !tables.contains(&table) {
                tables.push(table);
                self.tables += 1;
            }
        }
    }

    /// Notes the tables that a statement about many tenants names: each of them each time.
    pub(super) fn spans(&mut self, sql: &str) {
        let named = sql.matches(" FROM \"").count() + sql.matches(" JOIN \"").count();
        self.tables += named;
    }

    /// Notes a piece of control work in one tenant, which may have no number yet.
    pub(super) fn works(&mut self) {
        self.tables += CONTROL;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::name::{SchemaName, TenantKey};

    fn served(id: i64, schema: &str) -> Served {
        Served::new(&TenantPlace {
            id,
            since: 0,
            key: TenantKey::new("acme").expect("a key"),
            schema: SchemaName::new(schema).expect("a name"),
            standing: Arc::default(),
        })
    }

    #[test]
    fn each_table_of_a_tenant_counts_once() {
        let mut held = Held::default();
        let (acme, globex) = (served(1, "acme"), served(2, "globex"));
        let find = r#"SELECT "notes"."id" FROM "acme"."notes" WHERE "notes"."id" = $1"#;
        held.touches(&acme, find);
        held.touches(&acme, find);
        assert_eq!(held.len(), 2);
        let join = r#"SELECT 1 FROM "acme"."notes" JOIN "acme"."authors" AS "T1" JOIN "shared"."plans" AS "T2""#;
        held.touches(&acme, join);
        assert_eq!(held.len(), 3);
        held.touches(&globex, r#"UPDATE "globex"."notes" SET "text" = $1"#);
        assert_eq!(held.len(), 5);
        assert!(held.knows(1) && held.knows(2) && !held.knows(3));
    }

    #[test]
    fn tables_are_counted_however_many_statements_there_are() {
        let mut held = Held::default();
        let acme = served(1, "acme");
        for _ in 0..2 {
            for n in 0..3 * STATEMENTS {
                held.touches(&acme, &format!(r#"SELECT {n} FROM "acme"."t{}""#, n % 50));
            }
            assert_eq!(held.len(), 1 + 50);
        }
        assert!(held.tenants[&1].statements.len() <= STATEMENTS);
    }

    #[test]
    fn a_tenant_without_a_statement_counts_too() {
        let mut held = Held::default();
        held.serves(7);
        held.serves(7);
        assert_eq!((held.len(), held.knows(7)), (1, true));
        held.works();
        assert_eq!(held.len(), 1 + CONTROL);
    }
}
