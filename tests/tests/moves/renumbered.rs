//! Rows that get new keys, because each tenant has numbered its own.

use tenantry::migrate::{Choices, Question, questions};
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Folder {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub within: Option<Fk<Folder>>,
    }

    #[tenant_model]
    pub(crate) struct Page {
        #[field(key)]
        pub id: i64,
        pub folder: Fk<Folder>,
        pub text: String,
    }

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub page: Fk<Page>,
    }
}

mod after {
    use super::*;

    #[shared_model]
    pub(crate) struct Folder {
        #[field(key)]
        pub id: i64,
        pub tenant: String,
        pub name: String,
        pub within: Option<Fk<Folder>>,
    }

    #[shared_model]
    pub(crate) struct Page {
        #[field(key)]
        pub id: i64,
        pub tenant: String,
        pub folder: Fk<Folder>,
        pub text: String,
    }

    #[tenant_model]
    pub(crate) struct Visit {
        #[field(key)]
        pub id: i64,
        pub page: Fk<Page>,
    }
}

const BEFORE: [&ModelDef; 3] = [before::Folder::DEF, before::Page::DEF, before::Visit::DEF];
const AFTER: [&ModelDef; 3] = [after::Folder::DEF, after::Page::DEF, after::Visit::DEF];

fn moved() -> Choices {
    Choices::new()
        .move_table("pages=collect:tenant,new_keys")
        .move_table("folders=collect:tenant,new_keys")
}

/// The same numbers in each tenant: a folder within another, and a page in it that is visited.
fn with_rows() -> Given {
    let mut given = Given::new(&BEFORE);
    for name in TENANTS {
        given.run(&format!(
            "INSERT INTO {name:?}.folders (name, within) VALUES ('root of {name}', NULL), ('sub of {name}', 1);
             INSERT INTO {name:?}.pages (folder, text) VALUES (2, 'page of {name}');
             INSERT INTO {name:?}.visits (page) VALUES (1), (1)"
        ));
    }
    given
}

/// The rows that a tenant finds along its references.
fn paths(given: &mut Given, name: &str, schema: &str) -> Vec<String> {
    given.finds(&format!(
        "SELECT concat_ws(' ', p.text, f.name, w.name) FROM {name:?}.visits v JOIN {schema:?}.pages p ON p.id = v.page \
         JOIN {schema:?}.folders f ON f.id = p.folder JOIN {schema:?}.folders w ON w.id = f.within"
    ))
}

fn expected(name: &str) -> Vec<String> {
    vec![format!("page of {name} sub of {name} root of {name}"); 2]
}

#[test]
fn references_follow_new_keys_there_and_back() {
    let mut given = with_rows();
    given.write(&AFTER, &moved());
    given.migrate();
    for name in TENANTS {
        assert_eq!(paths(&mut given, name, "shared"), expected(name));
    }
    assert_eq!(
        given.finds("SELECT count(DISTINCT id)::text FROM shared.folders"),
        ["6"]
    );
    // New rows are numbered above, and come back with a key that is free there.
    let mut shared = given.shared();
    let new = after::NewFolder::new("acme", "new");
    let new = after::Folder::insert(new).returning(&mut shared).unwrap();
    after::Page::insert(after::NewPage::new("acme", new.key(), "new page"))
        .execute(&mut shared)
        .unwrap();
    drop(shared);
    given.expect_baseline();
    given.roll_back("1");
    for name in TENANTS {
        assert_eq!(paths(&mut given, name, name), expected(name));
    }
    assert_eq!(
        given.finds("SELECT concat_ws(' ', id, name, within) FROM acme.folders ORDER BY id"),
        ["1 root of acme", "2 sub of acme 1", "3 new"]
    );
    assert_eq!(
        given.finds("SELECT concat_ws(' ', id, folder, text) FROM acme.pages ORDER BY id"),
        ["1 2 page of acme", "2 3 new page"]
    );
    assert_eq!(given.drift(), [""; 0]);
    given.migrate();
    for name in TENANTS {
        assert_eq!(paths(&mut given, name, "shared"), expected(name));
    }
}

#[test]
fn a_dropped_table_is_made_again_by_a_rollback() {
    let mut given = with_rows();
    given.write(&AFTER, &moved());
    given.migrate();
    let dropped = Choices::new().drop_moved("pages").drop_moved("folders");
    given.write(&AFTER, &dropped);
    given.migrate();
    given.roll_back("1");
    for name in TENANTS {
        assert_eq!(paths(&mut given, name, name), expected(name));
    }
    assert_eq!(given.drift(), [""; 0]);
}

#[test]
fn the_same_keys_are_refused_without() {
    let mut given = with_rows();
    let open = questions(&AFTER, &given.chain(), &Choices::new()).unwrap();
    let Some(Question::Moved { ways, .. }) = open.first() else {
        panic!("{open:?}");
    };
    assert_eq!(
        ways,
        &["folders=collect:tenant,new_keys", "folders=collect:tenant"]
    );
    let same = Choices::new()
        .move_table("folders=collect:tenant")
        .move_table("pages=collect:tenant");
    given.write(&AFTER, &same);
    let error = given.fails_to_migrate();
    assert!(
        error.contains("rows of `folders` have the same id"),
        "{error}"
    );
    assert!(error.contains("their keys: 1, 2"), "{error}");
}
