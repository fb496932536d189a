//! Names that may be meant by a mistyped one.

/// How alike two names have to be for one to be taken for the other, from 0 to 1.
const ALIKE: f64 = 0.8;

/// Returns the known name that is most like a mistyped one, if any is like it.
pub(crate) fn most_alike<'a>(
    mistyped: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    best(known, |known| strsim::jaro_winkler(mistyped, known))
}

/// Returns the migration that may be meant by a mistyped id. The numbers that ids begin with make all of them alike, so
/// what comes after them counts for itself.
pub(crate) fn most_alike_migration<'a>(
    mistyped: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let mistyped = mistyped.to_lowercase();
    let (number, wanted) = parts(&mistyped);
    // A number alone is not mistyped: there is none of it.
    if wanted.is_empty() {
        return None;
    }
    best(known, |known| {
        let (its_number, name) = parts(known);
        let is_same = number.is_empty() || number == its_number;
        strsim::jaro_winkler(wanted, name) - if is_same { 0.0 } else { 0.01 }
    })
}

fn best<'a>(
    known: impl IntoIterator<Item = &'a str>,
    likeness: impl Fn(&str) -> f64,
) -> Option<&'a str> {
    let all = known.into_iter().map(|known| (likeness(known), known));
    let alike = all.filter(|(likeness, _)| *likeness >= ALIKE);
    let best = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.map(|(_, known)| known)
}

/// The number of an id without its zeros, and its name.
fn parts(id: &str) -> (&str, &str) {
    let name = id.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = id[..id.len() - name.len()].trim_start_matches('0');
    (number, name.trim_start_matches(['_', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_migration_is_taken_for_the_one_that_is_named_alike() {
        let known = ["0001_initial", "0002_notes", "0003_invoices", "0004_notes"];
        for (mistyped, meant) in [
            ("0002_note", Some("0002_notes")),
            ("0002-notes", Some("0002_notes")),
            ("2_nots", Some("0002_notes")),
            ("4_notes", Some("0004_notes")),
            ("0003_notse", Some("0004_notes")),
            ("INITIAL", Some("0001_initial")),
            ("0001_invoice", Some("0003_invoices")),
            ("0009", None),
            ("9", None),
            ("", None),
            ("payments", None),
        ] {
            let found = most_alike_migration(mistyped, known);
            assert_eq!(found, meant, "{mistyped}");
        }
    }
}
