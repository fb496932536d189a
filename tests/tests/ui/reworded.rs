//! Messages as another compiler could word them: they pass as long as what is ours is in them.

use std::fs;

use super::{programs, told, words};

#[test]
fn another_compiler_may_use_other_words_but_for_ours() {
    let words = words();
    let (mut with_our_words, mut with_our_labels, mut with_our_places) = (0, 0, 0);
    for path in programs() {
        let told = fs::read_to_string(&path).unwrap();
        let mistakes = told::read(&told, &words);
        let is = |doctored: &str| told::read(doctored, &words) == mistakes;

        // What is the compiler's: underlines, its own helps and notes, and where it points to by itself.
        let place = |column: u32| format!(".rs:{}:{column}\n", mistakes[0].line);
        let mut reworded = told.replace('^', "~");
        for (from, to) in REWORDED {
            reworded = reworded.replace(from, to);
        }
        assert!(is(&reworded), "{}", path.display());
        if let Some(column) = mistakes[0].column {
            with_our_places += 1;
            let moved = told.replacen(&place(column), &place(column + 1), 1);
            assert!(!is(&moved), "{}", path.display());
        }

        // It may tell the same once more.
        assert!(
            is(&told::once(&format!("{told}\n\n{told}"))),
            "{}",
            path.display()
        );

        // What is not: another error, none, another line.
        assert!(
            !is(&format!("{told}\nerror: one more\n --> a.rs:1:1\n")),
            "{}",
            path.display()
        );
        assert!(
            !is(&told.replacen("error", "warning", 1)),
            "{}",
            path.display()
        );
        let line = mistakes[0].line;
        let moved = told.replacen(&format!(".rs:{line}:"), &format!(".rs:{}:", line + 1), 1);
        assert!(!is(&moved), "{}", path.display());

        // Each of our words.
        for ours in mistakes.iter().flat_map(|mistake| &mistake.ours) {
            with_our_words += 1;
            assert!(
                !is(&told.replace(ours.as_str(), "something else")),
                "{ours}"
            );
        }
        for label in mistakes.iter().flat_map(|mistake| &mistake.labels) {
            with_our_labels += 1;
            let unlabelled: Vec<_> = told.lines().map(|line| without(label, line)).collect();
            let unlabelled = unlabelled.join("\n");
            assert!(!is(&unlabelled), "{label}");
        }
    }
    assert!(with_our_words > 500, "{with_our_words}");
    assert!(with_our_labels > 100, "{with_our_labels}");
    assert!(with_our_places > 100, "{with_our_places}");
}

/// Words of the compiler's own, and what another release could say in their place.
const REWORDED: [(&str, &str); 10] = [
    ("= help: the trait", "= help: a trait"),
    ("\nhelp: the trait", "\nhelp: a trait"),
    ("the following other types", "types beside it that"),
    ("required by a bound in", "a bound requires this in"),
    ("required by this bound in", "here is the bound of"),
    ("this error originates in", "the error is from"),
    ("failed here", "went wrong"),
    ("` on by default", "` is the default"),
    // More of the lines around a place.
    ("  |\n", "  |\n  |\n"),
    // Lines of other files.
    ("  | pub struct ", "  | pub(crate) struct "),
];

/// A line without a label at its end, if it is one that points to something.
fn without<'l>(label: &str, line: &'l str) -> &'l str {
    let points = line.trim_start().starts_with('|');
    let rest = line.strip_suffix(label).filter(|_| points);
    rest.unwrap_or(line)
}
