//! Tags: what the application calls groups of tenants by.

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::Tenant;
use super::change::changed;
use super::unknown::unknown;
use crate::bookkeeping::Waits;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// The longest tag, in bytes.
const MAX_BYTES: usize = 63;

/// Gives a tenant tags and takes others away; what it has, or lacks, already is no error.
///
/// # Errors
///
/// As [`Tenants::tag`](crate::scope::Tenants::tag).
pub fn tag<S: AsRef<str>>(
    client: &mut Client,
    key: &TenantKey,
    add: &[S],
    remove: &[S],
) -> Result<Tenant> {
    tag_within(client, key, (add, remove), &Waits::default())
}

/// The same within limits of waiting.
pub(crate) fn tag_within<S: AsRef<str>>(
    client: &mut Client,
    key: &TenantKey,
    (add, remove): (&[S], &[S]),
    waits: &Waits,
) -> Result<Tenant> {
    let add: Vec<&str> = add.iter().map(AsRef::as_ref).collect();
    let remove: Vec<&str> = remove.iter().map(AsRef::as_ref).collect();
    add.iter()
        .chain(&remove)
        .try_for_each(|tag| check_tag(tag))?;
    let sql = format!(
        "UPDATE tenantry.tenant SET changed_at = pg_catalog.now(), tags = ARRAY( \
         SELECT DISTINCT u FROM pg_catalog.unnest(tags || $2) AS u WHERE u <> ALL ($3) ORDER BY u) \
         WHERE key = $1 RETURNING {}",
        Tenant::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 3] = [
        (&key.as_str(), Type::TEXT),
        (&add, Type::TEXT_ARRAY),
        (&remove, Type::TEXT_ARRAY),
    ];
    let row = changed(client, (&sql, &params), waits).map_err(|error| error.in_tenant(key))?;
    row.as_ref()
        .map_or_else(|| Err(unknown(client, key)), Tenant::read)
}

/// Refuses what can't be a tag.
pub(crate) fn check_tag(tag: &str) -> Result<()> {
    let begins = tag.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && tag.len() <= MAX_BYTES && tag.chars().all(TenantKey::allows) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Name,
        format!(
            "`{tag}` can't be a tag\n\
             help: write 1 to {MAX_BYTES} ASCII letters, digits and `. _ - : @`, beginning with a letter or digit"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_the_characters_of_keys() {
        for tag in ["beta", "7", "plan:pro", "eu-west.1"] {
            check_tag(tag).unwrap();
        }
        for tag in ["", "+beta", "-old", "a b", "ä", "'", &"a".repeat(64)] {
            assert_eq!(check_tag(tag).unwrap_err().kind(), ErrorKind::Name, "{tag}");
        }
    }
}
