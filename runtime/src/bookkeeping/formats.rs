//! The formats that the bookkeeping schema has had, as SQL.

/// SQL that leads from each format of the bookkeeping schema to the next, beginning with nothing.
///
/// These are applied to databases of users: a format that was released is never edited, only followed by another.
pub(super) const FORMATS: [&str; 5] = [
    include_str!("format_1.sql"),
    include_str!("format_2.sql"),
    include_str!("format_3.sql"),
    include_str!("format_4.sql"),
    include_str!("format_5.sql"),
];

/// The format that this version reads and writes.
pub(crate) fn latest() -> i32 {
    i32::try_from(FORMATS.len()).expect("there are few formats")
}
