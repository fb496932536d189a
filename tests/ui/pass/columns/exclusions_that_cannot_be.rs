//! Exclusion constraints that PostgreSQL would refuse, or that say nothing.

mod of_nothing {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod of_an_unknown_field {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod without_an_operator {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod by_words {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod of_what_is_unique {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(unique(room, during))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod of_a_field_twice {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod twice {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod without_a_filter {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&", filter = "NOT off"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod of_an_empty_expression {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", "int4range(room, room)" = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod by_another_method {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod without_parentheses {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

mod in_the_way_of_others {
    use tenantry::prelude::*;
    use tenantry::value::Range;

    #[tenant_model(exclude(room = "=", during = "&&"))]
    pub struct Booking {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub during: Range<Timestamp>,
        pub off: bool,
    }
}

fn main() {}
