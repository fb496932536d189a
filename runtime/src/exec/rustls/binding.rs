//! Binding of a login to the TLS that it is made over: the hash of the server's certificate (RFC 5929, `tls-server-end-point`).

use sha2::{Digest, Sha256, Sha384, Sha512};

/// Returns the hash of a certificate, by the algorithm that it was signed with. There is none for one that has no hash of its
/// own (Ed25519), for which PostgreSQL has no binding either.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // A certificate is a sequence of what is signed, the algorithm, and the signature.
    let (_, within, _) = element(certificate)?;
    let (_, _, after) = element(within)?;
    let (_, algorithm, _) = element(after)?;
    let (_, name, parameters) = element(algorithm)?;
    let hash = if name == RSA_PSS {
        hash_of_pss(parameters)?
    } else {
        hash_of(name)?
    };
    Some(match hash {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Takes one element of DER off: its tag, what is in it, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let digits = usize::from(first & 0x7f);
        let (digits, rest) = rest.split_at_checked(digits)?;
        let length = digits.iter().try_fold(0_usize, |length, digit| {
            length.checked_mul(256)?.checked_add(usize::from(*digit))
        });
        (length?, rest)
    };
    let (within, after) = rest.split_at_checked(length)?;
    Some((tag, within, after))
}

/// 1.2.840.113549.1.1.10
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// 1.2.840.113549.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
/// 1.2.840.10045.4.3
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3];
/// 2.16.840.1.101.3.4.2
const SHA_2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

fn hash_of(algorithm: &[u8]) -> Option<Hash> {
    let (&last, family) = algorithm.split_last()?;
    match (family, last) {
        // MD5 and SHA-1 count as SHA-256.
        (RSA, 4 | 5 | 11) | (ECDSA, 2) | (SHA_2, 1) => Some(Hash::Sha256),
        (RSA, 12) | (ECDSA, 3) | (SHA_2, 2) => Some(Hash::Sha384),
        (RSA, 13) | (ECDSA, 4) | (SHA_2, 3) => Some(Hash::Sha512),
        _ if algorithm == [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] => Some(Hash::Sha256),
        _ => None,
    }
}

/// The parameters of RSA-PSS name their hash, unless it is SHA-1.
fn hash_of_pss(parameters: &[u8]) -> Option<Hash> {
    let (_, within, _) = element(parameters)?;
    match element(within) {
        Some((0xa0, hash, _)) => {
            let (_, algorithm, _) = element(hash)?;
            let (_, name, _) = element(algorithm)?;
            hash_of(name)
        }
        _ => Some(Hash::Sha256),
    }
}
