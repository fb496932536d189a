//! The bytes of a value: short ones without an allocation.

use std::cell::Cell;
use std::ops::Deref;

use bytes::BytesMut;

/// How long a value may be to be short: numbers, times and UUIDs are.
const SHORT: usize = 22;

/// The largest buffer that a thread keeps for the next value.
const KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<BytesMut> = Cell::default();
}

/// Bytes of a value.
#[derive(Clone)]
pub(super) enum Bytes {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

impl Bytes {
    /// Takes what is written to a buffer.
    pub(super) fn written<E>(
        write: impl FnOnce(&mut BytesMut) -> Result<(), E>,
    ) -> Result<Self, E> {
        // A value that is made of others writes them meanwhile, to a buffer of theirs.
        let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
        buffer.clear();
        write(&mut buffer)?;
        let bytes = Self::from(&buffer[..]);
        if buffer.capacity() <= KEPT {
            // A thread that ends has none.
            let _ = BUFFER.try_with(|kept| kept.set(buffer));
        }
        Ok(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(bytes);
                Self::Short(length, short)
            }
            _ => Self::Long(bytes.into()),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() <= SHORT {
            Self::from(&bytes[..])
        } else {
            Self::Long(bytes.into())
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_lengths_are_what_was_written() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 300, KEPT + 1] {
            let value: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let outer = Bytes::written(|out| {
                out.extend_from_slice(&value);
                // Another is written meanwhile.
                let inner = Bytes::written(|out| {
                    out.extend_from_slice(&value);
                    Ok::<_, ()>(())
                })?;
                assert_eq!(*inner, value);
                Ok::<_, ()>(())
            });
            assert_eq!(*outer.unwrap(), value);
        }
        assert_eq!(Bytes::written(|_| Err(7)).map(|_| ()), Err(7));
    }
}
