//! TLS as an address asks for it, or none where it was not built.

#[cfg(feature = "tls")]
pub(crate) use super::rustls::tls_of;

/// Returns the driver's connector for connections in the clear.
///
/// # Errors
///
/// When the address asks for what only a connector can do.
#[cfg(not(feature = "tls"))]
pub(crate) fn tls_of(address: &crate::address::Address) -> crate::error::Result<postgres::NoTls> {
    address.tls().leave_to_nobody()?;
    Ok(postgres::NoTls)
}
