//! Inputs: SQL that is cut, spliced and put together at random.

use std::path::Path;

use tenantry_tests::random::Random;

/// Pieces that begin, end or continue something.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "\"\"",
    "$$",
    "$a$",
    "$€$",
    "$a",
    "$1",
    "$",
    "E'",
    "e'",
    "B'",
    "x'",
    "N'",
    "U&'",
    "U&\"",
    "\\",
    "\\'",
    "\\n",
    "\\x7b",
    "\\xc3\\xa9",
    "\\303\\251",
    "\\u00e9",
    "\\U0001F600",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\1",
    "'\n'",
    "'\r\n\t'",
    "' -- c\n'",
    "' /* c */\n'",
    "'\u{c}'",
    "--",
    "-- c\n",
    "--\r",
    "/*",
    "*/",
    "/**/",
    "/*/",
    "*",
    "/",
    ";",
    ";;",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "..",
    ":",
    "::",
    ":=",
    "=>",
    "->",
    "->>",
    "<-",
    "@-",
    "+-",
    "||",
    "!",
    "~",
    "#",
    "%",
    "^",
    "&",
    "|",
    "`",
    "?",
    "<",
    ">",
    "=",
    "-",
    "+",
    "0",
    "1",
    "1.5",
    "1.",
    ".5",
    "1e",
    "1e+",
    "1e5",
    "0x1F",
    "0b1",
    "0o7",
    "1_000",
    "1__0",
    "1a",
    "é",
    "→",
    "\u{a0}",
    "\u{2003}",
    "\u{feff}",
    "ß",
    "_",
    "a",
    "A$b",
    "select",
    "as",
    "\"{tenant}\"",
    "\"{shared}\"",
    "{tenant}",
    "\"{tenant}\".",
    " ",
    "\n",
    "\r",
    "\t",
    "\u{1}",
    "\u{7f}",
    "DO ",
    "BEGIN",
    "ATOMIC",
    "END",
    "CASE",
    "CREATE FUNCTION f() ",
    "LANGUAGE sql AS ",
    "regclass",
    "nextval(",
    "not",
    "with",
    "nulls",
    "uescape '!'",
    "EXECUTE FUNCTION f(",
];

/// The files of the corpus.
pub(crate) fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// A text of the corpus or of pieces, changed in some places.
pub(crate) fn text(random: &mut Random, corpus: &[String]) -> String {
    let mut text = if random.below(3) == 0 {
        (0..random.below(20)).map(|_| random.pick(PIECES)).collect()
    } else {
        part_of_any(random, corpus)
    };
    for _ in 0..random.below(8) {
        let at = boundary(random, &text);
        match random.below(4) {
            0 => text.insert_str(at, random.pick(PIECES)),
            1 => {
                let other = part_of_any(random, corpus);
                text.insert_str(at, &other);
            }
            2 => {
                let end = text[at..].chars().take(random.below(6)).map(char::len_utf8);
                let end = at + end.sum::<usize>();
                text.replace_range(at..end, "");
            }
            _ => {
                let copied = part(random, &text).to_owned();
                text.insert_str(at, &copied);
            }
        }
        let end = text
            .char_indices()
            .nth(1_000)
            .map_or(text.len(), |(end, _)| end);
        text.truncate(end);
    }
    text
}

fn part_of_any(random: &mut Random, corpus: &[String]) -> String {
    let file = random.below(corpus.len());
    part(random, &corpus[file]).to_owned()
}

fn part<'a>(random: &mut Random, text: &'a str) -> &'a str {
    let (one, two) = (boundary(random, text), boundary(random, text));
    &text[one.min(two)..one.max(two)]
}

fn boundary(random: &mut Random, text: &str) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
