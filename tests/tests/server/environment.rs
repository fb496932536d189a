//! The environment decides which server is taken.

use std::path::Path;

use postgres::NoTls;
use tenantry::testing::Server;

use super::{Holder, databases, failure, is_alive, until};

#[test]
fn the_server_of_the_environment_is_used_and_not_stopped() {
    let server = Server::builder().start().unwrap();
    let mut holder = Holder::run("static", Some(server.url()));
    assert!(holder.process.wait().unwrap().success());
    assert_eq!(
        holder.directory,
        Path::new(""),
        "an existing server has no log of ours"
    );
    assert!(is_alive(&holder.server_pid));
    databases(&server);
}

#[test]
fn databases_of_a_dead_process_are_swept_from_the_server_of_the_environment() {
    let server = Server::builder().start().unwrap();
    let untouched = databases(&server);
    let mut dead = Holder::run("wait", Some(server.url()));
    let mut alive = Holder::run("wait", Some(server.url()));
    assert!(databases(&server).contains(&dead.database));
    dead.signal_group("-KILL");
    dead.process.wait().unwrap();
    let (key, _) = dead.database.rsplit_once('_').unwrap();
    until(
        "the databases of the dead process are swept by another",
        || {
            Holder::run("drop", Some(server.url()))
                .process
                .wait()
                .unwrap();
            !databases(&server).iter().any(|name| name.starts_with(key))
        },
    );
    let left = databases(&server);
    assert!(
        left.contains(&alive.database),
        "those of a living process are left alone"
    );
    assert!(left.is_superset(&untouched), "and so is what is not ours");
    alive.process.kill().unwrap();
    alive.process.wait().unwrap();
}

#[test]
fn a_process_that_is_given_a_throw_away_server_leaves_the_databases_of_its_owner_alone() {
    let server = Server::builder().start().unwrap();
    let copy = || server.database_from("kept", |_| ()).unwrap();
    let idle = copy();
    let before = databases(&server);
    assert!(
        Holder::run("drop", Some(server.url()))
            .process
            .wait()
            .unwrap()
            .success()
    );
    assert_eq!(databases(&server), before);
    assert!(before.contains(idle.name()));
    copy().connect();
}

#[test]
fn a_role_that_may_not_create_databases_is_an_error_that_names_it() {
    let server = Server::builder().start().unwrap();
    let mut client = server.config().connect(NoTls).unwrap();
    client.batch_execute("CREATE ROLE modest LOGIN").unwrap();
    let text = failure(
        "DATABASE_URL",
        &server.url().replace("postgres@", "modest@"),
    );
    assert!(
        text.contains("`modest`") && text.contains("CREATEDB"),
        "{text}"
    );
}

#[test]
fn an_unreachable_server_of_the_environment_is_an_error_and_not_passed_over() {
    let text = failure(
        "DATABASE_URL",
        "postgres://postgres@%2Fnonexistent/postgres",
    );
    assert!(
        text.contains("can't connect to the server of `DATABASE_URL`"),
        "{text}"
    );
}

#[test]
fn an_address_in_another_form_is_an_error_that_shows_the_form() {
    let text = failure("DATABASE_URL", "host=localhost dbname=app");
    assert!(
        text.contains("postgres://user:password@host:5432/database"),
        "{text}"
    );
}

#[test]
fn without_any_server_one_error_names_all_three_ways() {
    let empty = tempfile::tempdir().unwrap();
    let text = failure("TENANTRY_PG_BIN", empty.path().to_str().unwrap());
    let place = format!("`TENANTRY_PG_BIN` ({})", empty.path().display());
    let ways = [
        "set `DATABASE_URL`",
        "install PostgreSQL",
        "a server is fetched",
    ];
    for part in ["`DATABASE_URL`: not set", &place].iter().chain(&ways) {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}
