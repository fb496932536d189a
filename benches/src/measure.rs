//! Times, and what is told of them.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Times of the same work, in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Times {
    pub(crate) n: usize,
    pub(crate) median_ms: f64,
    pub(crate) mean_ms: f64,
    pub p99_ms: f64,
}

impl Times {
    pub(crate) fn of(times: &[Duration]) -> Self {
        let mut all: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "the place of a quantile among a few thousand"
            )]
            let place = ((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1));
            all.get(place).copied().unwrap_or_default()
        };
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand")]
        let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
        Self {
            n: all.len(),
            median_ms: at(0.5),
            mean_ms: mean,
            p99_ms: at(0.99),
        }
    }
}

/// How long some work takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let outcome = work();
    (start.elapsed(), outcome)
}

/// The middle one.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Has several workers take pieces of work until none is left. Gives the time of it all, and of each piece.
pub(crate) fn shared_out<W: Send, T: Send>(
    workers: Vec<W>,
    pieces: Vec<T>,
    work: impl Fn(&mut W, T) + Sync,
) -> (Duration, Vec<Duration>) {
    let queue = Mutex::new(pieces.into_iter());
    let times = Mutex::new(Vec::new());
    let start = Instant::now();
    thread::scope(|scope| {
        for mut worker in workers {
            let (queue, times, work) = (&queue, &times, &work);
            scope.spawn(move || {
                loop {
                    let Some(piece) = queue.lock().expect("nobody panics with it").next() else {
                        return;
                    };
                    let (took, ()) = time(|| work(&mut worker, piece));
                    times.lock().expect("nobody panics with it").push(took);
                }
            });
        }
    });
    let took = start.elapsed();
    (took, times.into_inner().expect("nobody panics with it"))
}

/// Milliseconds of one of so many.
pub(crate) fn per(took: Duration, number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are a few thousand")]
    let number = number.max(1) as f64;
    took.as_secs_f64() * 1e3 / number
}
