//! Enums with parameters as columns.

mod with_a_field {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }
}

mod of_a_number {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }
}

fn main() {}
