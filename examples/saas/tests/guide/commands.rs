//! Commands of the pages, which are run in a folder and a database of their own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tenantry::testing::TestDb;

use crate::pages::{Block, File};
use crate::quotes::leaves_out;

/// A reader who goes through a page.
pub(crate) struct Reader {
    pub(crate) database: TestDb,
    folder: TempDir,
    /// The application's commands, and PostgreSQL's.
    programs: Vec<PathBuf>,
    /// The release that the reader has come to.
    release: String,
    /// Other addresses than the database's, by the names that pages have for them.
    addresses: Vec<(&'static str, String)>,
    /// Words of pages, and what they are here: names that others may have on the same machine.
    words: Vec<(&'static str, String)>,
    /// Roles that the page makes, which are the whole server's.
    roles: Vec<String>,
    served: Option<Served>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut client = self.database.connect();
        for role in &self.roles {
            // A page that failed may not have made it.
            let _ = client.batch_execute(&format!("DROP OWNED BY {role} CASCADE"));
        }
        for role in &self.roles {
            let _ = client.batch_execute(&format!("DROP ROLE {role}"));
        }
    }
}

/// The application, as it serves its pages until the reader is done.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The command that serves the application, and where the pages say that it does.
const SERVE: &str = "cargo run";
const ADDRESS: &str = "http://localhost:3000";

impl Reader {
    /// Begins a page, in an empty folder with an empty database.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let database = TestDb::new();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_guide_manage"), bin.join("manage")).unwrap();
        let sql = "SELECT setting FROM pg_catalog.pg_config WHERE name = 'BINDIR'";
        let servers: String = database.connect().query_one(sql, &[]).unwrap().get(0);
        fs::create_dir(folder.path().join("saas")).unwrap();
        Self {
            database,
            programs: vec![bin, PathBuf::from(servers)],
            folder,
            release: String::new(),
            addresses: Vec::new(),
            words: Vec::new(),
            roles: Vec::new(),
            served: None,
        }
    }

    /// Gives a name to an address.
    pub(crate) fn address(mut self, name: &'static str, url: impl Into<String>) -> Self {
        self.addresses.push((name, url.into()));
        self
    }

    /// Has a word of the page stand for another one here.
    pub(crate) fn word(mut self, word: &'static str, here: impl Into<String>) -> Self {
        self.words.push((word, here.into()));
        self
    }

    /// Drops a role in the end.
    pub(crate) fn role(mut self, role: String) -> Self {
        self.roles.push(role);
        self
    }

    /// Tells whether the programs that pages call are there, beside the server's own.
    pub(crate) fn has_programs(&self) -> bool {
        ["psql", "pg_dump", "curl"]
            .iter()
            .all(|program| self.run(&format!("{program} --version")).0)
    }

    /// Begins a page where the tutorial ends, with these workspaces.
    pub(crate) fn with_workspaces(keys: &[&str]) -> Self {
        let reader = Self::new();
        let creations = keys.iter().map(|key| format!("tenants create {key}"));
        let before = ["makemigrations", "migrate"].map(str::to_owned);
        for args in before.into_iter().chain(creations) {
            let (ended_well, printed) = reader.run(&format!("manage {args}"));
            assert!(ended_well, "{args}: {printed}");
        }
        reader
    }

    /// Does what a block says, and tells what came of it otherwise than the page has it.
    pub(crate) fn follow(&mut self, block: &Block) -> Option<String> {
        match &block.file {
            // The reader types whatever a page quotes of another release.
            File::Quoted(path) => {
                if let Some(release) = path.file_stem().filter(|_| is_release(path)) {
                    self.release = release.to_str().unwrap().to_owned();
                }
                None
            }
            File::Written(name) => {
                let path = self.root().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, self.here(&block.lines.join("\n")) + "\n").unwrap();
                None
            }
            File::Unnamed if block.language == "console" => self.run_all(block),
            File::Unnamed => None,
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("saas")
    }

    fn run_all(&mut self, block: &Block) -> Option<String> {
        let mut lines = block.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                return Some(format!("{}: `{line}` is no command", block.place));
            };
            let mut command = command.to_owned();
            while command.ends_with('\\') {
                command = format!("{command}\n{}", lines.next().unwrap());
            }
            let mut told = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                told.push(line.as_str());
            }
            let (ended_well, printed) = if command == SERVE {
                (true, self.serve())
            } else {
                self.run(&command)
            };
            if !ended_well || !is_like(&told, &printed) {
                let ended = if ended_well { "printed" } else { "failed with" };
                return Some(format!("{}: `{command}` {ended}:\n{printed}", block.place));
            }
        }
        None
    }

    /// Starts the application at a free port, and returns what it says then.
    fn serve(&mut self) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_saas"));
        program
            .env("DATABASE_URL", self.database.url())
            .env("PORT", "0");
        let mut program = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let printed = program.stdout.as_mut().unwrap();
        BufReader::new(printed).read_line(&mut line).unwrap();
        let at = line.find("http").expect("it says where it is");
        self.words.push((ADDRESS, line[at..].trim().to_owned()));
        self.served = Some(Served(program));
        self.there(&line)
    }

    /// Returns a text of the page in the words that count here.
    fn here(&self, text: &str) -> String {
        let words = self.words.iter();
        words.fold(text.to_owned(), |text, (word, here)| {
            text.replace(word, here)
        })
    }

    /// Returns a text that was printed in the words of the page.
    fn there(&self, text: &str) -> String {
        let words = self.words.iter();
        words.fold(text.to_owned(), |text, (word, here)| {
            text.replace(here, word)
        })
    }

    fn run(&self, command: &str) -> (bool, String) {
        let command = self.here(command);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = self.programs.iter().cloned();
        let path = std::env::join_paths(programs.chain(std::env::split_paths(&path))).unwrap();
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.root())
            .env("PATH", path)
            .env("DATABASE_URL", self.database.url())
            .env("RELEASE", &self.release)
            .envs(self.addresses.iter().map(|(name, url)| (name, url)))
            .env("PAGER", "")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), self.there(&printed))
    }
}

fn is_release(path: &Path) -> bool {
    ["models.rs", "later.rs", "django.rs"]
        .iter()
        .any(|name| path.ends_with(name))
}

/// Tells whether a command has printed what a page says, but for what is left out, spaces, and numbers that vary.
fn is_like(told: &[&str], printed: &str) -> bool {
    let printed: Vec<String> = printed.lines().map(normal).collect();
    let printed: Vec<&str> = printed
        .iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty())
        .collect();
    let mut rest = &printed[..];
    let mut anywhere = false;
    for line in told.iter().filter(|line| !line.trim().is_empty()) {
        if leaves_out(line) {
            anywhere = true;
            continue;
        }
        let line = normal(line);
        let Some(at) = rest.iter().position(|it| *it == line) else {
            return false;
        };
        if at > 0 && !anywhere {
            return false;
        }
        anywhere = false;
        rest = &rest[at + 1..];
    }
    rest.is_empty() || anywhere
}

/// A line with single spaces, and without how long something took and when it was.
fn normal(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut normal = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let unit = words.get(at + 1).copied().unwrap_or_default();
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let is_span = is_number && ["ms", "s", "min", "µs"].contains(&unit);
        let is_moment =
            is_number && (word.matches('-').count() == 2 || word.matches(':').count() == 2);
        normal.push(match () {
            () if is_span => "some",
            () if is_moment => "then",
            () => word,
        });
    }
    let text = normal.join(" ");
    // A second has another unit than milliseconds.
    ["ms", "s", "min", "µs"].iter().fold(text, |text, unit| {
        text.replace(&format!("some {unit}"), "some time")
    })
}

#[test]
fn what_is_printed_is_compared() {
    assert!(is_like(&["a  b", "in 3 ms"], "a b\n\nin 1.2 s\n"));
    assert!(is_like(&["a", "…", "d"], "a\nb\nc\nd\n"));
    assert!(is_like(&["…"], "a\n"));
    assert!(is_like(&[], ""));
    for (told, printed) in [
        (&["a"][..], "a\nb\n"),
        (&["b"], "a\nb\n"),
        (&["a", "…", "d"], "a\nb\n"),
        (&["a", "b"], "a\n"),
        (&["3 rows"], "4 rows\n"),
        (&[], "a\n"),
    ] {
        assert!(!is_like(told, printed), "{told:?} {printed}");
    }
}
