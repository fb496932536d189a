//! Arguments at the value inside of a newtype, where nobody would read them.

mod renamed {
    use tenantry::prelude::*;

    #[derive(Column, Debug, Clone, PartialEq)]
    pub struct Code(#[column(rename = "code")] String);
}

mod without_parentheses {
    use tenantry::prelude::*;

    #[derive(Column, Debug, Clone, PartialEq)]
    pub struct Code(#[column] String);
}

fn main() {}
