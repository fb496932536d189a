//! What the macros' expansions name. Not for other use: it changes without notice.

pub use crate::model::check::{at_least_as_strict, bare_id, listed, reference};
pub use crate::model::{
    CheckDef, Column, ColumnDef, FixedSql, Fk, IndexDef, IndexPart, Inverse, Model, ModelDef,
    NewRow, OnDelete, PlacementKind, Registered, RowReader, Schema, SharedSchema, Source,
    Statements, TenantSchema,
};
pub use crate::value::{DecodeError, Element, Field, IntoValue, Param, Scalar, SqlType};
pub use bytes::BytesMut;
pub use inventory::submit;
pub use postgres::types::Type;
