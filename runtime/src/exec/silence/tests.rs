//! The end of a stream comes once what came before it could be told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use tokio::io::{DuplexStream, duplex};

use super::*;

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The other side, and a stream.
fn streams() -> (DuplexStream, Patient<DuplexStream>) {
    let (other, stream) = duplex(64);
    let stream = Patient::new(Layer::Given(stream), Silence::of_thread());
    (other, stream)
}

fn say(other: &mut DuplexStream, bytes: &[u8]) {
    let mut cx = Context::from_waker(Waker::noop());
    let said = Pin::new(other).poll_write(&mut cx, bytes);
    assert!(matches!(said, Poll::Ready(Ok(length)) if length == bytes.len()));
}

/// Looks once, and gives the number of bytes, or nothing if there is nothing yet.
fn look(stream: &mut Patient<DuplexStream>, woken: &Arc<Woken>) -> Option<usize> {
    let waker = Waker::from(Arc::clone(woken));
    let mut bytes = [0; 64];
    let mut into = ReadBuf::new(&mut bytes);
    let looked = Pin::new(stream).poll_read(&mut Context::from_waker(&waker), &mut into);
    looked.is_ready().then(|| into.filled().len())
}

#[test]
fn what_came_with_the_end_is_told_before_it() {
    let (mut other, mut stream) = streams();
    let woken = Arc::new(Woken::default());
    say(&mut other, b"why");
    drop(other);
    assert_eq!(look(&mut stream, &woken), Some(3));
    assert_eq!(look(&mut stream, &woken), None);
    assert_eq!(woken.0.load(Ordering::SeqCst), 1, "it is looked at again");
    assert_eq!(look(&mut stream, &woken), Some(0));
    assert_eq!(look(&mut stream, &woken), Some(0));
}

#[test]
fn an_end_that_comes_alone_is_told_at_once() {
    let (mut other, mut stream) = streams();
    let woken = Arc::new(Woken::default());
    say(&mut other, b"all");
    assert_eq!(look(&mut stream, &woken), Some(3));
    assert_eq!(look(&mut stream, &woken), None);
    drop(other);
    assert_eq!(look(&mut stream, &woken), Some(0));
}
