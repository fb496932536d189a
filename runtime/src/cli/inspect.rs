//! `inspect`: models and a first migration from schemas that something else has made.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind as IoErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::Verdict;
use super::inspect_args::InspectArgs;
use super::output::{Console, count};
use super::project::Project;
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::{Inspected, inspect};
use crate::name::SchemaName;

pub(super) fn run(
    project: &Project,
    args: &InspectArgs,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let tenant = args.schema.as_deref().map(named).transpose()?;
    let shared = project.shared_schema();
    if tenant.as_ref() == Some(shared) {
        let text = format!("`{shared}` is the shared schema, and no tenant's");
        return Err(Error::new(ErrorKind::Name, text).help(
            "inspect it with `--shared`, or name another shared schema with `--shared-schema`",
        ));
    }
    let chain = project.chain_or_empty()?;
    if let Some(first) = chain.migrations().first() {
        let text = format!(
            "`{}`: there are migrations already, from `{}` on",
            project.migrations().display(),
            first.id()
        );
        return Err(Error::new(ErrorKind::Chain, text)
            .help("inspect into an empty folder, named with `--migrations`"));
    }
    if let Some(path) = args.models.as_deref().filter(|path| path.exists()) {
        return Err(is_there(path));
    }
    let mut client = project.connect()?;
    let mut found = inspect(&mut client, tenant.as_ref(), shared, args.shared, &chain)?;
    found.models = formatted(&found.models).unwrap_or(found.models);
    match &args.models {
        Some(path) => write(project, path, (&found, args), console)?,
        None => console.text(&found.models),
    }
    for (title, lines) in &found.notes {
        console.note(format_args!("{title}:"));
        for line in lines {
            console.note(format_args!("  {line}"));
        }
    }
    Ok(Verdict::Fine)
}

fn named(schema: &str) -> Result<SchemaName> {
    SchemaName::new(schema).map_err(|error| {
        let error = Error::from(error);
        let text = error.message().to_owned();
        if text.contains("\nhelp: ") {
            return error;
        }
        Error::new(ErrorKind::Name, text)
            .help("give it another name before: `ALTER SCHEMA … RENAME TO acme`")
    })
}

fn is_there(path: &Path) -> Error {
    let text = format!("`{}`: is there already", path.display());
    Error::new(ErrorKind::Configuration, text)
        .help("name a new file with `--models`, and move what you want into your own")
}

fn write(
    project: &Project,
    path: &Path,
    (found, args): (&Inspected, &InspectArgs),
    console: &mut Console<'_>,
) -> Result<()> {
    let failed = |error: std::io::Error| {
        if error.kind() == IoErrorKind::AlreadyExists {
            return is_there(path);
        }
        let text = format!("`{}`: can't be written: {error}", path.display());
        Error::new(ErrorKind::Configuration, text).help("let the process write there")
    };
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Not even a file that somebody has made meanwhile is overwritten.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(found.models.as_bytes()).map_err(failed)?;
    let migrations = found.migrations.write(project.migrations());
    let migrations = migrations.inspect_err(|_| {
        // The next try is not refused for a file that this one has made.
        let _ = fs::remove_file(path);
    })?;
    console.line(format_args!("{}, written:", count(found.count, "model")));
    console.line(format_args!("  {}", path.display()));
    for path in migrations {
        console.line(format_args!("  {}", path.display()));
    }
    let shared = if args.shared { " --shared" } else { "" };
    let tenant = args
        .schema
        .as_ref()
        .map_or_else(String::new, |it| format!(" {it}"));
    console.line(format_args!(
        "review both; then `makemigrations --check`, and `adopt --at 0001_initial{shared}{tenant} --sql`, which prints what has to be changed before"
    ));
    Ok(())
}

/// Returns source as `rustfmt` writes it, where there is one.
fn formatted(source: &str) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let text = source.to_owned();
    // It writes while it is written to.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.is_empty()).then_some(text)
}
