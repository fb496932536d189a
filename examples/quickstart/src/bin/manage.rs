//! `makemigrations`, `migrate`, `status`, `tenants` and the rest, as commands of this application.

fn main() -> std::process::ExitCode {
    tenantry::manage(&quickstart::SCHEMA)
}
