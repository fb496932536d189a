//! The order of sockets.

use super::*;

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
