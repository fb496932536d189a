//! Foreign keys of several columns that lead back, in a circle, to what gets other names, and to what is a tenant's.

use tenantry::migrate::{Choices, NewMigration, Phase, changes};
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{create, migrator};

use crate::given::Given;
use crate::models::key;

/// Leads to another row of its own.
#[tenant_model(foreign_key(tree, parent, references = Node, on_delete = "cascade"))]
pub(crate) struct Node {
    #[field(key)]
    pub(crate) tree: i32,
    #[field(key)]
    pub(crate) number: i32,
    pub(crate) parent: Option<i32>,
}

#[tenant_model(foreign_key(of_right, at_right, references = Right, on_delete = "set_null"))]
pub(crate) struct Left {
    #[field(key)]
    pub(crate) of: i32,
    #[field(key)]
    pub(crate) at: i32,
    pub(crate) of_right: Option<i32>,
    pub(crate) at_right: Option<i32>,
}

#[tenant_model(foreign_key(of_left, at_left, references = Left, name = "to left"))]
pub(crate) struct Right {
    #[field(key)]
    pub(crate) of: i32,
    #[field(key)]
    pub(crate) at: i32,
    pub(crate) of_left: Option<i32>,
    pub(crate) at_left: Option<i32>,
}

mod before {
    use tenantry::prelude::*;

    #[tenant_model]
    pub(crate) struct Place {
        #[field(key)]
        pub(crate) row: i32,
        #[field(key)]
        pub(crate) seat: i32,
    }

    #[tenant_model(foreign_key(row, seat, references = Place))]
    pub(crate) struct Ticket {
        #[field(key)]
        pub(crate) id: i64,
        pub(crate) row: i32,
        pub(crate) seat: i32,
    }
}

mod after {
    use tenantry::prelude::*;

    #[tenant_model(was = "places")]
    pub(crate) struct Spot {
        #[field(key)]
        pub(crate) row: i32,
        #[field(key, was = "seat")]
        pub(crate) number: i32,
    }

    #[tenant_model(foreign_key(line, seat, references = Spot))]
    pub(crate) struct Ticket {
        #[field(key)]
        pub(crate) id: i64,
        #[field(was = "row")]
        pub(crate) line: i32,
        pub(crate) seat: i32,
    }
}

mod accounts {
    use tenantry::prelude::*;

    #[shared_model(tenant)]
    #[derive(Debug)]
    pub(crate) struct Account {
        #[field(key, given)]
        pub(crate) key: TenantKey,
    }

    #[shared_model]
    #[derive(Debug)]
    pub(crate) struct Desk {
        #[field(key, on_delete = "cascade")]
        pub(crate) account: Fk<Account>,
        #[field(key)]
        pub(crate) number: i32,
    }

    #[shared_model(foreign_key(account, desk, references = Desk, on_delete = "cascade"))]
    #[derive(Debug)]
    pub(crate) struct Phone {
        #[field(key)]
        pub(crate) id: i64,
        #[field(on_delete = "cascade")]
        pub(crate) account: Fk<Account>,
        pub(crate) desk: Option<i32>,
    }
}

#[test]
fn rows_lead_to_rows_of_their_own_table_and_in_a_circle() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Node::DEF, Left::DEF, Right::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    // One is made by the baseline.
    for name in ["acme", "globex"] {
        db.tenants().create(&key(name)).unwrap();
        let mut tenant = db.tenant(&key(name)).unwrap();
        for (number, parent) in [(1, None), (2, Some(1)), (3, Some(2))] {
            let node = NewNode::new(7, number).parent(parent);
            Node::insert(node).execute(&mut tenant).unwrap();
        }
        let stray = Node::insert(NewNode::new(8, 4).parent(3));
        assert!(stray.execute(&mut tenant).is_err());
        let first = Node::find((7, 1)).one(&mut tenant).unwrap();
        first.delete(&mut tenant).unwrap();
        assert_eq!(Node::query().count(&mut tenant).unwrap(), 0);
        Left::insert(NewLeft::new(1, 1))
            .execute(&mut tenant)
            .unwrap();
        let right = NewRight::new(2, 2).of_left(1).at_left(1);
        let right = Right::insert(right).returning(&mut tenant).unwrap();
        let mut left = Left::find((1, 1)).one(&mut tenant).unwrap();
        (left.of_right, left.at_right) = (Some(2), Some(2));
        left.save(&mut tenant).unwrap();
        right.delete(&mut tenant).unwrap();
        left.reload(&mut tenant).unwrap();
        assert_eq!(left.of_right, None);
    }
}

#[test]
fn they_stay_when_tables_and_columns_of_both_sides_get_other_names() {
    let rows = "INSERT INTO {t}.places SELECT n / 10, n % 10 FROM generate_series(0, 99) AS n; \
         INSERT INTO {t}.tickets (row, seat) SELECT n / 10, n % 10 FROM generate_series(0, 99) AS n";
    let former = [before::Place::DEF, before::Ticket::DEF];
    let models = [after::Spot::DEF, after::Ticket::DEF];
    let mut given = Given::new(&former, rows);
    let made = given.write(&models, &Choices::new());
    let words: Vec<String> = made
        .iter()
        .flat_map(NewMigration::operations)
        .map(ToString::to_string)
        .collect();
    assert_eq!(changes(&models, &given.chain()).unwrap(), [], "{words:?}");
    for phase in [Phase::Expand, Phase::Contract] {
        let run = migrator(given.chain()).phase(phase);
        run.on(&mut given.client).run().unwrap();
    }
    given.expect_structure(&models);
    create(&mut given.client, "later");
    given.expect_structure(&models);
    let length = given.chain().migrations().len();
    let back = (length - made.len()).to_string();
    let back = migrator(given.chain())
        .on(&mut given.client)
        .rollback(Some(&back));
    back.unwrap();
    given.expect_structure(&former);
    assert_eq!(
        given.finds("SELECT count(*)::text FROM {t}.tickets"),
        ["100"]
    );
}

#[test]
fn those_that_lead_through_a_tenants_row_follow_its_rename_and_its_drop() {
    use accounts::{Account, Desk, NewAccount, NewDesk, NewPhone, Phone};

    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Account::DEF, Desk::DEF, Phone::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    db.tenants().create(NewAccount::new(key("acme"))).unwrap();
    let mut shared = db.shared().unwrap();
    let account = Account::find(key("acme")).one(&mut shared).unwrap();
    Desk::insert(NewDesk::new(&account, 1))
        .execute(&mut shared)
        .unwrap();
    let phone = Phone::insert(NewPhone::new(&account).desk(1));
    let mut phone = phone.returning(&mut shared).unwrap();
    let other = Phone::insert(NewPhone::new(&account).desk(2));
    assert!(other.execute(&mut shared).is_err());
    db.tenants().rename(&key("acme"), &key("globex")).unwrap();
    phone.reload(&mut shared).unwrap();
    let account = Account::find(key("globex")).one(&mut shared).unwrap();
    assert_eq!((&phone.account, phone.desk), (&account.key(), Some(1)));
    db.tenants().drop(&key("globex")).unwrap();
    assert_eq!(Phone::query().count(&mut shared).unwrap(), 0);
}
