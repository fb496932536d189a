//! Roll-ups of tasks.

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::tokio::{Database, Options};

use super::application::{App, Staff, numbers, sizes, turnover};

#[tokio::test]
async fn a_task_rolls_up_as_a_thread_does() {
    let app = blocking(App::new);
    let mut options = Options::default();
    options.max_connections = 1;
    let config = app.database.config();
    let db = Database::connect_with(&config, NoTls, options)
        .await
        .unwrap();
    let mut fleet = db.across(&Staff);
    let done = turnover().run(&mut fleet).await.unwrap();
    assert_eq!(numbers(&done), (3, 1));
    let work = tokio::spawn(async move {
        let done = sizes().run_all(&mut fleet).await.unwrap();
        (fleet, done)
    });
    let (mut fleet, done) = work.await.unwrap();
    assert_eq!(numbers(&done), (4, 0));
    let done = turnover().run(&mut fleet).await.unwrap().whole().unwrap();
    assert_eq!(numbers(&done), (0, 4));
    let (turnover, sizes) = blocking(|| (app.turnover(), app.sizes()));
    assert_eq!((turnover.len(), sizes.len()), (5, 4));
    blocking(|| drop(app));
}
