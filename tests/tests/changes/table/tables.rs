//! Models that come, go, and get another name.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[shared_model]
    pub(super) struct Plan {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    #[tenant_model]
    pub(super) struct Person {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub street: String,
    }

    #[tenant_model]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        #[field(index)]
        pub by: Fk<Person>,
        #[field(unique, check = "number <> 0")]
        pub number: i64,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', n.id, name, street, number) FROM {t}.notes AS n JOIN {t}.persons AS p ON p.id = by ORDER BY 1";
    Case::new(
        (
            &[before::Plan::DEF, before::Person::DEF, before::Note::DEF],
            after,
        ),
        (rows, &["1|a|s|7", "2|b \"ü\"|t|-1"]),
    )
    .rows(
        "INSERT INTO {t}.persons (name, street) VALUES ('a', 's'), ('b \"ü\"', 't'); \
             INSERT INTO {t}.notes (by, number) VALUES (1, 7), (2, -1)",
    )
    .many(
        "persons",
        "INSERT INTO {t}.persons (name, street) SELECT n, n FROM generate_series(1, 24000) AS n",
    )
    .many(
        "notes",
        "INSERT INTO {t}.notes (by, number) SELECT n, n + 100 FROM generate_series(1, 20000) AS n",
    )
}

change! {
    model_added
    after [Plan, Person, Note, Tag] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
        #[tenant_model]
        pub(super) struct Tag {
            #[field(key)]
            pub id: i64,
            pub on: Fk<Note>,
            #[field(index)]
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    model_added_that_is_shared
    after [Plan, Person, Note, Rate] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
        #[shared_model]
        pub(super) struct Rate {
            #[field(key)]
            pub id: i64,
            #[field(unique)]
            pub name: String,
        }
    }
    |case| case
}

change! {
    model_dropped
    after [Plan, Person] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes"))
        .finds("SELECT name FROM {t}.persons ORDER BY id", &["a", "b \"ü\""])
        .finds_back(&[])
}

change! {
    model_dropped_that_others_reference
    after [Plan, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by: i64,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case
        .told(|it| it.accept_loss("persons").accept_loss("notes.by"))
        .finds("SELECT by::text FROM {t}.notes ORDER BY id", &["1", "2"])
        .stays("notes_by_fkey")
}

change! {
    model_renamed
    after [Plan, Person, Memo] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
        #[tenant_model(was = "notes")]
        pub(super) struct Memo {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case.finds("SELECT number::text FROM {t}.memos ORDER BY id", &["7", "-1"])
}

change! {
    model_renamed_that_others_reference
    after [Plan, Contact, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Contact {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Contact>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case
        .told(|it| it.rename("persons=contacts"))
        .finds("SELECT name FROM {t}.contacts JOIN {t}.notes ON by = contacts.id ORDER BY 1", &["a", "b \"ü\""])
}

change! {
    model_renamed_to_what_needs_quotes
    after [Plan, Person, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
            pub street: String,
        }
        #[tenant_model(table = "order", was = "notes")]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case.finds("SELECT number::text FROM {t}.\"order\" ORDER BY id", &["7", "-1"])
}

change! {
    model_split_in_two
    after [Plan, Person, Address, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Address {
            #[field(key)]
            pub id: i64,
            pub person: Fk<Person>,
            pub street: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case
        .told(|it| it.accept_loss("persons.street").fill("persons.street", "'?'"))
        .finds("SELECT count(*)::text FROM {t}.addresses", &["0"])
        .finds_back(&["1|a|?|7", "2|b \"ü\"|?|-1"])
}

change! {
    models_merged
    after [Plan, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by_name: Option<String>,
            #[field(unique, check = "number <> 0")]
            pub number: i64,
        }
    }
    |case| case
        .told(|it| it.accept_loss("persons").accept_loss("notes.by"))
        .stays("by")
}

change! {
    many_changes_at_once
    after [Plan, Person, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
            pub name: String,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            #[field(was = "name", max_length = 80)]
            pub called: String,
            #[field(default = "de")]
            pub country: String,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(on_delete = "cascade")]
            pub by: Fk<Person>,
            #[field(unique, check = "number <> 1")]
            pub number: i64,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.accept_loss("persons.street").fill("persons.street", "'?'"))
        .finds("SELECT called || country FROM {t}.persons ORDER BY id", &["ade", "b \"ü\"de"])
        .finds_back(&["1|a|?|7", "2|b \"ü\"|?|-1"])
}
