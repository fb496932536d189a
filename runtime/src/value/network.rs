//! Addresses of networks and of devices.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::{BufMut, BytesMut};
use postgres::types::Type;

use super::scalar::unfit;
use super::{DecodeError, Element, Scalar, SqlType};

/// An address in a network, or one alone: `inet`. A field of addresses alone is an [`IpAddr`].
///
/// It is written `192.168.1.5/24`, or `192.168.1.5` alone, by serde too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inet {
    /// The address.
    pub address: IpAddr,
    /// The bits of it that are the network's: 32 or 128 for an address alone.
    pub prefix: u8,
}

/// A network: `cidr`. The bits of the address behind its prefix are zero. It is written `192.168.1.0/24`, by serde too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// The first address.
    pub address: IpAddr,
    /// The bits of it that are the network's.
    pub prefix: u8,
}

/// The address of a device: `macaddr`. It is written `08:00:2b:01:02:03`, by serde too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl From<IpAddr> for Inet {
    fn from(address: IpAddr) -> Self {
        let prefix = bits(address);
        Self { address, prefix }
    }
}

// The families of PostgreSQL's inet_send.
const V4: u8 = 2;
const V6: u8 = 3;

pub(super) const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn write(
    address: IpAddr,
    prefix: u8,
    is_network: bool,
    out: &mut BytesMut,
) -> Result<(), DecodeError> {
    if prefix > bits(address) {
        return Err(format!(
            "an address of {} bits has no prefix of {prefix}",
            bits(address)
        )
        .into());
    }
    let (family, octets) = match address {
        IpAddr::V4(address) => (V4, address.octets().to_vec()),
        IpAddr::V6(address) => (V6, address.octets().to_vec()),
    };
    out.put_slice(&[
        family,
        prefix,
        u8::from(is_network),
        u8::try_from(octets.len())?,
    ]);
    out.put_slice(&octets);
    Ok(())
}

fn read(wanted: &Type, ty: &Type, raw: &[u8]) -> Result<(IpAddr, u8), DecodeError> {
    if ty != wanted {
        return Err(unfit(ty));
    }
    let odd = "the bytes are no address";
    let [family, prefix, _, _, octets @ ..] = raw else {
        return Err(odd.into());
    };
    let address = match *family {
        V4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets)?)),
        V6 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets)?)),
        _ => return Err(odd.into()),
    };
    Ok((address, *prefix))
}

impl Scalar for Inet {
    const SQL: SqlType = SqlType::Inet;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        write(self.address, self.prefix, false, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let (address, prefix) = read(&Type::INET, ty, raw)?;
        Ok(Self { address, prefix })
    }
}

impl Scalar for IpAddr {
    const SQL: SqlType = SqlType::Inet;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        write(*self, bits(*self), false, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let (address, prefix) = read(&Type::INET, ty, raw)?;
        if prefix == bits(address) {
            Ok(address)
        } else {
            Err("the address has the prefix of a network\nhelp: give the field the type `Inet`, which holds it".into())
        }
    }
}

impl Scalar for Cidr {
    const SQL: SqlType = SqlType::Cidr;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        let (behind, width) = match self.address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let behind = behind.checked_shl(self.prefix.into()).unwrap_or_default();
        if self.prefix <= width && behind != 0 {
            return Err("the address has bits behind the prefix of its network\nhelp: set them to zero, or give the field the type `Inet`".into());
        }
        write(self.address, self.prefix, true, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let (address, prefix) = read(&Type::CIDR, ty, raw)?;
        Ok(Self { address, prefix })
    }
}

impl Scalar for MacAddr {
    const SQL: SqlType = SqlType::MacAddr;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        out.put_slice(&self.0);
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        if *ty == Type::MACADDR {
            Ok(Self(raw.try_into()?))
        } else {
            Err(unfit(ty))
        }
    }
}

impl Element for Inet {}
impl Element for IpAddr {}
impl Element for Cidr {}
impl Element for MacAddr {}
