//! Fields of an embedded struct whose types do not have what is said of them: told there, and not in its models.

use tenantry::prelude::*;

type Number = i64;

#[derive(Embedded)]
pub struct Address {
    #[field(max_length = 40)]
    pub street: Number,
    #[field(default = "high")]
    pub floor: i32,
}

#[tenant_model]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(embed)]
    pub home: Address,
    #[field(embed)]
    pub billing: Address,
}

fn main() {}
