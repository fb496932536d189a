//! Queries of views that mean the same in every session.

mod names_with_slots {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Note {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_view(
        sql = "SELECT n.{Note.id} FROM {Note} n UNION ALL SELECT \"{tenant}\".next() AS id"
    )]
    pub struct Recent {
        pub id: i64,
    }
}

mod what_no_model_says {
    use tenantry::prelude::*;

    #[tenant_view(sql = "
        WITH n AS (SELECT v.id FROM (VALUES (1), (2)) AS v (id))
        SELECT n.id, m.text, count(*) AS count, '{{}}' AS braces FROM n JOIN \"{tenant}\".notes AS m ON m.id = n.id
        GROUP BY n.id, m.text HAVING m.text IS DISTINCT FROM 'a, b';
    ")]
    pub struct Recent {
        pub id: i32,
        pub text: String,
        pub count: i64,
        pub braces: String,
    }
}

fn main() {}
