//! A thousand tenants behind PgBouncer in transaction mode, where any statement can reach any server connection.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeSet;
use std::thread;

use postgres::NoTls;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::programs::is_not_installed;

/// A note that says whose it is.
#[tenant_model]
#[derive(Debug)]
struct Note {
    #[field(key)]
    id: i64,
    owner: String,
}

const TENANTS: usize = 1_000;
const CLIENTS: usize = 4;

fn key(number: usize) -> TenantKey {
    TenantKey::new(format!("tenant-{number}")).unwrap()
}

fn chain() -> Chain {
    tenantry_tests::chain_of(&[Note::DEF])
}

#[test]
fn a_thousand_tenants_behind_a_transaction_pooler_read_only_their_own_rows() {
    let database = TestDb::new();
    let Some(bouncer) = Bouncer::start(&database) else {
        is_not_installed("PgBouncer");
        return;
    };
    let direct = Database::connect(database.url()).unwrap();
    direct.migrator(chain()).run().unwrap();
    for number in 0..TENANTS {
        direct.tenants().create(&key(number)).unwrap();
    }

    let mut options = Options::default();
    options.max_connections = 2;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let pooled = Database::connect_with(&bouncer.config(), NoTls, options.clone()).unwrap();
            thread::spawn(move || write_and_read(&pooled, client))
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

/// Every client writes to each tenant and reads what is there so far; a stride keeps the clients at different tenants.
fn write_and_read(pooled: &Database, client: usize) {
    for step in 0..TENANTS {
        let number = (step * 37 + client * 251) % TENANTS;
        let key = key(number);
        let mut scope = pooled.tenant(&key).unwrap();
        scope
            .transaction(|tx| {
                Note::insert(NewNote::new(key.as_str())).execute(tx)?;
                let owners: BTreeSet<String> = Note::query()
                    .all(tx)?
                    .into_iter()
                    .map(|note| note.into_inner().owner)
                    .collect();
                assert_eq!(owners, BTreeSet::from([key.as_str().to_owned()]));
                Ok::<_, tenantry::Error>(())
            })
            .unwrap();
        let note = Note::query()
            .order_by(Note::ID.asc())
            .first(&mut scope)
            .unwrap()
            .unwrap();
        assert_eq!(note.owner, key.as_str());
    }
}
