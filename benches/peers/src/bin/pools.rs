//! Makes loans of the bench `pool` from a ready pool: `pools NAME URL`. A line of the standard input is a slice.

#[path = "../../../src/pool/loans.rs"]
mod loans;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bb8_postgres::PostgresConnectionManager;
use deadpool_postgres::{Hook, Manager, ManagerConfig, RecyclingMethod, Runtime};
use loans::{ASK, CONNECTIONS, Lends, Loans, Took, by_tasks, by_threads, runtime, serve};
use r2d2::HandleEvent;
use r2d2::event::AcquireEvent;
use tokio_postgres::{Client, NoTls};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (name, url) = (
        arguments.next().expect("a name"),
        arguments.next().expect("an address"),
    );
    let mut lender: Box<dyn Lends> = match name.as_str() {
        "r2d2" => Box::new(R2d2::new(&url, false)),
        "r2d2-tested" => Box::new(R2d2::new(&url, true)),
        "deadpool" => Box::new(Deadpool::new(&url, RecyclingMethod::Fast)),
        "deadpool-tested" => Box::new(Deadpool::new(&url, RecyclingMethod::Verified)),
        "bb8" => Box::new(Bb8::new(&url, false)),
        "bb8-tested" => Box::new(Bb8::new(&url, true)),
        other => panic!("no pool is called {other}"),
    };
    serve(&mut *lender);
}

async fn ask(client: &Client) {
    let rows = client.query_typed(ASK, &[]).await.expect("an answer");
    black_box(rows[0].get::<_, i32>(0));
}

/// Counts the connections that a pool has opened.
#[derive(Debug, Clone, Default)]
struct Opened(Arc<AtomicU64>);

impl HandleEvent for Opened {
    fn handle_acquire(&self, _: AcquireEvent) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct R2d2 {
    pool: r2d2::Pool<r2d2_postgres::PostgresConnectionManager<NoTls>>,
    opened: Opened,
}

impl R2d2 {
    fn new(url: &str, is_tested: bool) -> Self {
        let config = url.parse().expect("an address");
        let manager = r2d2_postgres::PostgresConnectionManager::new(config, NoTls);
        let opened = Opened::default();
        let size = u32::try_from(CONNECTIONS).expect("a few");
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .test_on_check_out(is_tested)
            .event_handler(Box::new(opened.clone()))
            .build(manager);
        Self {
            pool: pool.expect("the server is there"),
            opened,
        }
    }
}

impl Lends for R2d2 {
    fn run(&mut self, loans: Loans) -> Took {
        by_threads(loans, |_| {
            let mut client = self.pool.get().expect("a connection");
            if loans.asks {
                let rows = client.query_typed(ASK, &[]).expect("an answer");
                black_box(rows[0].get::<_, i32>(0));
            }
        })
    }

    fn opened(&self) -> u64 {
        self.opened.0.load(Ordering::Relaxed)
    }
}

struct Deadpool {
    runtime: tokio::runtime::Runtime,
    pool: deadpool_postgres::Pool,
    opened: Opened,
}

impl Deadpool {
    fn new(url: &str, recycling_method: RecyclingMethod) -> Self {
        let config = url.parse().expect("an address");
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method });
        let opened = Opened::default();
        let counts = opened.clone();
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .post_create(Hook::sync_fn(move |_, _| {
                counts.0.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }))
            .build();
        Self {
            runtime: runtime(),
            pool: pool.expect("all is set"),
            opened,
        }
    }
}

impl Lends for Deadpool {
    fn run(&mut self, loans: Loans) -> Took {
        let pool = self.pool.clone();
        by_tasks(&self.runtime, loans, move |_| {
            let pool = pool.clone();
            async move {
                let client = pool.get().await.expect("a connection");
                if loans.asks {
                    ask(&client).await;
                }
            }
        })
    }

    fn opened(&self) -> u64 {
        self.opened.0.load(Ordering::Relaxed)
    }
}

struct Bb8 {
    runtime: tokio::runtime::Runtime,
    pool: bb8::Pool<PostgresConnectionManager<NoTls>>,
}

impl Bb8 {
    fn new(url: &str, is_tested: bool) -> Self {
        let config = url.parse().expect("an address");
        let manager = PostgresConnectionManager::new(config, NoTls);
        let size = u32::try_from(CONNECTIONS).expect("a few");
        let runtime = runtime();
        let pool = bb8::Pool::builder()
            .max_size(size)
            .test_on_check_out(is_tested)
            .build(manager);
        let pool = runtime.block_on(pool).expect("the server is there");
        Self { runtime, pool }
    }
}

impl Lends for Bb8 {
    fn run(&mut self, loans: Loans) -> Took {
        let pool = self.pool.clone();
        by_tasks(&self.runtime, loans, move |_| {
            let pool = pool.clone();
            async move {
                let client = pool.get().await.expect("a connection");
                if loans.asks {
                    ask(&client).await;
                }
            }
        })
    }

    fn opened(&self) -> u64 {
        self.pool.state().statistics.connections_created
    }
}
