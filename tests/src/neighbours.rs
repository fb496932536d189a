//! An application in two releases that follow each other, each a process of its own that reads and writes.

#![allow(
    clippy::print_stdout,
    reason = "a process tells the test so how far it is"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tenantry::prelude::*;
use tenantry::scope::Release;

use crate::fleet::{app, key};
use crate::wait::until;

/// The models of the former release.
pub mod before {
    use tenantry::prelude::*;

    /// An order.
    #[derive(Debug)]
    #[tenant_model(index("total"))]
    pub struct Order {
        /// The key.
        #[field(key)]
        pub id: i64,
        /// The number of the request that made it.
        #[field(unique)]
        pub number: i64,
        /// The number again.
        pub total: i64,
        /// Another column.
        #[field(default = 0)]
        pub stock: i32,
        /// A text that may be null.
        pub note: Option<String>,
        /// The number as a text.
        pub code: String,
        /// A column that goes.
        #[field(default = false)]
        pub is_marked: bool,
    }
}

/// The models of the latter release.
pub mod after {
    use tenantry::prelude::*;

    /// An order.
    #[derive(Debug)]
    #[tenant_model(index("amount", "stock"))]
    pub struct Order {
        /// The key.
        #[field(key)]
        pub id: i64,
        /// The number of the request that made it.
        #[field(unique)]
        pub number: i64,
        /// The column by another name.
        pub amount: i64,
        /// The column with another type.
        #[field(default = 0)]
        pub stock: i64,
        /// The text, which may be null no more.
        pub note: String,
        /// The number as a text, which is unique now.
        #[field(unique)]
        pub code: String,
        /// A column that is new.
        #[field(default = "none")]
        pub color: String,
    }
}

/// Requests of each release for each of its threads at once.
const THREADS: usize = 2;
/// One in so many rows is deleted by the request that made it.
const DELETED: i64 = 5;

/// Returns whether the row of a request stays.
#[must_use]
pub fn stays(request: i64) -> bool {
    request % DELETED != 0
}

/// Returns the number of a request of one of both releases.
#[must_use]
pub fn number(release: &str, request: i64) -> i64 {
    2 * request + i64::from(release == "after")
}

/// Makes, changes, reads and deletes rows until the standard input ends. Tells the number of requests so far, and in the end the longest one.
///
/// # Panics
///
/// Where a request fails, or finds other rows than it should.
pub fn serve(release: &str, url: &str, migration: &str, tenants: usize) {
    let db = app(url);
    let known = Release::new(format!("orders {release}"), migration).expect("a release");
    let running = db.announce(&known).expect("the release is served");
    let (is_over, requests) = (AtomicBool::new(false), AtomicI64::new(1));
    let longest = Mutex::new(Duration::ZERO);
    let request: fn(&Database, &str, i64) = match release {
        "before" => by_former,
        _ => by_latter,
    };
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let at = requests.fetch_add(1, Ordering::Relaxed);
                    let tenant = format!("t{}", usize::try_from(at).expect("positive") % tenants);
                    let begun = Instant::now();
                    request(&db, &tenant, at);
                    let mut longest = longest.lock().expect("no thread has panicked");
                    *longest = begun.elapsed().max(*longest);
                    println!("{at}");
                }
            });
        }
        let mut rest = String::new();
        std::io::stdin()
            .read_line(&mut rest)
            .expect("the test ends it");
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(running.take_error().is_none(), "it was served to the end");
    drop(running);
    let (done, longest) = (requests.into_inner() - 1, longest.into_inner());
    println!(
        "over {done} {}",
        longest.expect("no thread has panicked").as_millis()
    );
}

fn by_former(db: &Database, tenant: &str, request: i64) {
    use before::{NewOrder, Order};
    let number = number("before", request);
    let mut scope = db.tenant(&key(tenant)).expect("the tenant is there");
    let new = NewOrder::new(number, number, number.to_string()).note("former");
    let mut order = Order::insert(new).returning(&mut scope).expect("a row");
    order.stock = 8;
    order.save(&mut scope).expect("its row");
    let read = Order::query().filter(Order::TOTAL.eq(number));
    let read = read.one(&mut scope).expect("the row by its total");
    assert_eq!(
        (read.number, read.stock, read.code.as_str()),
        (number, 8, number.to_string().as_str())
    );
    let others = Order::query().filter(Order::NUMBER.gt(0));
    let last = others.order_by(Order::ID.desc()).limit(5);
    last.all(&mut scope).expect("the last rows");
    if !stays(request) {
        let gone = Order::delete_where(Order::NUMBER.eq(number));
        assert_eq!(gone.execute(&mut scope).expect("a delete"), 1);
    }
}

fn by_latter(db: &Database, tenant: &str, request: i64) {
    use after::{NewOrder, Order};
    let number = number("after", request);
    let mut scope = db.tenant(&key(tenant)).expect("the tenant is there");
    let new = NewOrder::new(number, number, "latter", number.to_string()).color("red");
    let mut order = Order::insert(new).returning(&mut scope).expect("a row");
    order.stock = 8;
    order.save(&mut scope).expect("its row");
    let read = Order::query().filter(Order::AMOUNT.eq(number));
    let read = read.one(&mut scope).expect("the row by its amount");
    assert_eq!(
        (read.number, read.stock, read.color.as_str()),
        (number, 8, "red")
    );
    let others = Order::query().filter(Order::NUMBER.gt(0));
    let last = others.order_by(Order::ID.desc()).limit(5);
    last.all(&mut scope).expect("the last rows");
    if !stays(request) {
        let gone = Order::delete_where(Order::NUMBER.eq(number));
        assert_eq!(gone.execute(&mut scope).expect("a delete"), 1);
    }
}

/// A release that runs.
#[derive(Debug)]
pub struct Running {
    process: Child,
    /// It goes on until this is closed, also where the test fails.
    input: Option<ChildStdin>,
    requests: Arc<AtomicUsize>,
    over: std::thread::JoinHandle<Option<(i64, u64)>>,
}

impl Running {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// Where it can't be started.
    #[must_use]
    pub fn start(program: &str, release: &str, url: &str, migration: &str, tenants: usize) -> Self {
        let mut process = Command::new(program)
            .args(["serve", release, url, migration, &tenants.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let output = BufReader::new(process.stdout.take().expect("it is a pipe"));
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let over = std::thread::spawn(move || {
            let mut over = None;
            for line in output.lines().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
                if let Some((done, longest)) =
                    line.strip_prefix("over ").and_then(|it| it.split_once(' '))
                {
                    over = Some((done.parse().ok()?, longest.parse().ok()?));
                }
            }
            over
        });
        Self {
            input: process.stdin.take(),
            process,
            requests,
            over,
        }
    }

    /// Waits for some more requests.
    ///
    /// # Panics
    ///
    /// Where it has ended.
    pub fn go_on(&mut self) {
        let before = self.requests.load(Ordering::Relaxed);
        until("requests go on", || {
            let ended = self.process.try_wait().expect("it is a child");
            assert!(ended.is_none(), "it has ended: {ended:?}");
            self.requests.load(Ordering::Relaxed) >= before + 60
        });
    }

    /// Ends it. Returns the number of its requests, and the longest of them.
    ///
    /// # Panics
    ///
    /// Where a request has failed.
    #[must_use]
    pub fn end(mut self) -> (i64, Duration) {
        let mut input = self.input.take().expect("it is ended once");
        input.write_all(b"\n").expect("it reads on");
        drop(input);
        assert!(self.process.wait().expect("it is a child").success());
        let over = self.over.join().expect("it only reads");
        let (done, longest) = over.expect("it has told of its end");
        (done, Duration::from_millis(longest))
    }
}
