//! Checksums of SQL.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Writes a hash as the checksum that files and metadata tables have.
pub(crate) fn finish(hash: Sha256) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}
