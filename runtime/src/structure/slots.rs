//! Slots: where a schema's name goes into SQL that is the same for all tenants.

use tenantry_sql::{Kind, tokens};

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
/// The body of a function is SQL as well. In a text or a comment, `"{tenant}".` with its dot is a slot, as in
/// `'"{tenant}"."notes"'::regclass`; other braces mean nothing there.
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
    for whole in tokens(sql) {
        let token = whole.text;
        match whole.kind {
            Kind::Quoted => match slot_name(token) {
                Some(name) => {
                    let line = || line_of(sql, token);
                    filled.push_str(&schema_of(name, slots, line)?.quoted());
                }
                None => filled.push_str(token),
            },
            Kind::Dollar => match whole.dollar_parts() {
                Some((delimiter, body)) => {
                    filled.extend([delimiter, &fill(body, slots)?, delimiter]);
                }
                None => filled.push_str(token),
            },
            Kind::String | Kind::Comment | Kind::Open(_) => {
                filled.push_str(&fill_text(token, slots)?);
            }
            _ => filled.push_str(token),
        }
    }
    Ok(filled)
}

/// Fills the slots that have a dot after them.
fn fill_text(text: &str, slots: &Slots<'_>) -> Result<String, StructureError> {
    let mut text = text.to_owned();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let slot = format!("{}.", slot(placement));
        if text.contains(&slot) {
            let line = || text.trim().to_owned();
            let schema = schema_of(placement.as_str(), slots, line)?;
            text = text.replace(&slot, &format!("{}.", schema.quoted()));
        }
    }
    Ok(text)
}

/// What stands between the braces of an identifier that is a slot, or looks like one.
fn slot_name(quoted: &str) -> Option<&str> {
    let name = quoted.strip_prefix("\"{")?.strip_suffix("}\"")?;
    let is_word = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    is_word.then_some(name)
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

/// The line that has a token.
fn line_of(sql: &str, token: &str) -> String {
    let line = sql.lines().find(|line| line.contains(token));
    line.unwrap_or(token).trim().to_owned()
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
                EXECUTE 'LOCK "{tenant}"."a"';
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
