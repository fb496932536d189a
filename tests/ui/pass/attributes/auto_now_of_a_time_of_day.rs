use tenantry::prelude::*;

mod of_jiff {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: jiff::civil::DateTime,
    }
}

mod of_chrono {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now_add)]
        pub begins: chrono::NaiveDateTime,
    }
}

mod of_time {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: Option<time::PrimitiveDateTime>,
    }
}

mod through_an_alias {
    use super::*;

    type Hour = Timestamp;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: Hour,
    }
}
