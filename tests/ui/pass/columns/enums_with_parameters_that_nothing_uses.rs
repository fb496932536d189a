//! Enums with parameters that nothing uses, of which the compiler tells itself.

mod of_a_type {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }
}

mod of_a_lifetime {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }
}

fn main() {}
