//! Certificates, keys and revocations from files.

use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::error::{Error, ErrorKind, Result};

/// Reads whom to trust.
pub(super) fn roots(file: &Path) -> Result<RootCertStore> {
    let option = "sslrootcert";
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, option)? {
        let added = roots.add(certificate);
        added.map_err(|error| wrong(file, option, &error.to_string()))?;
    }
    Ok(roots)
}

/// Reads whom the system trusts.
pub(super) fn roots_of_system() -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map(|error| format!(": {error}"));
    let message = format!(
        "the system has no authorities to trust{}\n\
         help: install them (`ca-certificates`), name their file with `SSL_CERT_FILE`, or name a file with `sslrootcert`",
        why.unwrap_or_default()
    );
    Err(Error::new(ErrorKind::Tls, message))
}

/// Reads the certificate to show, and those between it and its authority.
pub(super) fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    certificates(file, "sslcert")
}

/// Reads the certificates that were taken back.
pub(super) fn revoked(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    pems(file, "sslcrl", "revocation list")
}

fn certificates(file: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>> {
    pems(file, option, "certificate")
}

fn pems<T: PemObject>(file: &Path, option: &str, what: &str) -> Result<Vec<T>> {
    let read = T::pem_file_iter(file).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let read = read.map_err(|error| wrong(file, option, &why_not(&error)))?;
    if read.is_empty() {
        return Err(wrong(
            file,
            option,
            &format!("there is no {what} in it, in PEM"),
        ));
    }
    Ok(read)
}

/// Reads the key of the certificate to show.
pub(super) fn key(file: &Path) -> Result<PrivateKeyDer<'static>> {
    let option = "sslkey";
    let about = fs::metadata(file);
    let about = about.map_err(|error| wrong(file, option, &error.to_string()))?;
    if is_open(&about) {
        let name = file.display();
        let why = format!("it can be read by others than its owner; run `chmod 0600 {name}`");
        return Err(wrong(file, option, &why));
    }
    PrivateKeyDer::from_pem_file(file).map_err(|error| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let is_locked = text.contains("ENCRYPTED");
        let why = if is_locked {
            "it is encrypted, which is not taken; decrypt it, as with `openssl pkey -in KEY -out NEW`".to_owned()
        } else {
            why_not(&error)
        };
        wrong(file, option, &why)
    })
}

/// A key of root's may be read by a group, as with `psql`.
#[cfg(unix)]
fn is_open(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let allowed = if about.uid() == 0 { 0o740 } else { 0o700 };
    about.is_file() && about.mode() & 0o777 & !allowed != 0
}

#[cfg(not(unix))]
fn is_open(_: &fs::Metadata) -> bool {
    false
}

fn why_not(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is none in it, in PEM".to_owned(),
        error => error.to_string(),
    }
}

fn wrong(file: &Path, option: &str, why: &str) -> Error {
    let message = format!(
        "the file `{}` of `{option}` is of no use: {why}\nhelp: name another with `{option}`",
        file.display()
    );
    Error::new(ErrorKind::Tls, message)
}
