//! Readers: how long a read by key takes while something else goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::measure::{Times, time};
use crate::server::connect;

/// Reads a row by its key in one of some schemas after the other while the work goes on. Gives the times of the reads.
pub(crate) fn during<T>(url: &str, schemas: &[String], work: impl FnOnce() -> T) -> (Times, T) {
    let done = AtomicBool::new(false);
    let mut client = connect(url);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut times = Vec::new();
            for schema in schemas.iter().cycle() {
                let sql = format!("SELECT name, qty FROM {schema}.t001 WHERE id = 1");
                let (took, _) =
                    time(|| client.query_typed(&sql, &[]).expect("the row can be read"));
                times.push(took);
                if done.load(Ordering::Relaxed) {
                    break;
                }
                // A reader that never rests would only measure who gets the processor.
                thread::sleep(Duration::from_micros(500));
            }
            Times::of(&times)
        });
        let outcome = work();
        done.store(true, Ordering::Relaxed);
        (reader.join().expect("the reader goes on"), outcome)
    })
}
