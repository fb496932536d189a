//! Programs that some tests need beside a server.

/// Notes that a program is not installed, so that a test has nothing to look at.
///
/// # Panics
///
/// When `TENANTRY_TESTS_NEED_PROGRAMS` is set, as it is where every test has to run.
pub fn is_not_installed(program: &str) {
    assert!(
        std::env::var_os("TENANTRY_TESTS_NEED_PROGRAMS").is_none(),
        "{program} is not installed, and `TENANTRY_TESTS_NEED_PROGRAMS` says that all tests have to run"
    );
    eprintln!("{program} is not installed, so there is nothing to be seen here");
}
