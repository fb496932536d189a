//! Two releases that write beside each other, on the way from one to the other and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::{self, JoinHandle};

use postgres::error::SqlState;
use postgres::{Client, NoTls};
use tenantry::migrate::Phase;
use tenantry_tests::fleet::migrator;
use tenantry_tests::wait::until;

use crate::given::{Given, TENANTS};

/// Work that a release does again and again, in `acme`; the number is another one each time.
pub(crate) type Work = fn(&mut Client, i32);

/// A release of an application.
struct Release {
    work: Work,
    url: String,
    count: Arc<AtomicI32>,
    running: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Release {
    fn new(given: &Given, work: Work) -> Self {
        Self {
            work,
            url: given.url().to_owned(),
            count: Arc::default(),
            running: None,
        }
    }

    fn start(&mut self) {
        let (work, url, count) = (self.work, self.url.clone(), self.count.clone());
        let is_over = Arc::new(AtomicBool::new(false));
        let is_ended = is_over.clone();
        let thread = thread::spawn(move || {
            let mut client = Client::connect(&url, NoTls).unwrap();
            while !is_ended.load(Ordering::Relaxed) {
                work(&mut client, count.fetch_add(1, Ordering::Relaxed));
            }
        });
        self.running = Some((is_over, thread));
        self.go_on();
    }

    /// Waits until it has done some more.
    fn go_on(&mut self) {
        let before = self.count.load(Ordering::Relaxed);
        until("it is gone on with", || {
            let is_ended = |(_, thread): &(_, JoinHandle<()>)| thread.is_finished();
            if self.running.as_ref().is_some_and(is_ended) {
                self.end();
            }
            self.count.load(Ordering::Relaxed) > before + 20
        });
    }

    fn end(&mut self) {
        if let Some((is_over, thread)) = self.running.take() {
            is_over.store(true, Ordering::Relaxed);
            thread.join().unwrap();
        }
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if let Some((is_over, _)) = &self.running {
            is_over.store(true, Ordering::Relaxed);
        }
    }
}

/// Has two releases write on, the former until the contract and the latter from the expand, while the migrations that are written are
/// applied. Before the contract some SQL mends what the former wrote. Then all of it is taken back, with both in the other order, and some SQL
/// that mends what the latter wrote.
pub(crate) fn there_and_back(
    given: &mut Given,
    (old, new): (Work, Work),
    (mended, mended_back): (&str, &str),
) {
    let [mut old, mut new] = [old, new].map(|work| Release::new(given, work));
    there(given, (&mut old, &mut new), mended);
    let chain = given.chain();
    let is_ready = |it: &&tenantry::migrate::Migration| it.phase() != Phase::Contract;
    let last_ready = chain.migrations().iter().rfind(is_ready).unwrap();
    let back = |given: &mut Given, to: &str| {
        let migrator = migrator(given.chain());
        migrator.on(&mut given.client).rollback(Some(to)).unwrap();
    };
    back(given, last_ready.id());
    old.start();
    [&mut old, &mut new].into_iter().for_each(Release::go_on);
    new.end();
    for tenant in TENANTS {
        given.run(tenant, mended_back);
    }
    back(given, chain.migrations()[0].id());
    old.go_on();
    old.end();
}

/// The first half of that: from the one release to the other.
pub(crate) fn only_there(given: &mut Given, (old, new): (Work, Work), mended: &str) {
    let [mut old, mut new] = [old, new].map(|work| Release::new(given, work));
    there(given, (&mut old, &mut new), mended);
    new.end();
}

fn there(given: &mut Given, (old, new): (&mut Release, &mut Release), mended: &str) {
    old.start();
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    old.go_on();
    new.start();
    old.go_on();
    old.end();
    for tenant in TENANTS {
        given.run(tenant, mended);
    }
    let contract = migrator(given.chain()).phase(Phase::Contract);
    contract.on(&mut given.client).run().unwrap();
    new.go_on();
}

/// Does something whatever came before, and shows the server's error.
pub(crate) fn does(client: &mut Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql) {
        panic!("{error:?}: {sql}");
    }
}

/// Shows that something is refused with a code of the server's.
pub(crate) fn is_refused(client: &mut Client, code: &str, sql: &str) {
    let error = client.batch_execute(sql).expect_err(sql);
    assert_eq!(
        error.code().map(SqlState::code),
        Some(code),
        "{error:?}: {sql}"
    );
}
