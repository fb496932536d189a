//! Errors that say no way out.
//!
//! An error of ours has a line `help: `: in its words, in what they are made of, or by `.help(...)`. Where none can be seen, the place is
//! recorded here with the reason.

/// How the errors are made that have words of ours.
const MAKES: [&str; 2] = ["Error::new(", "fault("];

/// How many errors of a file have no help that can be seen, and why.
pub(super) const WITHOUT: [(&str, usize, &str); 11] = [
    (
        "bookkeeping/commit.rs",
        1,
        "whoever calls it gives the words",
    ),
    (
        "bookkeeping/message.rs",
        1,
        "whoever calls it gives the words",
    ),
    ("cli/project.rs", 1, "each violation has its own"),
    (
        "error/sqlstate.rs",
        2,
        "the words are those of the server or the driver",
    ),
    (
        "migrate/baseline/mod.rs",
        1,
        "it is the reason why there are no standbys, and told by `status`",
    ),
    (
        "migrate/chain/assemble.rs",
        1,
        "the words are those of the form of names",
    ),
    (
        "migrate/status/contradictions.rs",
        1,
        "each contradiction has its own",
    ),
    (
        "migrate/chain/lint.rs",
        1,
        "the words are those of the rules, each of which has its own",
    ),
    (
        "migrate/chain/files.rs",
        2,
        "whoever calls it gives the words",
    ),
    (
        "migrate/fleet/segmented/noted.rs",
        1,
        "it has a step tried again, and nobody is told",
    ),
    (
        "query/render/select.rs",
        1,
        "the node that is refused gives the words",
    ),
];

/// Returns the lines at which a source makes errors without a help.
pub(super) fn missing(text: &str) -> Vec<usize> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut lines = Vec::new();
    for make in MAKES {
        for (at, _) in text.match_indices(make) {
            let before = &text[..at];
            let is_other = before.ends_with(is_of_name)
                || before.ends_with("io::")
                || before.ends_with("fn ")
                || make == "fault(" && !is_of_file(&text[at + make.len()..])
                || is_in_comment(before);
            let call = group(&text[at + make.len() - 1..]);
            if !is_other && !has_help(text, at, call, 3) && !is_helped(&text[at..], make.len() - 1)
            {
                lines.push(before.matches('\n').count() + 1);
            }
        }
    }
    lines.sort_unstable();
    lines
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether these are the arguments of an error about a file or folder.
fn is_of_file(arguments: &str) -> bool {
    let first = arguments.trim_start();
    first.starts_with('&') || first.starts_with("path")
}

fn is_in_comment(before: &str) -> bool {
    before
        .rsplit('\n')
        .next()
        .unwrap()
        .trim_start()
        .starts_with("//")
}

/// Whether `.help(...)` is among the methods that a call is followed by.
fn is_helped(call: &str, open: usize) -> bool {
    let mut rest = &call[open + group(&call[open..]).len()..];
    while let Some(method) = rest.trim_start().strip_prefix('.') {
        if method.starts_with("help(") {
            return true;
        }
        let Some(open) = method.find('(') else { break };
        rest = &method[open + group(&method[open..]).len()..];
    }
    false
}

/// Whether an expression has a help in it, or something that is named in it has.
fn has_help(text: &str, at: usize, expression: &str, depth: usize) -> bool {
    if expression.contains("help: ") {
        return true;
    }
    if depth == 0 {
        return false;
    }
    let start = [text[..at].rfind("\nfn "), text[..at].rfind(" fn ")];
    let function = start.into_iter().flatten().max().unwrap_or_default();
    // What stands in braces in a text is a name, too.
    let names = expression.split(|c| !is_of_name(c));
    let names = names.filter(|name| !name.is_empty());
    names.into_iter().any(|name| {
        let bindings = [format!("let {name} ="), format!("let {name} =\n")];
        let bound = bindings.iter().filter_map(|binding| {
            let found = function + text[function..at].rfind(binding.as_str())?;
            let rest = &text[found..];
            Some(&rest[..rest.find(";\n").unwrap_or(rest.len())])
        });
        let constants = [format!("const {name}: "), format!("static {name}: ")];
        let constant = constants.iter().filter_map(|constant| {
            let rest = &text[text.find(constant.as_str())?..];
            Some(&rest[..rest.find(";\n").unwrap_or(rest.len())])
        });
        let called = format!("fn {name}(");
        let function = text.find(called.as_str()).map(|found| {
            let indent = text[..found].rsplit('\n').next().unwrap();
            let indent = indent.len() - indent.trim_start().len();
            let end = format!("\n{}}}\n", " ".repeat(indent));
            let rest = &text[found..];
            &rest[..rest.find(&end).unwrap_or(rest.len())]
        });
        bound
            .chain(constant)
            .chain(function)
            .any(|of| has_help(text, at, of, depth - 1))
    })
}

/// Returns a text in parentheses from its beginning.
fn group(text: &str) -> &str {
    let (mut depth, mut chars) = (0_usize, text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            // A parenthesis as a character.
            '\'' if text[at..].starts_with("'('") || text[at..].starts_with("')'") => {
                chars.nth(1);
            }
            _ => {}
        }
        if depth == 0 {
            return &text[..=at];
        }
    }
    text
}

#[test]
fn a_missing_help_is_seen_wherever_the_others_stand() {
    let source = r#"
const LATE: &str = "too late\nhelp: come earlier";
fn a() -> Error {
    Error::new(Kind::A, "no (\")\nhelp: yes")
}
fn b() -> Error {
    let message = format!("no {LATE}");
    Error::new(Kind::B, message)
}
fn c() -> Error {
    Error::new(Kind::C, why()).because(a).help("do it")
}
fn why() -> String {
    "no".to_owned()
}
fn d() -> Error {
    // Error::new(
    Error::new(Kind::D, why()).because(help)
}
fn e() -> Error {
    let message = "no";
    io::Error::new(io, "no"); Other::Error::new(Kind::E, message)
}
"#;
    assert_eq!(missing(source), [18, 22]);
}
