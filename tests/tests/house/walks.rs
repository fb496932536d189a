//! Walks through the house: the calls by which one thing gets from door to door, and how often a file is entered.
//!
//! A walk is written down in a text, a function a line, with the calls of each below it. Calls that only look something up, tell of
//! something or explain an error are left out. A file is entered when a function of another file calls one of it; to come back from
//! a call is no entry.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A function on a walk.
struct Stop<'w> {
    depth: usize,
    file: &'w str,
    name: &'w str,
}

/// How often each file of a walk is entered, with a complaint for whatever is not so any more.
pub(crate) fn entries(folder: &Path, walk: &str) -> Result<BTreeMap<String, usize>, String> {
    let mut entries = BTreeMap::new();
    let mut callers: Vec<Stop<'_>> = Vec::new();
    for line in walk.lines() {
        let text = line.trim_start();
        let (file, name) = text.split_once(' ').ok_or(line)?;
        let depth = (line.len() - text.len()) / 2;
        callers.retain(|caller| caller.depth < depth);
        body(folder, file, name)?;
        if let Some(caller) = callers.last() {
            let calls = body(folder, caller.file, caller.name)?;
            let words: Vec<&str> = calls
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            if !words.contains(&name) {
                return Err(format!(
                    "`{}` of `{}` does not call `{name}` any more",
                    caller.name, caller.file
                ));
            }
        }
        if callers.last().is_none_or(|caller| caller.file != file) {
            *entries.entry(file.to_owned()).or_default() += 1;
        }
        callers.push(Stop { depth, file, name });
    }
    Ok(entries)
}

/// The text of a function: down to the brace that is as far to the right as the function.
fn body(folder: &Path, file: &str, name: &str) -> Result<String, String> {
    let text = fs::read_to_string(folder.join(file)).map_err(|_| format!("`{file}` is gone"))?;
    let begins = |line: &&str| {
        ["(", "<"]
            .iter()
            .any(|sign| line.contains(&format!("fn {name}{sign}")))
    };
    let mut lines = text.lines().skip_while(|line| !begins(line));
    let first = lines
        .next()
        .ok_or_else(|| format!("`{file}` has no function `{name}`"))?;
    let indent = &first[..first.len() - first.trim_start().len()];
    let end = format!("{indent}}}");
    let rest = lines.take_while(|line| *line != end);
    Ok(rest.collect::<Vec<_>>().join("\n"))
}
