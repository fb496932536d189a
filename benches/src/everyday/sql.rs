//! The statements by hand.

use postgres::types::{ToSql, Type};
use tenantry::prelude::*;

use super::unit::tenant_name;

/// Parameters with their types.
pub(crate) type Bound<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// A statement in a tenant's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sql {
    Find,
    List,
    Join,
    Insert,
    Update,
}

impl Sql {
    pub(crate) fn text(self, tenant: usize) -> String {
        let name = tenant_name(tenant);
        match self {
            Self::Find => format!(
                "SELECT id, name, quantity, weight, is_active, due, made_at, code, note, category \
                 FROM {name}.items WHERE id = $1"
            ),
            Self::List => format!(
                "SELECT id, name, quantity, weight, is_active, due, made_at, code, note, category \
                 FROM {name}.items WHERE id <= $1"
            ),
            Self::Join => format!(
                "SELECT i.id, i.name, i.quantity, i.weight, i.is_active, i.due, i.made_at, i.code, i.note, i.category, \
                 c.id, c.name FROM {name}.items AS i JOIN shared.categories AS c ON c.id = i.category WHERE i.id <= $1"
            ),
            Self::Insert => format!(
                "INSERT INTO {name}.items (name, quantity, weight, is_active, due, made_at, code, category) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                 RETURNING id, name, quantity, weight, is_active, due, made_at, code, note, category"
            ),
            Self::Update => format!("UPDATE {name}.items SET quantity = $2 WHERE id = $1"),
        }
    }
}

/// The values of a new row.
pub(crate) struct NewRow {
    quantity: i32,
    due: Date,
    code: Uuid,
}

impl NewRow {
    pub(crate) fn new(number: i32) -> Self {
        Self {
            quantity: number,
            due: Date::constant(2026, 1, 1),
            code: Uuid::from_u128(u128::from(number.unsigned_abs())),
        }
    }

    pub(crate) fn bound(&self) -> [(&(dyn ToSql + Sync), Type); 8] {
        [
            (&"new", Type::TEXT),
            (&self.quantity, Type::INT4),
            (&0.5_f64, Type::FLOAT8),
            (&true, Type::BOOL),
            (&self.due, Type::DATE),
            (&Timestamp::UNIX_EPOCH, Type::TIMESTAMPTZ),
            (&self.code, Type::UUID),
            (&7_i64, Type::INT8),
        ]
    }
}
