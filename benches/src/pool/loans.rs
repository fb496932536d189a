//! Loans of connections, and what they take. Shared with the program of the ready pools in `peers`, so that all are measured by the same code.

use std::future::Future;
use std::io::{BufRead as _, Write as _};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

/// Connections that a pool has at the most.
pub(crate) const CONNECTIONS: usize = 10;

/// The statement of a loan that has one.
pub(crate) const ASK: &str = "SELECT 1";

/// Loans of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loans {
    /// Threads or tasks that borrow, each again as soon as it has given back.
    pub(crate) borrowers: usize,
    /// Loans of each.
    pub(crate) each: usize,
    /// Whether a statement is sent in each loan.
    pub(crate) asks: bool,
}

/// Time that a slice took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Took {
    pub(crate) wall: Duration,
    /// Processor time of this process.
    pub(crate) cpu: Duration,
    /// The longest loan, from asking for a connection until it is given back.
    pub(crate) longest: Duration,
}

/// Somebody who lends connections.
pub(crate) trait Lends {
    /// Has so many loans made.
    fn run(&mut self, loans: Loans) -> Took;

    /// Connections that were opened for them.
    fn opened(&self) -> u64;
}

/// Makes the loans of each line of the standard input, and answers with the nanoseconds that they took, and the connections that were opened.
pub(crate) fn serve(lender: &mut dyn Lends) {
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let numbers: Vec<usize> = line
            .split_whitespace()
            .map(|number| number.parse().expect("a number"))
            .collect();
        let [borrowers, each, asks] = numbers[..] else {
            panic!("three numbers are asked for, and `{line}` has others");
        };
        let took = lender.run(Loans {
            borrowers,
            each,
            asks: asks > 0,
        });
        let [wall, cpu, longest] = [took.wall, took.cpu, took.longest].map(|it| it.as_nanos());
        let opened = lender.opened();
        writeln!(answers, "{wall} {cpu} {longest} {opened}").expect("somebody listens");
        answers.flush().expect("somebody listens");
    }
}

/// Has threads borrow: each calls this with its number for each loan.
pub(crate) fn by_threads(loans: Loans, borrow: impl Fn(usize) + Sync) -> Took {
    let ready = Barrier::new(loans.borrowers + 1);
    let longest = Mutex::new(Duration::ZERO);
    thread::scope(|scope| {
        let one = |number| {
            ready.wait();
            let mut own = Duration::ZERO;
            for _ in 0..loans.each {
                let since = Instant::now();
                borrow(number);
                own = own.max(since.elapsed());
            }
            let mut longest = longest.lock().expect("nobody panics with it");
            *longest = own.max(*longest);
        };
        let borrowers: Vec<_> = (0..loans.borrowers)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let begun = Begun::now();
        ready.wait();
        for borrower in borrowers {
            borrower.join().expect("it borrows");
        }
        begun.took(*longest.lock().expect("nobody panics with it"))
    })
}

/// Has tasks borrow: each awaits this with its number for each loan.
pub(crate) fn by_tasks<F>(
    runtime: &Runtime,
    loans: Loans,
    borrow: impl Fn(usize) -> F + Clone + Send + 'static,
) -> Took
where
    F: Future<Output = ()> + Send + 'static,
{
    runtime.block_on(async {
        let begun = Begun::now();
        let one = |number| {
            let borrow = borrow.clone();
            async move {
                let mut own = Duration::ZERO;
                for _ in 0..loans.each {
                    let since = Instant::now();
                    borrow(number).await;
                    own = own.max(since.elapsed());
                }
                own
            }
        };
        let borrowers: Vec<_> = (0..loans.borrowers)
            .map(|number| tokio::spawn(one(number)))
            .collect();
        let mut longest = Duration::ZERO;
        for borrower in borrowers {
            longest = longest.max(borrower.await.expect("it borrows"));
        }
        begun.took(longest)
    })
}

/// A runtime as `#[tokio::main]` has it, on two cores.
pub(crate) fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime")
}

/// The beginning of a slice.
struct Begun {
    wall: Instant,
    cpu: Duration,
}

impl Begun {
    fn now() -> Self {
        Self {
            cpu: cpu(),
            wall: Instant::now(),
        }
    }

    fn took(&self, longest: Duration) -> Took {
        Took {
            wall: self.wall.elapsed(),
            cpu: cpu().saturating_sub(self.cpu),
            longest,
        }
    }
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("a clock goes forwards")
}
