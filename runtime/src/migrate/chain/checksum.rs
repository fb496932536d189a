//! Checksums of SQL.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Part;

/// Checksum of SQL, which tells that of one migration from that of another.
pub(crate) fn checksum(shared: Option<&Part>, tenant: Option<&Part>) -> String {
    let mut hash = Sha256::new();
    for part in [shared, tenant] {
        hash.update(part.map(Part::checksum).unwrap_or_default());
        hash.update([0]);
    }
    finish(hash)
}

pub(crate) fn finish(hash: Sha256) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}
