//! Shows that something is being fetched.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on a terminal, and nothing elsewhere.
#[derive(Debug)]
pub(super) struct DownloadProgress {
    bar: ProgressBar,
    staging: PathBuf,
}

impl DownloadProgress {
    /// Begins to show that a server is fetched into `staging`: with what, and about how many bytes.
    pub(super) fn start(title: &str, about_bytes: u64, staging: &Path) -> Self {
        let bar = ProgressBar::new(about_bytes);
        let style = "{msg}  [{bar:30}]  {bytes} of about {total_bytes}  {elapsed}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is well-formed"));
        bar.set_message(format!("fetching PostgreSQL with {title}"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            staging: staging.to_owned(),
        }
    }

    /// Looks how much has come.
    pub(super) fn update(&self) {
        if !self.bar.is_hidden() {
            let length = self.bar.length().unwrap_or_default();
            self.bar.set_position(size(&self.staging).min(length));
        }
    }

    /// Shows that all has come and is being unpacked.
    pub(super) fn unpacks(&self) {
        self.bar.set_position(self.bar.length().unwrap_or_default());
        self.bar.set_message("unpacking PostgreSQL");
    }
}

impl Drop for DownloadProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Prints a line to the standard error, also where a test's output is captured.
pub(super) fn tell(line: &str) {
    // Nobody needs to read it.
    let _ = writeln!(io::stderr(), "tenantry: {line}");
}

/// The bytes of all files below a directory. Files may vanish meanwhile.
fn size(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
