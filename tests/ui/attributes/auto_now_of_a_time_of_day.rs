use tenantry::prelude::*;

mod of_jiff {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: jiff::civil::Time,
    }
}

mod of_chrono {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now_add)]
        pub begins: chrono::NaiveTime,
    }
}

mod of_time {
    use super::*;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: Option<time::Time>,
    }
}

mod through_an_alias {
    use super::*;

    type Hour = jiff::civil::Time;

    #[tenant_model]
    pub struct Shift {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub ends: Hour,
    }
}

fn main() {}
