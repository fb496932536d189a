use super::*;

fn refused() -> Error {
    Error::new(ErrorKind::LockTimeout, "canceling statement")
}

#[test]
fn attempts_go_on_until_one_succeeds_and_wait_longer_each_time() {
    let mut timeouts = Vec::new();
    let waits = Waits::new(Duration::from_millis(150), Duration::from_mins(1));
    let done = waits.attempt(|attempt| {
        timeouts.push(attempt.lock);
        if timeouts.len() < 4 {
            Err(refused())
        } else {
            Ok(())
        }
    });
    done.unwrap();
    let millis: Vec<u128> = timeouts.iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [50, 100, 150, 150]);
}

#[test]
fn work_that_succeeds_takes_nothing_from_the_time_for_waiting() {
    let waits = Waits::new(Duration::from_millis(1), Duration::from_millis(400)).together();
    let long = Duration::from_millis(500);
    for _ in 0..2 {
        let mut attempts = 0;
        let done = waits.attempt(|_| {
            attempts += 1;
            if attempts < 2 {
                return Err(refused());
            }
            thread::sleep(long);
            Ok(())
        });
        done.unwrap();
    }
    let spent = waits.spent();
    assert!(!spent.is_zero() && spent < long, "{spent:?}");
    // What is spent by one is not there for the next.
    waits.attempt::<()>(|_| Err(refused())).unwrap_err();
    let mut attempts = 0;
    let error = waits.attempt::<()>(|_| {
        attempts += 1;
        Err(refused())
    });
    assert!(error.is_err());
    assert!(attempts <= 2, "{attempts}");
}

#[test]
fn whoever_stays_in_the_line_waits_at_once_for_as_long_as_ever() {
    let mut timeouts = Vec::new();
    let waits = Waits::staying(Duration::from_millis(300), Duration::ZERO);
    let outcome = waits.attempt(|attempt| {
        timeouts.push(attempt.lock.as_millis());
        Err::<(), _>(refused())
    });
    assert!(outcome.is_err());
    assert!(!timeouts.is_empty());
    assert!(timeouts.iter().all(|timeout| *timeout == 300));
}

#[test]
fn attempts_end_with_the_time_and_when_they_are_stopped_and_after_other_errors() {
    let waits = Waits::new(Duration::from_millis(1), Duration::from_millis(150));
    let error = waits.attempt::<()>(|_| Err(refused())).unwrap_err();
    assert!(error.is_retryable());
    assert!(error.to_string().contains("try again later"), "{error}");

    let stopped = Arc::new(AtomicBool::new(true));
    let mut attempts = 0;
    let outcome = Waits::default().until(stopped).attempt::<()>(|_| {
        attempts += 1;
        Err(refused())
    });
    assert!(outcome.is_err());
    for kind in [ErrorKind::Permission, ErrorKind::Connection] {
        let outcome = Waits::default().attempt::<()>(|_| {
            attempts += 1;
            Err(Error::new(kind, "no"))
        });
        assert!(outcome.is_err());
    }
    assert_eq!(attempts, 3);
}
