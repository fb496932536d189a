//! Names of tables that are kept since their rows were moved.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(super) struct Note {
        #[field(key, given)]
        pub code: String,
    }

    #[tenant_model]
    pub(super) struct Label {
        #[field(key, given)]
        pub code: String,
    }
}

mod after {
    use super::*;

    #[shared_model]
    pub(super) struct Note {
        #[field(key, given)]
        pub code: String,
        pub tenant: String,
    }

    #[shared_model]
    pub(super) struct Label {
        #[field(key, given)]
        pub code: String,
        pub tenant: String,
    }

    /// Something new with a name from before.
    #[tenant_model(table = "notes")]
    pub(super) struct Remark {
        #[field(key)]
        pub id: i64,
    }
}

const MOVED: [&ModelDef; 2] = [after::Note::DEF, after::Label::DEF];
const NAMED: [&ModelDef; 3] = [after::Note::DEF, after::Label::DEF, after::Remark::DEF];

#[test]
fn a_name_is_free_for_those_who_drop_its_table_and_not_another() {
    let mut given = Given::new(&[before::Note::DEF, before::Label::DEF]);
    let collect = Choices::new()
        .move_table("notes=collect:tenant")
        .move_table("labels=collect:tenant");
    given.write(&MOVED, &collect);
    given.migrate();
    for choices in [Choices::new(), Choices::new().drop_moved("labels")] {
        let error = given.refused(&NAMED, &choices);
        assert!(error.contains("`notes`, which is kept"), "{error}");
    }
    given.write(&NAMED, &Choices::new().drop_moved("notes"));
    given.migrate();
    assert_eq!(given.drift(), [""; 0]);
}
