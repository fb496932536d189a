//! Foreign keys that lead to another table than before.

use tenantry::migrate::{Choices, Question, questions};
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Person {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "order")]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        pub of: Fk<Person>,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        pub of: Fk<before::Order>,
    }
}

/// The table that the key leads to has another name, and is the same.
mod renamed {
    use super::*;

    #[tenant_model(table = "people", was = "persons")]
    pub(crate) struct Person {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub(crate) struct Line {
        #[field(key)]
        pub id: i64,
        pub of: Fk<Person>,
    }
}

const BEFORE: [&ModelDef; 3] = [before::Person::DEF, before::Order::DEF, before::Line::DEF];
const AFTER: [&ModelDef; 3] = [before::Person::DEF, before::Order::DEF, after::Line::DEF];
const ROWS: &str = "INSERT INTO {t}.persons DEFAULT VALUES; INSERT INTO {t}.\"order\" DEFAULT VALUES; \
    INSERT INTO {t}.lines (\"of\") VALUES (1)";

#[test]
fn a_key_that_leads_elsewhere_is_asked_about_for_the_ids_may_coincide() {
    let mut given = Given::new(&BEFORE, ROWS);
    let chain = given.chain();
    let asked = questions(&AFTER, &chain, &Choices::new()).unwrap();
    let [Question::Loss { of, words, .. }] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(of, "lines.of");
    assert!(
        words.contains("leads to `order`, and led to `persons`"),
        "{words}"
    );
    let accepted = Choices::new().accept_loss("lines.of");
    assert_eq!(questions(&AFTER, &chain, &accepted).unwrap(), []);
    given.become_(&AFTER, &accepted);
}

#[test]
fn a_key_to_a_table_with_a_new_name_is_the_same() {
    let given = Given::new(&BEFORE, "");
    let models: [&ModelDef; 3] = [renamed::Person::DEF, before::Order::DEF, renamed::Line::DEF];
    assert_eq!(
        questions(&models, &given.chain(), &Choices::new()).unwrap(),
        []
    );
}
