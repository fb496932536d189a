//! Greetings of servers, cut anywhere.

use super::*;

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(4 + content.len()).unwrap().to_be_bytes();
    [&[kind][..], &length, content].concat()
}

#[test]
fn a_key_is_heard_wherever_the_greeting_is_cut() {
    let key = [0, 0, 0, 42, 1, 2, 3, 4];
    let begin = [message(b'R', &[0; 4]), message(b'S', b"a\0K\0")].concat();
    let whole = [&begin[..], &message(b'K', &key), &message(b'Z', b"I")].concat();
    let until = begin.len() + 5 + key.len();
    for end in 0..=whole.len() {
        let heard = key_in(&whole[..end]);
        assert_eq!(heard, (end >= until).then_some(&key[..]), "{end}");
    }
}

#[test]
fn the_key_is_that_of_the_session_that_greeted_last() {
    let key = SessionKey::default();
    let begin = message(b'R', &[0; 4]);
    let mut first = Greeting::new(key.clone());
    assert!(!first.hears(&begin));
    assert_eq!(key.process(), None);
    assert!(first.hears(&message(b'K', &[0, 0, 0, 42, 1, 2, 3, 4])));
    assert_eq!(key.process(), Some(42));
    let mut second = Greeting::new(key.clone());
    assert_eq!(key.process(), None);
    assert!(second.hears(&message(b'K', &[0, 0, 0, 7, 1])));
    assert_eq!((key.process(), key.bytes()), (Some(7), vec![0, 0, 0, 7, 1]));
}

#[test]
fn nonsense_holds_no_key() {
    for length in [[0; 4], [0, 0, 0, 3], [255; 4]] {
        let said = [&b"K"[..], &length, &[0; 8]].concat();
        assert_eq!(key_in(&said), None, "{length:?}");
    }
}
