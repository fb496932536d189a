use tenantry::prelude::*;

use tenantry::sql;

#[shared_model]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    pub monthly_price: i64,
}

mod as_a_constant {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {Plan.monthly_price} FROM {Plan}");
    }
}

mod model_as_a_table {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {Plan.id} FROM {Plan}");
    }
}

mod model_as_a_table_without_fields {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {Plan}");
    }
}

mod model_as_a_constant {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {Plan}");
    }
}

mod model_as_a_constant_with_a_field {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {Plan.id} FROM {Plan}");
    }
}

mod constant_of_a_model {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {Plan}");
    }
}

mod struct_in_capitals {
    use super::*;

    #[shared_model]
    #[allow(clippy::upper_case_acronyms)] // Some write names so.
    pub struct SKU {
        #[field(key)]
        pub id: i64,
    }

    pub mod reader {
        use super::SKU as Sku;
        use tenantry::sql;

        pub fn statement() {
            let _ = sql!("SELECT {Sku.id} FROM {Sku}");
        }
    }
}
