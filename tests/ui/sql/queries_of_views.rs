//! Queries of views that mean something else in another session, or are no queries.

mod unknown_slot {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM \"{tennant}\".notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod slot_of_a_variable {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM {notes} n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod schema_alone {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT \"{tenant}\" AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod other_schema {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM acme.notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod no_schema {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod function_of_a_schema {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT acme.next() AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod column_of_nothing {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT m.id FROM \"{tenant}\".notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod no_select {
    use tenantry::prelude::*;

    #[tenant_view(sql = "DELETE FROM \"{tenant}\".notes")]
    pub struct Recent {
        pub id: i64,
    }
}

mod with_a_write {
    use tenantry::prelude::*;

    #[tenant_view(sql = "WITH gone AS (DELETE FROM \"{tenant}\".notes RETURNING id) SELECT g.id FROM gone g")]
    pub struct Recent {
        pub id: i64,
    }
}

mod with_locks {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM \"{tenant}\".notes n FOR UPDATE")]
    pub struct Recent {
        pub id: i64,
    }
}

mod two_statements {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM \"{tenant}\".notes n; SELECT 1")]
    pub struct Recent {
        pub id: i64,
    }
}

mod with_a_gap {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM \"{tenant}\".notes n WHERE n.id > $1")]
    pub struct Recent {
        pub id: i64,
    }
}

mod of_the_session {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM \"{tenant}\".notes n WHERE current_setting('search_path') = ''")]
    pub struct Recent {
        pub id: i64,
    }
}

mod all_columns {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.* FROM \"{tenant}\".notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod too_many_columns {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id, coalesce(n.text, '') AS text FROM \"{tenant}\".notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod of_itself {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT r.id FROM {Recent} r")]
    pub struct Recent {
        pub id: i64,
    }
}

mod of_no_model {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT n.id FROM {Notes} n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod of_no_field {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Note {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_view(sql = "SELECT n.{Note.number} FROM {Note} n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod of_nothing {
    use tenantry::prelude::*;

    #[tenant_view(sql = " ")]
    pub struct Recent {
        pub id: i64,
    }
}

fn main() {}
