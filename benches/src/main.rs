//! Side-by-side measurements: `cargo run --release -p tenantry-benches -- NAME`, and `-- report` for `docs/performance.md`.
//!
//! Each compares within one run, on one server: tenantry, the same SQL by hand, and packages of other ecosystems. A bench
//! never fails because of a time.

mod across;
mod app;
mod create;
mod everyday;
mod growth;
mod many;
mod measure;
mod memory;
mod migrate;
mod noop;
mod packages;
mod pool;
mod process;
mod readers;
mod related;
mod report;
mod results;
mod server;
mod standby;
mod storm;

use clap::{Parser, Subcommand};

/// Measures tenantry against the same SQL by hand and against packages of other ecosystems.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
    /// A smoke run: few tenants, nothing is kept
    #[arg(long, global = true)]
    quick: bool,
    /// Leave out the packages, which need Python and are fetched from its registry
    #[arg(long, global = true)]
    no_packages: bool,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Create tenants of 20 and 100 tables
    Create,
    /// Claim standbys of 20, 100 and 500 tables
    Standby,
    /// Migrate 1,000 tenants
    Migrate,
    /// Read, insert and save in one of many tenants, beside other libraries
    Everyday,
    /// Count what the same costs in allocations, and in instructions if `valgrind` is there
    Counts,
    /// Load rows with those that reference them
    Related,
    /// Insert 10,000 rows
    Many,
    /// Sum up the rows of 1,000 tenants
    Across,
    /// Lend connections, beside ready pools
    Pool,
    /// Find out that there is nothing to do
    Noop,
    /// Create, migrate, read and look at a growing fleet
    Growth {
        /// The largest fleet
        #[arg(long, default_value_t = 10_000)]
        top: usize,
    },
    /// The memory of a migrator
    Memory,
    /// Readers while many tenants are created at once
    Storm,
    /// All of these, in a quick form and without packages
    Smoke,
    /// Write `docs/performance.md` from the results
    Report,
    /// The part of `memory` that runs in a process of its own
    #[command(hide = true)]
    Child { url: String },
    /// The part of `pool` that runs in a process of its own
    #[command(hide = true)]
    Lent { who: String, url: String },
    /// The part of `counts` that runs in a process of its own
    #[command(hide = true)]
    Counted {
        url: String,
        who: usize,
        work: usize,
    },
}

fn main() {
    let Cli {
        bench,
        quick,
        no_packages,
    } = Cli::parse();
    let packages = !no_packages && !quick;
    match bench {
        Bench::Create => create::run(quick, packages),
        Bench::Standby => standby::run(quick),
        Bench::Migrate => migrate::run(quick, packages),
        Bench::Everyday => everyday::run(quick, packages),
        Bench::Counts => everyday::counts::run(quick),
        Bench::Related => related::run(quick),
        Bench::Many => many::run(quick),
        Bench::Across => across::run(quick),
        Bench::Pool => pool::run(quick, packages),
        Bench::Noop => noop::run(quick, packages),
        Bench::Growth { top } => growth::run(if quick { 60 } else { top }, quick),
        Bench::Memory => memory::run(quick),
        Bench::Storm => storm::run(quick),
        Bench::Smoke => {
            create::run(true, false);
            standby::run(true);
            migrate::run(true, false);
            related::run(true);
            many::run(true);
            across::run(true);
            pool::run(true, false);
            noop::run(true, false);
            growth::run(60, true);
            memory::run(true);
            storm::run(true);
            everyday::run(true, false);
        }
        Bench::Report => report::write(),
        Bench::Child { url } => memory::child(&url),
        Bench::Lent { who, url } => pool::child(&who, &url),
        Bench::Counted { url, who, work } => everyday::counts::child(&url, who, work),
    }
}
