//! A server whose processes are all stopped: each call of the doors ends with an error that says so, and succeeds afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::Server;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::check_whole;
use tenantry_tests::stopped::Stopped;

use crate::common::key;
use crate::locked::{calls, longer, prepare};

/// Longer than any of them takes on a slow machine.
const LONG: Duration = Duration::from_secs(90);

/// Calls that a database answers without a server while what it knows is fresh, or that ask nothing before they are used.
const ASK_NOTHING: [&str; 2] = ["across", "shared"];

fn open(config: &postgres::Config) -> Database {
    let mut options = Options::default();
    options.max_connections = 60;
    options.connect_timeout = Duration::from_secs(1);
    options.registry_staleness = Duration::ZERO;
    options.statement_timeout = Some(Duration::from_secs(2));
    options.lock_timeout = Duration::from_secs(1);
    Database::connect_with(config, NoTls, options).unwrap()
}

/// Whether an error tells that the server is not there, and what to do.
fn is_told(error: &Error) -> bool {
    let is_kind = matches!(
        error.kind(),
        ErrorKind::Connection | ErrorKind::CommitUnknown
    );
    is_kind && error.to_string().contains("\nhelp: ")
}

#[test]
fn every_call_ends_over_a_stopped_server_and_succeeds_when_that_goes_on() {
    let server = Server::builder().start().unwrap();
    let database = server.database().unwrap();
    prepare(database.url());
    let db = open(&database.config());
    let acme = Arc::new(db.tenant(&key("acme")).unwrap().reference());
    // Half of the calls find connections that were used before.
    drop([(); 20].map(|()| db.shared().unwrap()));
    let mut client = database.connect();
    let stopped = Stopped::server(&mut client);
    let (told, ends) = mpsc::channel();
    for (_, name, call) in calls() {
        let (db, acme, told) = (db.clone(), Arc::clone(&acme), told.clone());
        thread::spawn(move || told.send((name, call(&db, &acme))));
    }
    let mut waiting: BTreeSet<_> = calls().iter().map(|(_, name, _)| *name).collect();
    let (mut strange, mut first) = (Vec::new(), BTreeMap::new());
    while let Ok((name, outcome)) = ends.recv_timeout(LONG) {
        waiting.remove(name);
        match outcome {
            Ok(()) if !ASK_NOTHING.contains(&name) => strange.push(format!("{name}: it succeeds")),
            Err(error) if !is_told(&error) => {
                strange.push(format!("{name}: {:?}: {error}", error.kind()));
            }
            outcome => drop(first.insert(name, outcome)),
        }
        if waiting.is_empty() {
            break;
        }
    }
    strange.extend(waiting.iter().map(|it| format!("{it} waits for ever")));
    drop(stopped);
    for (_, name, call) in calls() {
        let Err(error) = call(&db, &acme) else {
            continue;
        };
        let is_unknown = |error: &Error| error.kind() == ErrorKind::CommitUnknown;
        // What was sent before may have been done by a server that has found it in its socket.
        let may_be_done = matches!(first.get(name), Some(Err(first)) if is_unknown(first))
            && (error.is_tenant_exists() || error.is_unknown_tenant());
        if !may_be_done {
            strange.push(format!("{name}, again: {:?}: {error}", error.kind()));
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n\n"));
    db.migrator(longer()).run().unwrap();
    check_whole(&mut client, &longer());
}
