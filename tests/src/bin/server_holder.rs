//! A process that uses a development server and ends in the way that its argument names. The tests look at what it
//! leaves behind.

use std::io::{self, Read, Write};

use tenantry::testing::{self, Server, TestDb};

fn main() {
    match std::env::args().nth(1).as_deref() {
        // The server is dropped.
        Some("drop") => {
            let server = Server::start().expect("a server");
            announce(&server, &server.database().expect("a database"));
        }
        // The server is a static, and statics are never dropped.
        Some("static") => announce(testing::server(), &TestDb::new()),
        // The same, ending in a panic.
        Some("panic") => {
            announce(testing::server(), &TestDb::new());
            panic!("as asked");
        }
        // Ends without running any destructor.
        Some("exit") => {
            announce(testing::server(), &TestDb::new());
            std::process::exit(3);
        }
        // Holds on until it is killed.
        Some("wait") => {
            let db = TestDb::from_template("empty", |_| ());
            announce(testing::server(), &db);
            let _ = io::stdin().read(&mut [0]);
        }
        other => panic!("unknown way to end: {other:?}"),
    }
}

/// Writes what there is to be left behind: the process id and directory of the server, and the name of a database.
fn announce(server: &Server, db: &TestDb) {
    let row = db
        .connect()
        .query_one(
            "SELECT pg_backend_pid(), current_setting('data_directory')",
            &[],
        )
        .expect("an answer");
    let directory: String = row.get(1);
    let pid_file =
        std::fs::read_to_string(format!("{directory}/postmaster.pid")).unwrap_or_default();
    let mut out = io::stdout();
    writeln!(out, "{}", pid_file.lines().next().unwrap_or_default())
        .expect("an open standard output");
    writeln!(
        out,
        "{}",
        server
            .log_path()
            .map(|path| path.display().to_string())
            .unwrap_or_default()
    )
    .expect("an open standard output");
    writeln!(out, "{}", db.name()).expect("an open standard output");
    out.flush().expect("an open standard output");
}
