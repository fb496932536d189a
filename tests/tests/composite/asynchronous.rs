//! The same for tasks.

use std::pin::pin;

use futures_util::FutureExt;
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::Database;

use crate::models::{Reading, World, key, may, reading};

#[tokio::test]
async fn a_task_finds_saves_and_deletes_by_the_whole_key() {
    let world = blocking(World::new);
    let db = Database::connect(world.database.url()).await.unwrap();
    let mut acme = db.tenant(&key("acme")).await.unwrap();
    let new = (0..3).map(|slot| reading("a", 1, slot, 0));
    let mut rows = Reading::insert_many(new)
        .returning(&mut acme)
        .await
        .unwrap();
    let mut row = Reading::find(("a", may(1), 1))
        .one(&mut acme)
        .await
        .unwrap();
    row.value = 5;
    // One that is given up is done or not.
    assert!(pin!(row.save(&mut acme)).now_or_never().is_none());
    let stored = Reading::find(&row).one(&mut acme).await.unwrap();
    assert!([(0, 1), (5, 2)].contains(&(stored.value, stored.version)));
    let mut row = stored;
    row.value = 6;
    row.save(&mut acme).await.unwrap();
    for row in &mut rows {
        row.value = 7;
    }
    let refused = Reading::save_all(&mut rows, &mut acme).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Stale);
    let values = [(("a", may(1), 0), 1), (("a", may(1), 2), 3)];
    let changed = Reading::update_many(Reading::VALUE, values);
    assert_eq!(changed.execute(&mut acme).await.unwrap(), 2);
    let page = Reading::query().keyset(2).all(&mut acme).await.unwrap();
    let next = page.next.unwrap();
    let page = Reading::query().keyset(2).after(&next).all(&mut acme).await;
    assert_eq!(page.unwrap().rows[0].value, 3);
    row.delete(&mut acme).await.unwrap();
    assert_eq!(Reading::query().count(&mut acme).await.unwrap(), 2);
    drop(acme);
    blocking(move || drop(world));
}
