//! Enums with parameters as columns.

mod with_a_field {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State<T> {
        Draft,
        Sent(T),
    }
}

mod of_a_number {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State<const N: usize> {
        Draft,
        Sent,
    }
}

fn main() {}
