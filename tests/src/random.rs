//! Random numbers that a seed tells again.

use std::env;
use std::time::SystemTime;

/// The variable that has the seed.
const VARIABLE: &str = "TENANTRY_SEED";

/// Returns the seed that `TENANTRY_SEED` has, or one that is another each time, and prints it.
///
/// # Panics
///
/// If the variable is no number.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    seed_or(now.map_or(0, |now| {
        (now.as_secs() << 20) ^ u64::from(now.subsec_nanos())
    }))
}

/// Returns the seed that `TENANTRY_SEED` has, or this one, and prints it: whoever sees a failure repeats it with that.
///
/// # Panics
///
/// If the variable is no number.
#[expect(
    clippy::print_stdout,
    reason = "whoever reads the output of a test that failed"
)]
pub fn seed_or(otherwise: u64) -> u64 {
    let seed = env::var(VARIABLE).map_or(otherwise, |text| {
        let number = text.parse();
        number.unwrap_or_else(|_| panic!("{VARIABLE} is a number, and not `{text}`"))
    });
    println!("{VARIABLE}={seed} gives the same numbers again");
    seed
}

/// A sequence of numbers (splitmix64), the same for the same seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a limit; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from(z % limit.max(1) as u64).unwrap_or_default()
    }

    /// One of some.
    pub fn pick<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }
}
