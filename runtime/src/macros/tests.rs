//! Macros for tests of an application.

/// Fails a test when the models have changes without a migration.
///
/// ```no_run
/// # mod models {
/// #     use tenantry::prelude::*;
/// #     #[shared_model]
/// #     pub struct Plan { #[field(key)] pub id: i64 }
/// #     tenantry::schema! { pub static SCHEMA = [Plan]; }
/// # }
/// # use models::SCHEMA;
/// #[test]
/// fn migrations_are_current() {
///     tenantry::assert_migrations_current!(SCHEMA);
/// }
/// # fn main() {}
/// ```
///
/// The migrations are in the folder `migrations` beside the package's `Cargo.toml`, or in one that is given: `assert_migrations_current!(SCHEMA,
/// "db/migrations")`. Nothing asks for a database; `manage makemigrations --check` is the same for a build that has no test of it.
///
/// # Panics
///
/// As the test is to: with the changes, or with what is wrong with models or folder.
#[macro_export]
macro_rules! assert_migrations_current {
    ($schema:expr $(,)?) => {
        $crate::assert_migrations_current!($schema, "migrations")
    };
    ($schema:expr, $folder:expr $(,)?) => {{
        let folder = ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($folder);
        if let ::core::result::Result::Err(error) =
            $crate::migrate::check_current(&$schema, &folder)
        {
            ::core::panic!("{error}");
        }
    }};
}
