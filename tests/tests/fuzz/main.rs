//! The lexer, the slots and the names against inputs that nobody wrote.
//!
//! Inputs are made by changing the files of `corpus/`, at random but from a seed that a failure shows. Each target runs for
//! `TENANTRY_FUZZ_SECONDS` (1 unless it is set), from `TENANTRY_SEED` on. What is found belongs into `corpus/`.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod input;
mod lexer;
mod names;
mod slots;
mod statements;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use tenantry_tests::random::{self, Random};

/// Runs a check over inputs until the time is over. Each input has a seed of its own.
fn fuzz(mut check: impl FnMut(&mut Random)) {
    let seconds = std::env::var("TENANTRY_FUZZ_SECONDS").map(|text| text.parse().unwrap());
    let time = Duration::from_secs(seconds.unwrap_or(1));
    let first = random::seed();
    let begun = Instant::now();
    let mut inputs = 0;
    while begun.elapsed() < time || inputs == 0 {
        let seed = first.wrapping_add(inputs);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&mut Random::new(seed))));
        if let Err(panic) = checked {
            eprintln!("TENANTRY_SEED={seed} begins with this input");
            resume_unwind(panic);
        }
        inputs += 1;
    }
    eprintln!("{inputs} inputs from seed {first} on");
}
