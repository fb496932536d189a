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
        let _ = sql!("SELECT {Plan.MONTHLY_PRICE} FROM {Plan}");
    }
}

mod model_as_a_table {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {Plan.id} FROM {plan}");
    }
}

mod model_as_a_table_without_fields {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {plan}");
    }
}

mod model_as_a_constant {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {PLAN}");
    }
}

mod model_as_a_constant_with_a_field {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {PLAN.id} FROM {PLAN}");
    }
}

mod constant_of_a_model {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT 1 FROM {Plan::MONTHLY_PRICE}");
    }
}

fn main() {}
