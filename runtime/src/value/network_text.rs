//! Addresses as texts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::network::bits;
use super::{Cidr, Inet, MacAddr};

/// A text is not an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError(&'static str);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is no address\nhelp: write one as `{}`", self.0)
    }
}

impl std::error::Error for AddressError {}

/// Reads an address, and the prefix behind it if there is one.
fn read(text: &str, example: &'static str) -> Result<(IpAddr, u8), AddressError> {
    let wrong = || AddressError(example);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let prefix = match prefix {
        // `u8` reads `+8` too.
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse().map_err(|_| wrong())?
        }
        Some(_) => return Err(wrong()),
        None => bits(address),
    };
    if prefix <= bits(address) {
        Ok((address, prefix))
    } else {
        Err(wrong())
    }
}

impl FromStr for Inet {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (address, prefix) = read(text, "192.168.1.5/24")?;
        Ok(Self { address, prefix })
    }
}

impl FromStr for Cidr {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (address, prefix) = read(text, "192.168.1.0/24")?;
        Ok(Self { address, prefix })
    }
}

impl FromStr for MacAddr {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError("08:00:2b:01:02:03");
        let mut parts = text.split(':');
        let mut octets = [0; 6];
        for octet in &mut octets {
            let digits = parts.next().filter(|digits| digits.len() == 2);
            let digits = digits.filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()));
            let digits = digits.ok_or_else(wrong)?;
            *octet = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_none() {
            Ok(Self(octets))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == bits(self.address) {
            return write!(f, "{}", self.address);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, octet) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

macro_rules! as_text {
    ($($ty:ty),*) => {$(
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

as_text!(Inet, Cidr, MacAddr);
