//! Fields of an embedded struct whose types have what is said of them.

use tenantry::prelude::*;

type Word = String;

#[derive(Embedded)]
pub struct Address {
    #[field(max_length = 40)]
    pub street: Word,
    #[field(default = 4)]
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
