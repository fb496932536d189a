//! Schemas in the words of `pg_dump`: a judge that knows nothing of tenantry.

use std::process::Command;

use postgres::Client;

use crate::fleet::texts;

/// The definition and the rows of a schema, with its name and all that differs between schemas that are alike taken out.
/// Nothing if there is no `pg_dump` beside the server.
///
/// # Panics
///
/// If `pg_dump` fails.
pub fn dump(client: &mut Client, url: &str, schema: &str) -> Option<String> {
    let quoted = format!("\"{schema}\"");
    let text = dump_of(client, url, &["--schema", &quoted])?;
    Some(normal(&text, schema))
}

/// The text of `pg_dump`, as it is. Nothing if there is no `pg_dump` beside the server.
///
/// # Panics
///
/// If `pg_dump` fails.
pub fn dump_of(client: &mut Client, url: &str, options: &[&str]) -> Option<String> {
    let directory = texts(
        client,
        "SELECT setting FROM pg_catalog.pg_config WHERE name = 'BINDIR'",
    );
    let program = format!("{}/pg_dump", directory.concat());
    let output = Command::new(&program)
        .args(["--dbname", url])
        .args(options)
        .args(["--inserts", "--column-inserts"])
        .output();
    let Ok(output) = output else {
        crate::programs::is_not_installed("pg_dump");
        return None;
    };
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Takes out the schema's name, the mark of its tenant, and the comments of `pg_dump`.
pub fn normal(text: &str, schema: &str) -> String {
    let quoted = format!("\"{schema}\"");
    let lines = text.lines().filter(|line| {
        let is_about_dump = line.starts_with("--")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict")
            || line.starts_with("COMMENT ON SCHEMA");
        !is_about_dump && !line.is_empty()
    });
    let mut normal = String::new();
    for line in lines {
        let line = line.replace(&quoted, "\u{2039}t\u{203a}");
        normal.push_str(&words(&line, schema));
        normal.push('\n');
    }
    normal
}

/// Replaces a name where it is a word of its own.
fn words(line: &str, name: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut replaced = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        replaced.push_str(before);
        replaced.push_str(if is_word { "\u{2039}t\u{203a}" } else { name });
        rest = after;
    }
    replaced + rest
}

/// Says where two dumps differ first.
pub fn difference(one: &str, other: &str) -> Option<String> {
    let mut ones = one.lines().map(Some).chain(std::iter::repeat(None));
    let mut others = other.lines().map(Some).chain(std::iter::repeat(None));
    loop {
        match (ones.next()?, others.next()?) {
            (None, None) => return None,
            (one, other) if one != other => {
                return Some(format!(
                    "{}\n{}",
                    one.unwrap_or("(end)"),
                    other.unwrap_or("(end)")
                ));
            }
            _ => {}
        }
    }
}
