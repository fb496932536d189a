//! The characters of a tag.

use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// The longest tag, in bytes.
const MAX_BYTES: usize = 63;

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
