//! Amounts of bytes as people write them: `512kB`, `100MB`, `2GB`.

/// Reads an amount of bytes: a whole number and `B`, `kB`, `MB`, `GB` or `TB`, which are PostgreSQL's units, each 1024
/// times the one before.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let refused = || {
        format!(
            "`{text}` is not an amount of bytes\nhelp: write a number and its unit, as in `512kB`, `100MB` or `2GB`"
        )
    };
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit())
        .ok_or_else(refused)?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| refused())?;
    let doublings = match unit.trim() {
        "B" => 0,
        "kB" => 10,
        "MB" => 20,
        "GB" => 30,
        "TB" => 40,
        _ => return Err(refused()),
    };
    number.checked_mul(1 << doublings).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_number_and_a_unit() {
        assert_eq!(parse("7B"), Ok(7));
        assert_eq!(parse("512kB"), Ok(512 * 1024));
        assert_eq!(parse("100 MB"), Ok(100 << 20));
        assert_eq!(parse("2GB"), Ok(2 << 30));
        assert_eq!(parse("1TB"), Ok(1 << 40));
        for text in ["", "5", "MB", "5mb", "-1B", "1.5GB", "99999999999TB"] {
            assert!(parse(text).unwrap_err().contains("`512kB`"), "{text}");
        }
    }
}
