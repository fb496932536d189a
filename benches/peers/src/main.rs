//! Does slices of the bench `everyday` through another library: `peers NAME URL`. A line of the standard input is a slice; the answer is the
//! nanoseconds of the clock and of the processor that it took.

mod diesel_async_peer;
mod diesel_peer;
mod schema;
mod sea_orm_peer;
mod sqlx_peer;
#[path = "../../src/everyday/unit.rs"]
mod unit;

use std::io::{BufRead as _, Write as _};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use unit::{Slice, WORKS};

/// A library that does slices.
trait Peer {
    fn run(&mut self, slice: Slice);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (name, url) = (
        arguments.next().expect("a name"),
        arguments.next().expect("an address"),
    );
    let mut peer: Box<dyn Peer> = match name.as_str() {
        "diesel" => Box::new(diesel_peer::new(&url)),
        "diesel-async" => Box::new(diesel_async_peer::new(&url)),
        "sqlx" => Box::new(sqlx_peer::new(&url)),
        "sea-orm" => Box::new(sea_orm_peer::new(&url)),
        other => panic!("no library is called {other}"),
    };
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let slice = parse(&line.expect("text")).expect("a slice");
        let (before, start) = (cpu(), Instant::now());
        peer.run(slice);
        let (wall, cpu) = (start.elapsed(), cpu() - before);
        writeln!(answers, "{} {}", wall.as_nanos(), cpu.as_nanos()).expect("somebody listens");
        answers.flush().expect("somebody listens");
    }
}

fn parse(line: &str) -> Option<Slice> {
    let mut numbers = line.split_whitespace().map(str::parse::<usize>);
    let mut next = || numbers.next()?.ok();
    Some(Slice {
        work: WORKS.get(next()?)?.0,
        tenants: next()?,
        statements: next()?,
        first: next()?,
        units: next()?,
    })
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("a clock goes forwards")
}

/// The statement that selects a tenant, as their users do it.
fn select(tenant: usize) -> String {
    format!("SET search_path TO {}, shared", unit::tenant_name(tenant))
}

/// A runtime on this thread.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}
