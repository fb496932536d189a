//! Writing a merge: folders renamed, manifests with their ids, and the state.

use std::fs;
use std::path::Path;

use super::Merge;
use crate::error::{Error, Result};
use crate::migrate::chain::Chain;
use crate::migrate::chain::files::{MANIFEST, STATE, fault};

impl Merge {
    /// Renames the folders, gives their `migration.toml` the new ids, and writes `state.json`. A merge that was interrupted is gone
    /// on with by another.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), when a file can't be written.
    pub fn write(&self) -> Result<()> {
        for (old, new) in &self.renumbered {
            let (from, to) = (self.folder.join(old), self.folder.join(new));
            if to.exists() {
                return Err(fault(
                    &to.display().to_string(),
                    "is there already\nhelp: bring the folder back from version control, and merge again",
                ));
            }
            fs::rename(&from, &to).map_err(|error| failed(&from, error))?;
        }
        for (id, text) in &self.manifests {
            replace(&self.folder.join(id).join(MANIFEST), text)?;
        }
        if let Some(state) = &self.state {
            replace(&self.folder.join(STATE), state)?;
        }
        Chain::open(&self.folder).map(drop)
    }
}

/// The text of a manifest with another id, unless it has that id. All else in it, comments too, stays.
pub(super) fn with_id(text: &str, id: &str) -> Option<String> {
    let is_id = |line: &str| {
        let word = line.trim_start().strip_prefix("id");
        word.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let wanted = format!("id = \"{id}\"");
    let mut is_found = false;
    let lines = text.lines().map(|line| {
        // Tables of operations come later, and have no such key.
        if is_id(line) && !is_found {
            is_found = true;
            wanted.as_str()
        } else {
            line
        }
    });
    let mut named = lines.collect::<Vec<_>>().join("\n");
    named.push('\n');
    (!text.lines().any(|line| line == wanted)).then_some(named)
}

/// Writes a file as a whole, or not at all.
fn replace(path: &Path, text: &str) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&aside, text).and_then(|()| fs::rename(&aside, path));
    written.map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    fault(
        &path.display().to_string(),
        format!("can't be written: {error}\nhelp: let the process write there, and merge again"),
    )
    .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_keeps_all_but_its_id() {
        let text = "# by ann\nformat = 1\nid=\"0002_a\" # the id\nidle = 1\n\n[[operations]]\nid = \"x\"\n";
        let named = with_id(text, "0003_a").unwrap();
        assert_eq!(
            named,
            "# by ann\nformat = 1\nid = \"0003_a\"\nidle = 1\n\n[[operations]]\nid = \"x\"\n"
        );
        assert_eq!(with_id(&named, "0003_a"), None);
    }
}
