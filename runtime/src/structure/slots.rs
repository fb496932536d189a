//! Slots: where a schema's name goes into SQL that is the same for all tenants.

use super::StructureError;
use crate::model::PlacementKind;
use crate::name::SchemaName;

/// The slot of a placement: an identifier whose content is `{tenant}` or `{shared}`, so that SQL with slots is valid
/// SQL to an editor or a linter.
pub(super) const fn slot(placement: PlacementKind) -> &'static str {
    match placement {
        PlacementKind::Shared => "\"{shared}\"",
        PlacementKind::Tenant => "\"{tenant}\"",
    }
}

/// The schemas that go into the slots.
#[derive(Debug, Clone, Copy)]
pub struct Slots<'a> {
    /// The shared schema.
    pub shared: &'a SchemaName,
    /// The tenant's schema; none for SQL that is for the shared schema alone.
    pub tenant: Option<&'a SchemaName>,
}

/// Puts quoted schema names in place of the identifiers `"{tenant}"` and `"{shared}"`.
///
/// Slots are filled wherever they stand, also in the body of a function or a text that is a statement.
///
/// # Errors
///
/// [`StructureError::EmptySlot`], when the SQL has `"{tenant}"` and there is no tenant;
/// [`StructureError::UnknownSlot`], when it has another identifier in braces, such as `"{tennant}"`.
///
/// ```
/// use tenantry::SchemaName;
/// use tenantry::structure::{Slots, fill};
///
/// let (shared, acme) = (SchemaName::new("shared")?, SchemaName::new("acme")?);
/// let slots = Slots { shared: &shared, tenant: Some(&acme) };
/// let sql = fill(r#"DROP TABLE "{tenant}"."notes""#, &slots)?;
/// assert_eq!(sql, r#"DROP TABLE "acme"."notes""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fill(sql: &str, slots: &Slots<'_>) -> Result<String, StructureError> {
    let mut filled = String::with_capacity(sql.len());
    let mut done = 0;
    while let Some(start) = sql[done..].find("\"{").map(|at| done + at) {
        filled.push_str(&sql[done..start]);
        if let Some((name, end)) = slot_at(sql, start) {
            filled.push_str(&schema_of(name, slots, || line_at(sql, start))?.quoted());
            done = end;
        } else {
            filled.push_str("\"{");
            done = start + 2;
        }
    }
    filled.push_str(&sql[done..]);
    Ok(filled)
}

/// What stands between the braces of the slot that starts here, and where the slot ends. A quote on either side is
/// half of a doubled one, so that the braces are a part of a longer name.
fn slot_at(sql: &str, start: usize) -> Option<(&str, usize)> {
    let inner = &sql[start + 2..];
    let (name, after) = inner.split_once("}\"")?;
    let is_word = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let is_whole = !sql[..start].ends_with('"') && !after.starts_with('"');
    (is_word && is_whole).then(|| (name, sql.len() - after.len()))
}

fn schema_of<'a>(
    name: &str,
    slots: &Slots<'a>,
    line: impl FnOnce() -> String,
) -> Result<&'a SchemaName, StructureError> {
    match name {
        "shared" => Ok(slots.shared),
        "tenant" => slots.tenant.ok_or_else(|| StructureError::EmptySlot {
            placement: PlacementKind::Tenant,
            line: line(),
        }),
        _ => Err(StructureError::UnknownSlot {
            name: name.to_owned(),
            line: line(),
        }),
    }
}

fn line_at(sql: &str, at: usize) -> String {
    let start = sql[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = sql[at..].find('\n').map_or(sql.len(), |length| at + length);
    sql[start..end].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_with(sql: &str, tenant: Option<&str>) -> Result<String, StructureError> {
        let shared = SchemaName::new("common").unwrap();
        let tenant = tenant.map(|name| SchemaName::new(name).unwrap());
        fill(
            sql,
            &Slots {
                shared: &shared,
                tenant: tenant.as_ref(),
            },
        )
    }

    #[test]
    fn slots_are_filled_and_nothing_else_is() {
        assert_eq!(
            fill_with(
                r#"ALTER TABLE "{tenant}"."a" ADD FOREIGN KEY ("b") REFERENCES "{shared}"."c" ("{") "#,
                Some("acme")
            )
            .unwrap(),
            r#"ALTER TABLE "acme"."a" ADD FOREIGN KEY ("b") REFERENCES "common"."c" ("{") "#
        );
        for sql in [
            r#"SELECT 1 AS "x""{tenant}""#,
            r#"SELECT 1 AS "{tenant}""x""#,
            "SELECT '{tenant}'",
            r#"SELECT '{"{1,2}": "{}"}'"#,
            r#"SELECT '"{'"#,
            "{tenant}",
        ] {
            assert_eq!(fill_with(sql, Some("acme")).unwrap(), sql);
        }
    }

    #[test]
    fn a_slot_without_a_schema_is_an_error_that_shows_the_line() {
        let error = fill_with("SELECT 1;\n  DROP TABLE \"{tenant}\".\"a\";\n", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the SQL names the tenant schema, and there is none here: `DROP TABLE "{tenant}"."a";`"#
        );
        assert!(fill_with(r#"DROP TABLE "{shared}"."a""#, None).is_ok());
    }

    #[test]
    fn a_slot_that_nobody_knows_is_an_error() {
        let error = fill_with(r#"DROP TABLE "{tennant}"."a""#, Some("acme")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(r#"`"{tennant}"` is no slot: `DROP TABLE "{tennant}"."a"`"#),
            "{error}"
        );
    }
}
