//! A field of an embedded struct that is a value.

use tenantry::prelude::*;

#[derive(Column)]
pub struct Place(i64);

#[derive(Embedded)]
pub struct Address {
    pub place: Place,
}

#[tenant_model]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(embed)]
    pub home: Address,
}

#[tenant_model]
pub struct Supplier {
    #[field(key)]
    pub id: i64,
    #[field(embed)]
    pub home: Address,
}

fn main() {}
