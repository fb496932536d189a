//! Embedded structs as a whole.

use tenantry::prelude::*;

#[derive(Embedded)]
pub struct Address {
    pub street: String,
    pub city: String,
}

#[tenant_model]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(embed)]
    pub home: Address,
    #[field(embed)]
    pub billing: Option<Address>,
}

#[tenant_model]
pub struct Order {
    #[field(key)]
    pub id: i64,
    pub city: String,
}

mod value_of_another_type {
    use super::*;

    pub fn run(acme: &mut TenantScope, to: Address) -> tenantry::Result<()> {
        Customer::update_where(Customer::ID.eq(1))
            .set(Customer::BILLING, to)
            .execute(acme)?;
        Ok(())
    }
}

mod compared_with_a_text {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Customer::query()
            .filter(Customer::HOME_CITY.eq("Bern"))
            .all(acme)?;
        Ok(())
    }
}

mod never_none {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Customer::query()
            .filter(Customer::BILLING.is_null())
            .all(acme)?;
        Ok(())
    }
}

mod of_another_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Customer::query().select(Customer::HOME).all(acme)?;
        Ok(())
    }
}

mod no_condition {
    use super::*;

    pub fn run(acme: &mut TenantScope, at: Address) -> tenantry::Result<()> {
        Customer::query().filter(Customer::HOME.eq(at)).all(acme)?;
        Ok(())
    }
}

mod new_row_with_a_text {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        let home = NewAddress::new("Kramgasse", "Bern");
        let billing = NewAddress::new("Postfach", "Bern");
        Customer::insert(NewCustomer::new(home).billing(billing)).execute(acme)?;
        Ok(())
    }
}

mod order_of_a_whole {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Customer::query()
            .order_by(Customer::HOME_CITY.asc())
            .all(acme)?;
        Ok(())
    }
}

mod one_of_texts {
    use super::*;

    pub fn run(acme: &mut TenantScope, some: Vec<Address>) -> tenantry::Result<()> {
        Customer::query()
            .filter(Customer::HOME.is_in(some))
            .all(acme)?;
        Ok(())
    }
}

mod many_texts {
    use super::*;

    pub fn run(acme: &mut TenantScope, to: Address) -> tenantry::Result<()> {
        Customer::update_many(Customer::HOME, [(1, to)]).execute(acme)?;
        Ok(())
    }
}

mod set_to_what_may_not_be_there {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        Customer::update_where(Customer::ID.eq(1))
            .set(Customer::BILLING, Customer::HOME)
            .execute(acme)?;
        Ok(())
    }
}

mod conflict_of_another_model {
    use super::*;

    pub fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
        let home = NewAddress::new("Kramgasse", "Bern");
        let new = Customer::insert(NewCustomer::new(home));
        new.on_conflict(Customer::HOME)
            .update(Customer::HOME)
            .execute(acme)?;
        Ok(())
    }
}

fn main() {}
