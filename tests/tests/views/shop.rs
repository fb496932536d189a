//! Tables of a shop, and views of them.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::{Given, TENANTS};

#[shared_model(table = "plans")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    #[field(key)]
    pub id: i64,
    pub code: String,
    pub cents: i32,
}

#[tenant_model(table = "customers")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 40)]
    pub name: String,
    pub plan: Fk<Plan>,
}

/// An invoice; its table needs quoting.
#[tenant_model(table = "order")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invoice {
    #[field(key)]
    pub id: i64,
    pub customer: Fk<Customer>,
    #[field(column = "select", precision = 12, scale = 2)]
    pub total: Decimal,
    #[field(default = false)]
    pub paid: bool,
}

/// A plan that costs nothing.
#[shared_view(sql = "SELECT p.id, p.code FROM {Plan} p WHERE p.cents = 0")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FreePlan {
    #[field(key)]
    pub id: i64,
    pub code: String,
}

/// A customer's sales. The view needs quoting.
#[tenant_view(
    sql = "
        SELECT c.id, c.id AS customer, c.plan, c.name, count(i.id) AS invoices,
            sum(i.{Invoice.total}) FILTER (WHERE i.paid) AS paid
        FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer = c.id
        GROUP BY c.id;
    ",
    name = "group"
)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CustomerSales {
    #[field(key)]
    pub id: i64,
    #[field(inverse = "sales")]
    pub customer: Fk<Customer>,
    pub plan: Fk<Plan>,
    #[field(max_length = 40)]
    pub name: String,
    /// How many there are.
    pub invoices: i64,
    pub paid: Option<Decimal>,
}

/// A customer on a plan for nothing: a view of a view, in both schemas, of names as they are.
#[tenant_view(sql = r#"
    SELECT f.code, s.name FROM {CustomerSales} s JOIN "{shared}".free_plans AS f ON f.id = s.plan
    WHERE s.invoices > 0
"#)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Freeloader {
    pub code: String,
    #[field(max_length = 40)]
    pub name: String,
}

pub(crate) const MODELS: [&ModelDef; 6] = [
    Plan::DEF,
    Customer::DEF,
    Invoice::DEF,
    FreePlan::DEF,
    CustomerSales::DEF,
    Freeloader::DEF,
];

/// Two tenants with two customers each, of whom the first has invoices.
pub(crate) fn given(models: &[&'static ModelDef]) -> Given {
    let mut given = Given::new(models, "SELECT 1");
    given.run(
        "shared",
        "INSERT INTO {t}.plans (code, cents) VALUES ('free', 0), ('pro', 900)",
    );
    for tenant in TENANTS {
        given.run(
            tenant,
            r#"INSERT INTO {t}.customers (name, plan) VALUES ('Ann', 1), ('Bob', 1), ('Cid', 2);
               INSERT INTO {t}."order" (customer, "select", paid) VALUES (1, 10, true), (1, 2.5, true), (1, 7, false), (3, 4, false)"#,
        );
    }
    given
}
