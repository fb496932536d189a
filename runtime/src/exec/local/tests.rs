//! Greetings of servers, cut anywhere, and the order of sockets.

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
fn nonsense_holds_no_key() {
    for length in [[0; 4], [0, 0, 0, 3], [255; 4]] {
        let said = [&b"K"[..], &length, &[0; 8]].concat();
        assert_eq!(key_in(&said), None, "{length:?}");
    }
}

#[test]
fn each_socket_is_that_of_its_port() {
    let sockets_of = |config: &str| sockets(&config.parse().unwrap());
    let paths = |names: &[&str]| Some(names.iter().map(PathBuf::from).collect::<Vec<_>>());
    assert_eq!(
        sockets_of("host=/a,/b port=1,2"),
        paths(&["/a/.s.PGSQL.1", "/b/.s.PGSQL.2"])
    );
    assert_eq!(
        sockets_of("host=/a,/b port=7"),
        paths(&["/a/.s.PGSQL.7", "/b/.s.PGSQL.7"])
    );
    assert_eq!(sockets_of("host=/a"), paths(&["/a/.s.PGSQL.5432"]));
    for other in [
        "host=/a,db",
        "host=db",
        "host=/a hostaddr=127.0.0.1",
        "user=a",
    ] {
        assert_eq!(sockets_of(other), None, "{other}");
    }
}
