//! Foreign keys.

use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::BytesMut;
use postgres::types::Type;

use super::{Key, KeyValues, Model, PlacementKind, Reference};
use crate::place::{Origin, Origins};
use crate::value::{DecodeError, Scalar, SqlType};

/// The key of a row of `M`, as another row stores it.
///
/// An `Fk<User>` is not an `Fk<Order>`, whatever their keys are. As a model's field it becomes a column with a foreign
/// key constraint. It holds no row: [`Stored::follow`](crate::Stored::follow) loads the one that it points at.
///
/// One that was taken from a row also knows which tenant's row it points at, and is refused in another tenant's scope.
pub struct Fk<M: Model> {
    key: M::Key,
    origin: Origin,
}

impl<M: Model> Fk<M> {
    /// Makes a reference from a key.
    pub const fn new(key: M::Key) -> Self {
        Self { key, origin: 0 }
    }

    /// Makes a reference to a row whose place is known.
    pub(crate) fn placed(key: M::Key, origins: Origins) -> Self {
        let origin = match <M::Placement as super::Placement>::KIND {
            PlacementKind::Shared => origins.shared,
            PlacementKind::Tenant => origins.tenant,
        };
        Self { key, origin }
    }

    /// The key.
    pub const fn key(&self) -> &M::Key {
        &self.key
    }

    /// The values of the key's columns, or which of them PostgreSQL has not, and why.
    pub(crate) fn values(&self) -> Result<KeyValues, (usize, DecodeError)> {
        Ok(self.key.values()?.placed(self.origin))
    }

    /// The key, by value.
    pub fn into_key(self) -> M::Key {
        self.key
    }
}

impl<M: Model> Scalar for Fk<M> {
    const SQL: SqlType = {
        assert!(
            !matches!(<M::Key as Key>::TYPE.sql, SqlType::Enum(_)),
            "the key of the model is an enum type of its schema, which no other schema has\nhelp: take `enum_type` off the enum, which is a text then"
        );
        <M::Key as Key>::TYPE.sql
    };
    const RANGE: Option<(i64, i64)> = <M::Key as Key>::TYPE.range;
    const REFERENCES: Option<Reference> = Some(M::REFERENCE);

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        self.key.write(out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        M::Key::read(ty, raw).map(Self::new)
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn read_at(self, origins: Origins) -> Self {
        Self::placed(self.key, origins)
    }
}

impl<M: Model<Key = i64>> From<i64> for Fk<M> {
    fn from(key: i64) -> Self {
        Self::new(key)
    }
}

#[cfg(feature = "uuid")]
impl<M: Model<Key = uuid::Uuid>> From<uuid::Uuid> for Fk<M> {
    fn from(key: uuid::Uuid) -> Self {
        Self::new(key)
    }
}

// Derived implementations would ask the same of `M`, which is only a name here.

impl<M: Model> Clone for Fk<M> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.duplicate(),
            origin: self.origin,
        }
    }
}

impl<M: Model<Key: Copy>> Copy for Fk<M> {}

impl<M: Model> PartialEq for Fk<M> {
    fn eq(&self, other: &Self) -> bool {
        self.key.equals(&other.key)
    }
}

impl<M: Model<Key: Eq>> Eq for Fk<M> {}

impl<M: Model<Key: Hash>> Hash for Fk<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl<M: Model> fmt::Debug for Fk<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", M::NAME)?;
        self.key.show(f)?;
        f.write_str(")")
    }
}

impl<M: Model<Key: serde::Serialize>> serde::Serialize for Fk<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.key.serialize(serializer)
    }
}

impl<'de, M: Model<Key: serde::Deserialize<'de>>> serde::Deserialize<'de> for Fk<M> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        M::Key::deserialize(deserializer).map(Self::new)
    }
}
