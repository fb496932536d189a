//! Whatever tables somebody has locked, each command does its work or ends in time, and says who has what it waited for.

use std::thread;
use std::time::Duration;

use tenantry::testing::server;
use tenantry_tests::fleet::texts;

use super::app::Run;
use super::walked::{Asks, at_once, fleet, lines};

/// Longer than any of them takes on a slow machine: changes of the registry give up after half a minute.
const LONG: Duration = Duration::from_mins(2);

/// Limits those that wait half a minute for a lock where nothing is said.
const LIMIT: &str = "options=-c%20lock_timeout%3D1s";

/// Tables that are locked alone, as most commands need them. The others of their kind are locked together.
const ALONE: [&str; 3] = ["tenantry.meta", "tenantry.tenant", "tenantry.ledger"];

/// Runs all commands while somebody has tables locked, and returns what is strange about those that don't succeed.
fn beside(tables: &[String]) -> Vec<String> {
    let database = fleet(server());
    let joint = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{joint}{LIMIT}", database.url());
    let mut holder = database.connect();
    let lock = tables.join(", ");
    let begin = format!("SET application_name = 'in the way'; BEGIN; LOCK TABLE {lock}");
    holder.batch_execute(&begin).unwrap();
    let of = |wanted: Asks| lines().filter(move |(_, asks, _)| *asks == wanted);
    let (mut ended, mut waiting) = at_once(of(Asks::Database), &url, LONG);
    for line in of(Asks::Alone) {
        let (others, for_ever) = at_once([line], &url, LONG);
        ended.extend(others);
        waiting.extend(for_ever);
    }
    // Whoever waits goes on, so that the database can be dropped.
    holder.batch_execute("ROLLBACK").unwrap();
    let for_ever = waiting.iter();
    let for_ever = for_ever.map(|line| format!("{lock}: {line} waits for ever"));
    let untold = ended.iter().filter(|(_, run)| !is_told(run, tables));
    let untold = untold.map(|(line, run)| format!("{lock}: {line}: {run:#?}"));
    for_ever.chain(untold).collect()
}

/// Whether a command has done its work, or says who has what it waited for, and what to do.
fn is_told(run: &Run, tables: &[String]) -> bool {
    let has = |word: &str| run.out.contains(word) || run.err.contains(word);
    let names_table = || tables.iter().any(|table| has(&format!("`{table}` locked")));
    let by_holder = || has("(`in the way`) has had the table") && names_table();
    // One that works beside may be in the way of others.
    let by_other = || has("(`tenantry manage`) has had the ");
    run.is_done() || has("help: ") && (by_holder() || by_other())
}

#[test]
fn every_command_ends_whichever_tables_somebody_has_locked_and_says_who() {
    let of = |schemas: &str| {
        let sql = format!(
            "SELECT relnamespace::regnamespace || '.' || relname FROM pg_catalog.pg_class \
             WHERE relkind = 'r' AND relnamespace IN ({schemas}) ORDER BY 1"
        );
        texts(&mut fleet(server()).connect(), &sql)
    };
    let mut others = of("'tenantry'::regnamespace");
    others.retain(|table| !ALONE.contains(&&**table));
    let models = [
        of("'shared'::regnamespace"),
        of("'acme'::regnamespace, 'adopted'::regnamespace"),
    ];
    assert!(others.len() > 5, "{others:?}");
    let alone = ALONE.map(|table| vec![table.to_owned()]);
    let sets: Vec<_> = alone.into_iter().chain([others]).chain(models).collect();
    let found: Vec<_> = thread::scope(|scope| {
        let each = sets.iter().map(|tables| scope.spawn(|| beside(tables)));
        let each: Vec<_> = each.collect();
        each.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}
