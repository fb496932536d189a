//! Names that change, with all that is named after them.

use tenantry::ErrorKind;
use tenantry::migrate::{Choices, make_with};
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum State {
        Open,
        Paid,
    }

    #[tenant_model(
        check = "total >= 0",
        index(total, "lower(note)", filter = "total > 5")
    )]
    pub(crate) struct Invoice {
        #[field(key)]
        pub id: i64,
        #[field(unique, check = "total < 1000")]
        pub total: i32,
        pub note: String,
        #[field(default = "open")]
        pub state: State,
    }

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        pub invoice: Fk<Invoice>,
    }
}

mod after {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum State {
        Unpaid,
        Paid,
    }

    #[tenant_model(
        table = "bills",
        check = "amount >= 0",
        index(amount, "lower(note)", filter = "amount > 5")
    )]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(unique, check = "amount < 1000")]
        pub amount: i32,
        pub note: String,
        #[field(default = "unpaid")]
        pub state: State,
    }

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        pub bill: Fk<Bill>,
    }
}

/// As `after`, with the former names in the models.
mod told {
    use super::*;

    #[tenant_model(
        was = "invoices",
        check = "amount >= 0",
        index(amount, "lower(note)", filter = "amount > 5")
    )]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(unique, check = "amount < 1000", was = "total")]
        pub amount: i32,
        pub note: String,
        #[field(default = "open")]
        pub state: before::State,
    }

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        #[field(was = "invoice")]
        pub bill: Fk<Bill>,
    }
}

const ROWS: &str =
    "INSERT INTO {t}.invoices (total, note, state) VALUES (7, 'a', 'open'), (8, 'b', 'paid');
     INSERT INTO {t}.lines (invoice) SELECT id FROM {t}.invoices";

const KEPT: &str =
    "SELECT amount || note || state FROM {t}.bills JOIN {t}.lines ON bill = bills.id ORDER BY 1";

#[test]
fn a_table_a_column_and_a_label_keep_their_rows_under_their_new_names() {
    let mut given = Given::new(&[before::Invoice::DEF, before::Line::DEF], ROWS);
    let choices = Choices::new()
        .rename("invoices=bills")
        .rename("invoices.total=amount")
        .rename("lines.invoice=bill")
        .rename("bills.state:open=unpaid");
    let operations = given.become_(&[after::Bill::DEF, after::Line::DEF], &choices);
    assert_eq!(given.finds(KEPT), ["7aunpaid", "8bpaid"]);
    for operation in &operations {
        let is_made_anew = operation.contains("check") || operation.contains("default");
        assert!(
            operation.starts_with("rename") || is_made_anew,
            "{operation}"
        );
    }
}

#[test]
fn models_may_say_what_they_were() {
    let mut given = Given::new(&[before::Invoice::DEF, before::Line::DEF], ROWS);
    let operations = given.become_(&[told::Bill::DEF, told::Line::DEF], &Choices::new());
    assert_eq!(given.finds(KEPT), ["7aopen", "8bpaid"]);
    assert!(
        operations.iter().all(|it| it.starts_with("rename")),
        "{operations:#?}"
    );
}

#[test]
fn a_rename_of_what_is_not_there_is_refused() {
    let given = Given::new(&[before::Invoice::DEF, before::Line::DEF], "");
    for wrong in [
        "invoices.totl=amount",
        "invoices=lines",
        "invoices.total=note",
        "invoices",
    ] {
        let choices = Choices::new().rename(wrong);
        let models = [after::Bill::DEF, after::Line::DEF];
        let error = make_with(&models, &given.chain(), None, &choices).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Models);
        assert!(
            error
                .to_string()
                .contains(&format!("`{wrong}` renames nothing")),
            "{error}"
        );
    }
}
