//! An application with customers, who belong to users and are paid for.

use tenantry::prelude::*;
use tenantry::tenant::TenantFilter;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of_schema;
use tenantry_tests::fleet::{key, migrate};

/// Somebody who logs in.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique)]
    pub(crate) email: String,
}

/// A customer, whose data is in a schema of its own.
#[shared_model(tenant)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    #[field(key, given)]
    pub(crate) key: TenantKey,
    pub(crate) owner: Fk<User>,
    #[field(default = "free", max_length = 8)]
    pub(crate) plan: String,
    pub(crate) paid_until: Option<Date>,
}

/// A user's right to enter an account.
#[shared_model(unique(user, account))]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Membership {
    #[field(key)]
    pub(crate) id: i64,
    #[field(on_delete = "cascade")]
    pub(crate) user: Fk<User>,
    #[field(on_delete = "cascade", inverse = "members")]
    pub(crate) account: Fk<Account>,
}

/// A debt of a customer, who is not dropped before it is paid.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invoice {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) account: Fk<Account>,
    pub(crate) cents: i64,
}

/// A visit, which stays when the customer goes.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Visit {
    #[field(key)]
    pub(crate) id: i64,
    #[field(on_delete = "set_null")]
    pub(crate) account: Option<Fk<Account>>,
}

/// Something that a customer has written.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) text: String,
}

tenantry::schema! {
    pub(crate) static SCHEMA = [User, Account, Membership, Invoice, Visit, Note];
}

/// The application's database, with a user.
pub(crate) struct App {
    // Closed before the database is dropped.
    pub(crate) db: Database,
    pub(crate) ann: Stored<User>,
    pub(crate) database: TestDb,
}

impl App {
    pub(crate) fn new() -> Self {
        let database = TestDb::from_template("tenant_row", |url| {
            let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
            migrate(&mut client, chain_of_schema(&SCHEMA));
        });
        let db = Database::connect(database.url()).unwrap();
        let ann = User::insert(NewUser::new("ann@x.example"));
        let ann = ann.returning(&mut db.shared().unwrap()).unwrap();
        Self { db, ann, database }
    }

    /// A new account of Ann's.
    pub(crate) fn account(&self, name: &str) -> NewAccount {
        NewAccount::new(key(name), &self.ann)
    }

    /// The keys of all accounts, and of all tenants, which are the same.
    pub(crate) fn accounts(&self) -> Vec<String> {
        let all = Account::query().order_by(Account::KEY.asc());
        let all = all.all(&mut self.db.shared().unwrap()).unwrap();
        let keys: Vec<String> = all.iter().map(|it| it.key.to_string()).collect();
        let tenants = self.db.tenants().list(&TenantFilter::default()).unwrap();
        let tenants: Vec<String> = tenants.iter().map(|it| it.key().to_string()).collect();
        assert_eq!(keys, tenants);
        keys
    }
}
