//! Loans of our pools, and the same work without a loan.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use postgres::Client;
use tenantry::prelude::*;
use tenantry::{sql, tokio as tasks};
use tokio::runtime::Runtime;

use super::loans::{ASK, CONNECTIONS, Lends, Loans, Took, by_tasks, by_threads, runtime};
use crate::server::{connect, open};

/// Returns somebody who lends, by the name that the list of lenders has.
pub(crate) fn lender(name: &str, url: &str) -> Box<dyn Lends> {
    match name {
        "threads-kept" => Box::new(KeptByThreads::new(url)),
        "threads-scope" => Box::new(ScopesOfThreads::new(url)),
        "threads-ours" => Box::new(Threads(open(url))),
        "tasks-kept" => Box::new(KeptByTasks::new(url)),
        "tasks-ours" => Box::new(Tasks::new(url)),
        other => panic!("nobody who lends is called {other}"),
    }
}

/// A connection of the driver for each borrower, who keeps it.
struct KeptByThreads(Vec<Mutex<Client>>);

impl KeptByThreads {
    fn new(url: &str) -> Self {
        Self((0..CONNECTIONS).map(|_| connect(url).into()).collect())
    }
}

impl Lends for KeptByThreads {
    fn run(&mut self, loans: Loans) -> Took {
        by_threads(loans, |number| {
            let mut client = self.0[number].lock().expect("nobody panics with it");
            if loans.asks {
                let row = client.query_typed(ASK, &[]).expect("an answer");
                black_box(row[0].get::<_, i32>(0));
            }
        })
    }

    fn opened(&self) -> u64 {
        self.0.len() as u64
    }
}

/// A scope for each borrower, who keeps it: what a statement of ours takes without a loan.
struct ScopesOfThreads {
    db: Database,
    scopes: Vec<Mutex<SharedScope>>,
}

impl ScopesOfThreads {
    fn new(url: &str) -> Self {
        let db = open(url);
        let scopes = (0..CONNECTIONS).map(|_| db.shared().expect("a connection").into());
        Self {
            scopes: scopes.collect(),
            db,
        }
    }
}

impl Lends for ScopesOfThreads {
    fn run(&mut self, loans: Loans) -> Took {
        by_threads(loans, |number| {
            let mut scope = self.scopes[number].lock().expect("nobody panics with it");
            if loans.asks {
                ask(&mut scope);
            }
        })
    }

    fn opened(&self) -> u64 {
        self.db.pool_status().opened
    }
}

fn ask(scope: &mut SharedScope) {
    let one = scope.sql(sql!("SELECT 1")).row::<i32>();
    black_box(one.expect("an answer"));
}

/// Our pool for threads.
struct Threads(Database);

impl Lends for Threads {
    fn run(&mut self, loans: Loans) -> Took {
        by_threads(loans, |_| {
            let mut scope = self.0.shared().expect("a connection");
            if loans.asks {
                ask(&mut scope);
            }
        })
    }

    fn opened(&self) -> u64 {
        self.0.pool_status().opened
    }
}

/// A connection of the driver for each task, which keeps it.
struct KeptByTasks {
    runtime: Runtime,
    clients: Arc<Vec<tokio_postgres::Client>>,
}

impl KeptByTasks {
    fn new(url: &str) -> Self {
        let runtime = runtime();
        let clients = runtime.block_on(async {
            let mut clients = Vec::new();
            for _ in 0..CONNECTIONS {
                let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
                let (client, connection) = connected.expect("the server is there");
                tokio::spawn(connection);
                clients.push(client);
            }
            clients
        });
        Self {
            runtime,
            clients: Arc::new(clients),
        }
    }
}

impl Lends for KeptByTasks {
    fn run(&mut self, loans: Loans) -> Took {
        let clients = Arc::clone(&self.clients);
        by_tasks(&self.runtime, loans, move |number| {
            let clients = Arc::clone(&clients);
            async move {
                if loans.asks {
                    let row = clients[number].query_typed(ASK, &[]).await;
                    black_box(row.expect("an answer")[0].get::<_, i32>(0));
                }
            }
        })
    }

    fn opened(&self) -> u64 {
        self.clients.len() as u64
    }
}

/// Our pool for tasks. A scope takes a connection only when something is sent.
struct Tasks {
    runtime: Runtime,
    db: tasks::Database,
}

impl Tasks {
    fn new(url: &str) -> Self {
        let runtime = runtime();
        let db = runtime.block_on(tasks::Database::connect(url));
        Self {
            db: db.expect("the server is there"),
            runtime,
        }
    }
}

impl Lends for Tasks {
    fn run(&mut self, loans: Loans) -> Took {
        let db = self.db.clone();
        by_tasks(&self.runtime, loans, move |_| {
            let db = db.clone();
            async move {
                let mut scope = db.shared();
                if loans.asks {
                    let one = scope.sql(sql!("SELECT 1")).row::<i32>().await;
                    black_box(one.expect("an answer"));
                }
            }
        })
    }

    fn opened(&self) -> u64 {
        self.db.pool_status().opened
    }
}
