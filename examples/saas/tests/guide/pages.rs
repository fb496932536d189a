//! The guide's pages, as blocks of code with what stands above them.

use std::fs;
use std::path::{Path, PathBuf};

/// A block of code.
pub(crate) struct Block {
    /// The page, and the number of the first line of code in it.
    pub(crate) place: String,
    /// The language, as GitHub colours it.
    pub(crate) language: String,
    pub(crate) lines: Vec<String>,
    /// Where the code belongs.
    pub(crate) file: File,
}

/// The file that is named in the line above a block, which ends with a colon.
#[derive(Clone)]
pub(crate) enum File {
    /// A link leads to it: the block is quoted from there.
    Quoted(PathBuf),
    /// It is the reader's, who writes it.
    Written(String),
    /// There is none.
    Unnamed,
}

/// Languages whose blocks are no code.
pub(crate) const NO_CODE: [&str; 2] = ["console", "text"];

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide")
}

/// Returns the names of all pages, without `.md`.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".md").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// Returns the blocks of a page, in order.
pub(crate) fn blocks(name: &str) -> Vec<Block> {
    let text = fs::read_to_string(folder().join(format!("{name}.md"))).unwrap();
    let mut blocks = Vec::new();
    let mut above = "";
    let mut last = File::Unnamed;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            above = if line.is_empty() { above } else { line };
            continue;
        };
        let code = lines.by_ref().take_while(|(_, line)| *line != "```");
        // The line above commands may end with a command.
        let mut file = if language == "console" {
            File::Unnamed
        } else {
            file(above)
        };
        match &file {
            File::Quoted(_) => last = file.clone(),
            File::Unnamed if !NO_CODE.contains(&language) => file = last.clone(),
            _ => {}
        }
        blocks.push(Block {
            place: format!("docs/guide/{name}.md:{}", number + 2),
            language: language.to_owned(),
            lines: code.map(|(_, line)| line.to_owned()).collect(),
            file,
        });
        above = "";
    }
    blocks
}

/// The last link or name of a line that ends with a colon.
fn file(above: &str) -> File {
    let Some(above) = above.strip_suffix(':') else {
        return File::Unnamed;
    };
    if let Some(link) = above.strip_suffix(')') {
        let (_, target) = link.rsplit_once("](").unwrap();
        return File::Quoted(folder().join(target));
    }
    match above
        .strip_suffix('`')
        .and_then(|name| name.rsplit_once('`'))
    {
        Some((_, name)) => File::Written(name.to_owned()),
        None => File::Unnamed,
    }
}
