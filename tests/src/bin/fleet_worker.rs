//! A process that works on a fleet until it is done or killed. The tests look at what it leaves behind.

use std::env;

use tenantry::migrate::Chain;
use tenantry_tests::chaos::{LOCK_TIMEOUT, after, open};
use tenantry_tests::fleet::{app, create, key, migrate, migrator, wide_after, wide_before};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let connect =
        |url: &str| postgres::Client::connect(url, postgres::NoTls).expect("the server is there");
    match arguments.as_slice() {
        ["create", url, prefix, count] => {
            let mut client = connect(url);
            for number in 0..count.parse::<usize>().expect("a number") {
                create(&mut client, &format!("{prefix}_{number}"));
            }
        }
        ["drop", url, prefix, count] => {
            let app = app(url);
            for number in 0..count.parse::<usize>().expect("a number") {
                let key = key(&format!("{prefix}_{number}"));
                app.tenants().drop(&key).expect("the tenant is there");
            }
        }
        ["chaos", url] => {
            let (own, theirs) = (connect(url), (*url).to_owned());
            let mut own = own;
            migrator(after())
                .connect_by(move || Ok(postgres::Client::connect(&theirs, postgres::NoTls)?))
                .workers(2)
                .lock_timeout(LOCK_TIMEOUT)
                .on(&mut own)
                .run()
                .expect("every migration is valid");
        }
        ["refill", url, count] => {
            let count = count.parse().expect("a number");
            let refilled = open(url).tenants().refill_standbys(count);
            refilled.expect("standbys can be made");
        }
        ["first", url] => migrate(&mut connect(url), wide_before()),
        ["folder", url, folder] => {
            let chain = Chain::open(folder).expect("the migrations are there");
            migrate(&mut connect(url), chain);
        }
        ["migrate", url] => migrate(&mut connect(url), wide_after()),
        ["serve", release, url, migration, tenants] => {
            let tenants = tenants.parse().expect("a number");
            tenantry_tests::neighbours::serve(release, url, migration, tenants);
        }
        other => panic!("unknown work: {other:?}"),
    }
}
