//! Links of the pages to files and sections.

use std::fs;

use crate::pages::folder;

/// Returns the links of a page that lead nowhere.
pub(crate) fn dead(name: &str) -> Vec<String> {
    let page = format!("{name}.md");
    let text = fs::read_to_string(folder().join(&page)).unwrap();
    let links = prose(&text).into_iter().flat_map(targets);
    links
        .filter(|target| !target.contains("://") && !leads_somewhere(&page, target))
        .map(|target| format!("{page}: {target}"))
        .collect()
}

fn leads_somewhere(page: &str, target: &str) -> bool {
    let (file, section) = target.split_once('#').unwrap_or((target, ""));
    let path = folder().join(if file.is_empty() { page } else { file });
    if section.is_empty() {
        return path.exists();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    prose(&text)
        .iter()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|title| anchor(title) == section)
}

/// The lines that are no code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line);
        }
    }
    lines
}

fn targets(line: &str) -> Vec<&str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

/// The anchor that GitHub gives a title.
fn anchor(title: &str) -> String {
    let title = title.trim_start_matches('#').trim().to_lowercase();
    title
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    for target in [
        "README.md",
        "../migrations.md",
        "tutorial.md#the-operators-page",
        "../../examples/saas",
    ] {
        assert!(leads_somewhere("README.md", target), "{target}");
    }
    for target in ["none.md", "tutorial.md#none", "../../examples/none.rs"] {
        assert!(!leads_somewhere("README.md", target), "{target}");
    }
    assert_eq!(targets("[a](b) and [c](d#e)."), ["b", "d#e"]);
}
