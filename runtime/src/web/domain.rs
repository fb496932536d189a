//! Names of domains in one spelling, so that they can be compared.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// The longest name of a domain, and the longest label of one.
const MOST: usize = 253;
const MOST_OF_LABEL: usize = 63;

/// Name of a domain in its one spelling: lower case, no dot at the end, and what is not ASCII as punycode.
///
/// An application keeps the domains of its tenants in this spelling, since requests are compared with it.
///
/// ```
/// use tenantry::web::Domain;
///
/// let domain = Domain::new("Bücher.Example.")?;
/// assert_eq!(domain.as_str(), "xn--bcher-kva.example");
/// assert_eq!(domain, Domain::new("XN--BCHER-KVA.example")?);
/// assert!(Domain::new("two words.example").is_err());
/// # Ok::<(), tenantry::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Box<str>);

impl Domain {
    /// Validates the name of a domain.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Name`], when it is empty or too long, when a label is, when it has a character that domains can't have, or when it
    /// is an IP address.
    pub fn new(name: &str) -> Result<Self> {
        // Punycode is read as well, since not every text behind `xn--` is some.
        let name = if name.is_ascii() && !name.to_ascii_lowercase().contains("xn--") {
            name.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii(name).map_err(|_| refused("has a label that is no valid IDN"))?
        };
        let name = name.strip_suffix('.').unwrap_or(&name);
        if name.len() > MOST {
            return Err(refused("is longer than 253 bytes"));
        }
        name.split('.').try_for_each(checked)?;
        if is_number(last_label(name)) {
            return Err(refused("is an IP address"));
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels of this domain in front of another's, as in `acme` of `acme.app.example` below `app.example`; an empty text for
    /// that domain itself.
    pub(super) fn below(&self, base: &Self) -> Option<&str> {
        match self.0.strip_suffix(&*base.0)? {
            "" => Some(""),
            front => front.strip_suffix('.'),
        }
    }
}

fn checked(label: &str) -> Result<()> {
    let allows = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if label.is_empty() || label.len() > MOST_OF_LABEL {
        return Err(refused(
            "has a label without or with more than 63 characters",
        ));
    }
    if !label.bytes().all(allows) || label.starts_with('-') || label.ends_with('-') {
        return Err(refused(
            "has a label with other characters than letters, digits, `_` and an inner `-`",
        ));
    }
    Ok(())
}

fn last_label(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Tells whether a label is a number as in an IPv4 address, which no top level domain is.
fn is_number(label: &str) -> bool {
    let digits = |text: &str, of: fn(&u8) -> bool| text.bytes().all(|byte| of(&byte));
    match label.strip_prefix("0x") {
        Some(hex) => digits(hex, u8::is_ascii_hexdigit),
        None => digits(label, u8::is_ascii_digit),
    }
}

/// Quotes nothing: a visitor may have written it.
fn refused(why: &str) -> Error {
    let message = format!(
        "the name of a domain {why}\nhelp: give a name as in `app.example`, without scheme, port and path"
    );
    Error::new(ErrorKind::Name, message)
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::str::FromStr for Domain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        for spelling in [
            "münchen.example",
            "MÜNCHEN.example.",
            "xn--mnchen-3ya.EXAMPLE",
            "münchen。example",
        ] {
            let domain = Domain::new(spelling).unwrap();
            assert_eq!(domain.as_str(), "xn--mnchen-3ya.example", "{spelling}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = "a.".repeat(127) + "example";
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a..",
            "a b",
            "a/b",
            "a:80",
            "a@b",
            "-a.b",
            "a-.b",
            "a%2eb",
            "a\0b",
            "a,b",
            "127.0.0.1",
            "127.1",
            "0x7f.0x1",
            "[::1]",
            "xn--a",
            "xn--\u{e4}.example",
            "\u{200b}",
            &long,
            &longer,
        ] {
            let error = Domain::new(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Name);
        }
    }

    #[test]
    fn a_name_that_only_ends_alike_is_not_below() {
        let base = Domain::new("app.example").unwrap();
        let below = |name: &str| Domain::new(name).unwrap().below(&base).map(str::to_owned);
        assert_eq!(below("acme.app.example").as_deref(), Some("acme"));
        assert_eq!(below("a.b.app.example").as_deref(), Some("a.b"));
        assert_eq!(below("app.example").as_deref(), Some(""));
        assert_eq!(below("evilapp.example"), None);
        assert_eq!(below("example"), None);
        assert_eq!(below("app.example.evil"), None);
    }
}
