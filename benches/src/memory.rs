//! How much memory a migrator takes, in a process of its own.

use std::process::Command;
use std::{env, fs};

use tenantry::TenantKey;
use tenantry::migrate::Chain;

use crate::measure::shared_out;
use crate::results::{Results, environment};
use crate::server::{connect, database, open, start, text};

fn notes(with_more: bool) -> Chain {
    let mut files = vec![
        (
            "0001_notes/migration.toml",
            "format = 1\nid = \"0001_notes\"",
        ),
        (
            "0001_notes/tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, text text)",
        ),
    ];
    if with_more {
        files.extend([
            ("0002_more/migration.toml", "format = 1\nid = \"0002_more\""),
            (
                "0002_more/tenant.up.sql",
                "ALTER TABLE \"{tenant}\".notes ADD COLUMN more text",
            ),
        ]);
    }
    Chain::from_files(&files).expect("the chain is well-formed")
}

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("memory", environment(&version));
    let sizes: &[usize] = if quick { &[20] } else { &[100, 1000, 10_000] };
    for &size in sizes {
        let database = database(&server);
        let db = open(database.url());
        db.migrator(notes(false)).run().expect("the chain is valid");
        let names: Vec<String> = (0..size).map(|number| format!("a{number}")).collect();
        shared_out(vec![(); 2], names, |(), name| {
            let key = TenantKey::new(name).expect("a valid key");
            db.tenants().create(&key).expect("a new tenant");
        });
        let program = env::current_exe().expect("this program has a path");
        let output = Command::new(program)
            .args(["child", database.url()])
            .output()
            .expect("this program can be run");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let peak = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        results.line(
            &format!("migrate {size} tenants, two workers"),
            "tenantry",
            peak,
            String::new(),
            "flat",
        );
    }
    results.save(quick);
}

/// Migrates, and prints the most memory that the process had.
#[expect(clippy::print_stdout, reason = "the figure is what it is run for")]
pub(crate) fn child(url: &str) {
    open(url)
        .migrator(notes(true))
        .workers(2)
        .run()
        .expect("the migration is valid");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or("unknown").trim());
}
