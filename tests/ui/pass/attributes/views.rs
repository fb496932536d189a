//! Arguments of views.

use tenantry::prelude::*;

#[tenant_view(
    name = "most_recent",
    sql = "SELECT 1::bigint AS id, 'a'::varchar(5) AS text, 1.5::numeric(4, 2) AS \"order\", NULL::timestamptz AS at"
)]
pub struct Recent {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 5)]
    pub text: String,
    #[field(column = "order", precision = 4, scale = 2)]
    pub place: Decimal,
    pub at: Option<Timestamp>,
}

#[shared_view(sql = "SELECT 1::bigint AS id, 2::bigint AS user_id")]
pub struct Latest {
    #[field(key)]
    pub id: i64,
    #[field(key)]
    pub user_id: i64,
}

fn main() {}
