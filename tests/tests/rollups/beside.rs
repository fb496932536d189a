//! Several runs at once.

use std::thread;
use std::time::Duration;

use tenantry::across::Why;

use super::application::{App, numbers, sizes};

#[test]
fn two_runs_at_once_make_nothing_twice() {
    let app = App::new();
    for _ in 0..5 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut fleet = app.fleet().lock_timeout(Duration::from_mins(1));
                    let done = sizes().run(&mut fleet).unwrap().whole().unwrap();
                    assert_eq!(numbers(&done), (4, 0));
                });
            }
        });
        assert_eq!(
            app.sizes(),
            ["acme 3", "globex 1", "initech 0", "o.brien-sons 2"]
        );
    }
}

#[test]
fn a_tenant_that_another_run_is_at_is_waited_for_and_then_left_out() {
    let app = App::new();
    let mut other = app.database.connect();
    let lock = "BEGIN; SELECT pg_advisory_xact_lock(1919904876, hashtext('sizes globex'))";
    other.batch_execute(lock).unwrap();
    let mut fleet = app.fleet().lock_timeout(Duration::from_millis(50));
    let done = sizes().run(&mut fleet).unwrap();
    let left_out = &done.left_out()[0];
    assert_eq!(
        (left_out.tenant().as_str(), left_out.why()),
        ("globex", Why::Locked)
    );
    assert_eq!(numbers(&done), (3, 0));
    other.batch_execute("ROLLBACK").unwrap();
    let _ = sizes().run(&mut fleet).unwrap().whole().unwrap();
}
