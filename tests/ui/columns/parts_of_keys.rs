mod a_number_with_a_floating_point {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Place {
        #[field(key)]
        pub north: f64,
        #[field(key)]
        pub number: i64,
    }
}

mod an_array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Place {
        #[field(key)]
        pub path: Vec<i64>,
        #[field(key)]
        pub number: i64,
    }
}

mod json_through_an_alias {
    use tenantry::prelude::*;

    type Document = Json<String>;

    #[tenant_model]
    pub struct Place {
        #[field(key)]
        pub document: Document,
        #[field(key)]
        pub number: i64,
    }
}

mod a_reference_to_a_key_of_two_fields {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key)]
        pub team: i64,
    }

    #[tenant_model]
    pub struct Badge {
        #[field(key)]
        pub id: i64,
        pub member: Option<Fk<Membership>>,
    }
}

mod a_reference_to_a_key_of_two_fields_through_an_alias {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key)]
        pub team: i64,
    }

    type Member = Fk<Membership>;

    #[tenant_model]
    pub struct Badge {
        #[field(key)]
        pub id: i64,
        pub member: Member,
    }

    tenantry::schema! {
        pub static SCHEMA = [Membership, Badge];
    }
}

fn main() {}
