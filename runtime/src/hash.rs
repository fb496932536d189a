//! Quick hashes: [`Folded`], for what nobody chooses who wants many of one hash, and [`Seeded`], for what somebody may.
//!
//! The standard library's takes some thousand instructions more for each query. These lines are not worth a crate in the tree of
//! every application.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Gives each number another one, in which every bit depends on all of its own (the last step of `MurmurHash3`).
pub(crate) fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let number = (number ^ (number >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    number ^ (number >> 33)
}

/// Folds what it is given into a number.
#[derive(Debug, Default)]
pub(crate) struct Folded(u64);

impl Folded {
    /// The hash of a text.
    pub(crate) fn of(text: &str) -> u64 {
        let mut hasher = Self::default();
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        each_number(bytes, |number| self.add(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        // The lower bits choose the place, and numbers may differ in the higher ones alone.
        self.0 ^ (self.0 >> 32)
    }
}

/// A hash for a map whose keys others choose: a random number of its own goes into every step, so that nobody knows which are alike.
#[derive(Debug, Clone)]
pub(crate) struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(()))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Multiplied;

    fn build_hasher(&self) -> Multiplied {
        Multiplied {
            seed: self.0 | 1,
            so_far: self.0,
        }
    }
}

/// Multiplies what it is given with its seed, and folds the product.
#[derive(Debug)]
pub(crate) struct Multiplied {
    seed: u64,
    so_far: u64,
}

impl Multiplied {
    fn add(&mut self, number: u64) {
        let product = u128::from(self.so_far ^ number) * u128::from(self.seed);
        let [low, high] = [product, product >> 64].map(|half| half & u128::from(u64::MAX));
        self.so_far = u64::try_from(low ^ high).expect("64 bits").rotate_left(23) ^ number;
    }
}

impl Hasher for Multiplied {
    fn write(&mut self, bytes: &[u8]) {
        each_number(bytes, |number| self.add(number));
    }

    fn write_u8(&mut self, _: u8) {
        // It ends a text, whose length was added.
    }

    fn finish(&self) -> u64 {
        mixed(self.so_far)
    }
}

/// Cuts bytes into numbers.
fn each_number(bytes: &[u8], mut add: impl FnMut(u64)) {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        add(u64::from_le_bytes(*chunk));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // Two texts of which one is longer by zeros differ by their length.
    add(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_right(8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_little_have_other_hashes_and_other_seeds_give_others() {
        let (one, other) = (Seeded::default(), Seeded::default());
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "acme",
            "acme\0",
            "acme-acme",
            "acme-acmf",
        ];
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(one.hash_one(text), one.clone().hash_one(text));
            assert_ne!(one.hash_one(text), other.hash_one(text));
            for before in &texts[..at] {
                assert_ne!(
                    one.hash_one(text),
                    one.hash_one(before),
                    "{text:?}, {before:?}"
                );
            }
        }
    }

    #[test]
    fn each_number_has_one_of_its_own() {
        let mut seen: Vec<u64> = (0..10_000).map(mixed).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
    }
}
