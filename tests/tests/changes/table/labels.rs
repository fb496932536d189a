//! Labels of enums.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(super) enum State {
        Open,
        Paid,
        Void,
    }

    #[tenant_model]
    pub(super) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(default = "open")]
        pub state: State,
        pub text: String,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, state, text) FROM {t}.bills ORDER BY id";
    Case::new((&[before::Bill::DEF], after), (rows, &["1|open|open", "2|paid|new"]))
        .rows("INSERT INTO {t}.bills (state, text) VALUES ('open', 'open'), ('paid', 'new')")
        .many("bills", "INSERT INTO {t}.bills (state, text) SELECT 'open', 'open' FROM generate_series(1, 24000) AS n")
}

change! {
    label_added
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Open,
            Paid,
            Void,
            Late,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: String,
        }
    }
    |case| case
}

change! {
    label_removed
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Open,
            Paid,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: String,
        }
    }
    |case| case.told(|it| it.accept_loss("bills.state:void"))
}

change! {
    label_removed_that_rows_have
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Open,
            Void,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: String,
        }
    }
    |case| case.told(|it| it.accept_loss("bills.state:paid")).fails("violated by some row")
}

change! {
    label_renamed
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Unpaid,
            Paid,
            Void,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "unpaid")]
            pub state: State,
            pub text: String,
        }
    }
    |case| case
        .told(|it| it.rename("bills.state:open=unpaid"))
        .finds("SELECT state FROM {t}.bills ORDER BY id", &["unpaid", "paid"])
}

change! {
    labels_in_another_order
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Void,
            Paid,
            Open,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: String,
        }
    }
    |case| case
}

change! {
    enum_made_text
    after [Bill] {
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: String,
            pub text: String,
        }
    }
    |case| case
}

change! {
    text_made_enum
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Open,
            Paid,
            Void,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: State,
        }
    }
    |case| case.fails("violated by some row")
}

change! {
    text_made_enum_of_its_words
    after [Bill] {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
        pub(super) enum State {
            Open,
            Paid,
            Void,
            New,
        }
        #[tenant_model]
        pub(super) struct Bill {
            #[field(key)]
            pub id: i64,
            #[field(default = "open")]
            pub state: State,
            pub text: State,
        }
    }
    |case| case
}
