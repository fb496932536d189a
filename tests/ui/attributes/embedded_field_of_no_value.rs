//! A field of an embedded struct that is no value: told there, and not in its models.

use tenantry::prelude::*;

pub struct Place;

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
