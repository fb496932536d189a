//! Inquiries with answers that are made up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::greeting::Greeting;
use super::*;
use crate::error::ErrorKind;

const LIMIT: Duration = Duration::from_millis(2);

/// The number that a server gives, and one that only a pooler does.
const SERVER: i32 = 4242;
const POOLER: i32 = 1_000_000_007;

fn key(process: i32) -> SessionKey {
    let key = SessionKey::default();
    let message = [&b"K\0\0\0\x0c"[..], &process.to_be_bytes(), b"key!"].concat();
    assert!(Greeting::new(key.clone()).hears(&message));
    key
}

fn rests(at: u64) -> Heard {
    Heard::Resting(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(at)))
}

fn at_work() -> Heard {
    Heard::AtWork("active".to_owned())
}

fn unclear() -> Heard {
    Heard::Unclear(Error::new(ErrorKind::Resources, "too many clients"))
}

/// Asks until so many answers are given or the session is lost, and returns how many that took and why it is.
fn asked(
    process: i32,
    is_owed: bool,
    most: usize,
    answer: impl Fn(usize) -> Heard + Send + Sync + 'static,
) -> (usize, Option<String>) {
    let number = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&number);
    let inquiry = Inquiry::new(LIMIT, key(process), move |of| {
        assert_eq!(of, process);
        answer(counted.fetch_add(1, Ordering::SeqCst))
    });
    assert!(inquiry.begin(is_owed, Waker::noop()));
    loop {
        // One that is lost is so before the next answer.
        let before = number.load(Ordering::SeqCst);
        if let Some(lost) = inquiry.lost(Waker::noop()) {
            assert_eq!(lost.kind(), io::ErrorKind::TimedOut);
            return (number.load(Ordering::SeqCst), Some(lost.to_string()));
        }
        if before >= most {
            inquiry.end();
            return (before, None);
        }
        thread::sleep(LIMIT / 4);
    }
}

#[test]
fn a_server_that_says_nothing_several_times_in_a_row_is_lost() {
    let (times, lost) = asked(SERVER, true, 99, |_| Heard::Nothing);
    assert_eq!(times, 3);
    assert!(lost.unwrap().contains("does not answer others either"));
    // Each answer, whatever it is, begins the count anew.
    for other in [at_work, unclear] {
        let answer = move |at: usize| if at % 3 == 2 { other() } else { Heard::Nothing };
        assert_eq!(asked(SERVER, true, 12, answer).1, None);
    }
}

#[test]
fn one_that_is_at_work_or_of_which_nothing_is_known_is_waited_for() {
    for heard in [at_work, unclear] {
        assert_eq!(asked(SERVER, true, 6, move |_| heard()).1, None);
    }
}

#[test]
fn a_session_that_is_over_or_has_answered_is_lost() {
    let (times, lost) = asked(SERVER, true, 99, |_| Heard::Over);
    assert_eq!((times, lost.unwrap().contains("session 4242")), (1, true));
    let (times, lost) = asked(SERVER, true, 99, |_| rests(1));
    assert_eq!(times, 2);
    assert!(lost.unwrap().contains("given its answer"));
    // One that has come to rest anew had something to do, and one that owes nothing may rest.
    assert_eq!(asked(SERVER, true, 6, |at| rests(at as u64)).1, None);
    assert_eq!(asked(SERVER, false, 6, |_| rests(1)).1, None);
}

#[test]
fn behind_a_pooler_only_its_own_silence_counts_and_that_later() {
    for heard in [|| Heard::Over, || rests(1), at_work, unclear] {
        assert_eq!(asked(POOLER, true, 6, move |_| heard()).1, None);
    }
    let (times, lost) = asked(POOLER, true, 99, |_| Heard::Nothing);
    assert_eq!((times, lost.is_some()), (30, true));
}

#[test]
fn nobody_is_asked_any_more_when_the_silence_is_over() {
    let (told, heard) = std::sync::mpsc::channel();
    let told = Mutex::new(told);
    let inquiry = Inquiry::new(LIMIT, key(SERVER), move |_| {
        // Whoever hears it is gone some time.
        let _ = told.lock().unwrap().send(());
        at_work()
    });
    assert!(inquiry.begin(true, Waker::noop()));
    heard.recv().unwrap();
    inquiry.end();
    // The thread has the last of them but this one.
    while Arc::strong_count(&inquiry) > 1 {
        thread::yield_now();
    }
    assert!(inquiry.lost(Waker::noop()).is_none());
}
