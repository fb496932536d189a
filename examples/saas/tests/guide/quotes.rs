//! Code of the pages, which is quoted from files that are compiled and tested.

use std::fs;

use crate::pages::{Block, File, NO_CODE};

/// A line that leaves something out.
pub(crate) fn leaves_out(line: &str) -> bool {
    let comment = line.trim_start_matches(['/', '-', '#', ' ']);
    comment == "…"
}

/// Tells why a block is no quotation, if it is none.
pub(crate) fn problem(block: &Block) -> Option<String> {
    let place = &block.place;
    let path = match &block.file {
        File::Quoted(path) => path,
        File::Written(_) => return None,
        File::Unnamed if NO_CODE.contains(&block.language.as_str()) => return None,
        File::Unnamed => {
            return Some(format!(
                "{place}: the line above names no file: end it with a link or a name, and a colon"
            ));
        }
    };
    let Ok(text) = fs::read_to_string(path) else {
        return Some(format!("{place}: there is no file {}", path.display()));
    };
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    let mut rest = &text[..];
    for piece in block.lines.split(|line| leaves_out(line)) {
        let piece: Vec<&str> = piece.iter().map(|line| line.trim()).collect();
        let piece = trimmed(&piece);
        if piece.is_empty() {
            continue;
        }
        let Some(at) = rest.windows(piece.len()).position(|lines| lines == piece) else {
            let path = path.display();
            let piece = piece.join("\n");
            return Some(format!("{place}: {path} has nowhere below:\n{piece}"));
        };
        rest = &rest[at + piece.len()..];
    }
    None
}

/// The lines without empty ones around them.
fn trimmed<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    let first = lines.iter().position(|line| !line.is_empty());
    let last = lines.iter().rposition(|line| !line.is_empty());
    match (first, last) {
        (Some(first), Some(last)) => &lines[first..=last],
        _ => &[],
    }
}
