//! Slots: where a schema's name goes into SQL that is the same for all tenants.

use tenantry_sql::Slot;

use super::StructureError;
use crate::model::PlacementKind;
use crate::name::{SchemaName, quote_identifier};

/// The slot of a placement: an identifier whose content is `{tenant}` or `{shared}`, so that SQL with slots is valid
/// SQL to an editor or a linter.
pub(super) const fn slot(placement: PlacementKind) -> &'static str {
    match placement {
        PlacementKind::Shared => "\"{shared}\"",
        PlacementKind::Tenant => "\"{tenant}\"",
    }
}

/// A name with its schema's slot.
pub(super) fn qualified(placement: PlacementKind, name: &str) -> String {
    format!("{}.{}", slot(placement), quote_identifier(name))
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
/// These are slots in code only: in the SQL itself, and in the body of a routine or of `DO`. Strings and comments are text,
/// whatever they look like (and a migration that has `"{tenant}".` in a string of a routine is refused), but for strings that PostgreSQL takes for the name of something:
/// `'"{tenant}"."notes"'::regclass` and any other cast to a `reg…` type, the first argument of `nextval`, `currval`,
/// `setval`, `pg_get_serial_sequence` and `to_reg…`, and an argument of a trigger that is all of a name with its schema.
/// In the body of a routine in another language than SQL and PL/pgSQL, `"{tenant}".` with its dot is a slot.
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
    let (mut filled, mut end) = (String::with_capacity(sql.len()), 0);
    for Slot { name, range, .. } in tenantry_sql::slots(sql).slots {
        let schema = schema_of(name, slots, || line_of(sql, range.start))?;
        filled.push_str(&sql[end..range.start]);
        filled.push_str(&schema.quoted());
        end = range.end;
    }
    filled.push_str(&sql[end..]);
    Ok(filled)
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

/// The line that has a place.
fn line_of(sql: &str, place: usize) -> String {
    let start = sql[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = sql[start..].lines().next();
    line.unwrap_or_default().trim().to_owned()
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
            r#"SELECT '{"{tenant}": "{}"}'"#,
            r#"SELECT '"{tennant}"' -- "{tennant}""#,
            r#"SELECT 'Dear "{tenant}",', '"{tenant}".a', $$"{shared}".a$$ /* "{tenant}".b */"#,
            r#"SELECT '"{'"#,
            "{tenant}",
        ] {
            assert_eq!(fill_with(sql, Some("acme")).unwrap(), sql);
        }
    }

    #[test]
    fn slots_are_filled_inside_functions_and_names_of_things() {
        let sql = r#"CREATE FUNCTION "{tenant}".f() RETURNS void LANGUAGE plpgsql AS $f$
            BEGIN -- isn't simple
                EXECUTE format('LOCK %s', '"{tenant}"."a"'::regclass);
                PERFORM nextval('"{shared}"."s"'::regclass) FROM "{shared}"."c";
            END $f$"#;
        let filled = sql
            .replace("\"{tenant}\"", "\"acme\"")
            .replace("\"{shared}\"", "\"common\"");
        assert_eq!(fill_with(sql, Some("acme")).unwrap(), filled);
    }

    #[test]
    fn a_slot_without_a_schema_is_an_error_that_shows_the_line() {
        let error = fill_with("SELECT 1;\n  DROP TABLE \"{tenant}\".\"a\";\n", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the SQL names the tenant schema, and there is none here: `DROP TABLE "{tenant}"."a";`"#
        );
        assert!(fill_with(r#"DROP TABLE "{shared}"."a""#, None).is_ok());
        assert!(fill_with(r#"SELECT '"{tenant}"."a"'::regclass"#, None).is_err());
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
