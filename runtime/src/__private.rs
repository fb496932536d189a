//! Names that the macros' expansions use. Not for other use: they change without notice.

pub use crate::error::Violation;
pub use crate::exec::Effect;
pub use crate::model::ColumnNames;
pub use crate::model::check::{
    Literal, Wanted, at_least_as_strict, bare_id, default, default_or_none, embedded_by_name,
    embedded_or_none, fail, fits, foreign_key, giveable, given, key_part, listed, overlaid,
    overlaid_fields, overlay_mark, overlay_named, overlays_deleted, reference, spelling, to_view,
    view_reads, without_constraint, written,
};
pub use crate::model::{
    AlsoWrites, CheckDef, Column, ColumnDef, Deletable, Embedded, Embedding, Embeds, FixedSql, Fk,
    ForeignKeyDef, IndexDef, IndexPart, IntoNew, Inverse, Model, ModelDef, Named, NewField, NewRow,
    NewValues, NoKey, OnDelete, OverlayDef, Placement, PlacementKind, ReadOnly, Reference,
    Registered, RowReader, Schema, SharedSchema, SoftDelete, Source, Statements, TenantRow,
    TenantSchema, ViewDef, ViewPart, Writable, empty, from_cells, given_or_none, in_field, literal,
    names_of, null, or_none, tenant_row, within,
};
pub use crate::place::Context;
pub use crate::query::expr::{Constant, Kind};
pub use crate::query::{
    FromRow, Gives, Parameter, Piece, RawSql, RowField, RowFields, Selected, Selection, Uncounted,
    add_columns, column_name,
};
pub mod hint {
    //! Where types of fields are declared.

    pub use crate::model::declared_key as key;
    pub use crate::model::hint::*;
}
pub use crate::tenant::{NewTenant, ToCreate};
pub use crate::value::checked::{
    accepted, accepted_stored, checked, checked_if_some, note, note_if_some, refusal,
    refusal_if_some,
};
pub use crate::value::label::{decode_label, encode_label, unknown_label};
pub use crate::value::{
    AddName, Cells, DecodeError, Element, Field, FromCells, FromCellsOrNone, IntoValue, Param,
    Scalar, SqlType,
};
pub use bytes::BytesMut;
pub use inventory::submit;
pub use postgres::types::Type;
pub use tenantry_macros::{ConfiguredModel, with_embedded};

/// A vector of some values, by a path that needs no trait and no macro in scope.
pub fn list<T, const N: usize>(values: [T; N]) -> Vec<T> {
    Vec::from(values)
}

/// The type itself, in brackets. So a type that there is not is told of as where it stands in those of `Fk`.
pub type Same<T> = T;
