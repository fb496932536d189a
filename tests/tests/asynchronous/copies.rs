//! Rows that tasks store by `COPY`.

use super::*;

const MANY: i64 = 12_000;

fn rows(plan: &Stored<Plan>) -> impl Iterator<Item = NewCustomer> + Send {
    let plan = plan.key();
    (0..MANY).map(move |n| NewCustomer::new("x", format!("{n}@x.example"), plan))
}

#[tokio::test]
async fn a_copy_that_is_dropped_at_any_await_is_whole_or_absent() {
    let world = World::with(|options| options.max_connections = 2).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    for times in 0.. {
        let done = polled(times, Customer::copy_in(rows(&pro)).execute(&mut acme)).await;
        world.settles().await;
        let count = Customer::query().count(&mut acme).await.unwrap();
        if let Some(done) = done {
            assert_eq!((done.unwrap().cast_signed(), count), (MANY, MANY));
            assert!(times > 3, "it is a transaction");
            break;
        }
        assert!(count == 0 || count == MANY, "{times}: {count}");
        Customer::delete_where(Customer::everything())
            .execute(&mut acme)
            .await
            .unwrap();
    }
    assert!(world.all_back().await <= 2);
}

#[tokio::test]
async fn a_copy_that_is_dropped_in_a_transaction_undoes_no_other_work() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    for times in 0..8 {
        let outcome = acme.transaction(async |tx| {
            add(tx, "before").await?;
            let done = polled(times, Customer::copy_in(rows(&pro)).execute(tx)).await;
            assert!(done.is_none());
            add(tx, "behind").await?;
            Ok(())
        });
        outcome.await.unwrap();
        assert_eq!(names(&mut acme).await, ["before", "behind"], "{times}");
        Customer::delete_where(Customer::everything())
            .execute(&mut acme)
            .await
            .unwrap();
    }
    world.settles().await;
}

#[tokio::test]
async fn a_refused_row_is_told_with_its_number() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let plan = pro.key();
    for at in [1, 9_999] {
        let rows = (1..=MANY).map(move |n| {
            let name = if n == at { " " } else { "x" };
            NewCustomer::new(name, format!("{n}@x.example"), plan)
        });
        let error = Customer::copy_in(rows)
            .execute(&mut acme)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Check);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("row {at} of those given: ")),
            "{text}"
        );
        assert!(names(&mut acme).await.is_empty());
    }
    // One that can't be sent, behind others that are on their way.
    let with_nul = rows(&pro).chain([NewCustomer::new("a\0b", "x", &pro)]);
    let error = Customer::copy_in(with_nul).execute(&mut acme).await;
    let text = error.unwrap_err().to_string();
    assert!(text.starts_with("row 12001 of those given: "), "{text}");
    assert!(names(&mut acme).await.is_empty());
    assert_eq!(
        Customer::copy_in(rows(&pro))
            .execute(&mut acme)
            .await
            .unwrap(),
        12_000
    );
    world.settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_tenant_can_be_filled_before_it_is_there() {
    let world = World::new().await;
    let pro = plan(&mut world.acme().await, "pro").await;
    let (initech, hooli) = (key("initech"), key("hooli"));
    let made = world.db.tenants().create_with(&initech, async |tx| {
        Customer::copy_in(rows(&pro)).execute(tx).await.map(drop)
    });
    made.await.unwrap();
    let mut initech = world.db.tenant(&key("initech")).await.unwrap();
    assert_eq!(Customer::query().count(&mut initech).await.unwrap(), MANY);
    let refused = world.db.tenants().create_with(&hooli, async |tx| {
        let twice = rows(&pro).chain(rows(&pro));
        Customer::copy_in(twice).execute(tx).await.map(drop)
    });
    assert!(refused.await.unwrap_err().is_unique());
    assert!(
        world
            .db
            .tenant(&key("hooli"))
            .await
            .unwrap_err()
            .is_unknown_tenant()
    );
    world.settles().await;
}

#[tokio::test]
async fn a_copy_that_is_refused_at_once_leaves_no_connection_that_mixes_up_answers() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let schema = acme.schema().quoted();
    world.change(&format!(
        "CREATE TYPE public.unread; \
         CREATE FUNCTION public.unread_in(cstring) RETURNS public.unread LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
         CREATE FUNCTION public.unread_out(public.unread) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
         CREATE TYPE public.unread (INPUT = public.unread_in, OUTPUT = public.unread_out, LIKE = text); \
         CREATE CAST (text AS public.unread) WITHOUT FUNCTION; \
         ALTER TABLE {schema}.customers ALTER note TYPE public.unread USING NULL"
    ));
    for _ in 0..20 {
        let rows = rows(&pro).map(|row| row.note("x"));
        let error = Customer::copy_in(rows).execute(&mut acme).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        for n in 0..5 {
            let told = acme.sql(sql!("SELECT $1::int")).bind(n).row::<i32>();
            if let Ok(told) = told.await {
                assert_eq!(told, n);
            }
        }
    }
    let count = Customer::query().count(&mut world.acme().await).await;
    assert_eq!(count.unwrap(), 0);
    world.settles().await;
}

/// Another version of the application may have changed it meanwhile. As many bytes are taken for a value of whatever type.
#[tokio::test]
async fn no_value_is_taken_for_one_of_another_type() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let schema = acme.schema().quoted();
    world.change(&format!(
        "ALTER TABLE {schema}.customers DROP note, ADD note bytea"
    ));
    let outcome = acme.transaction(async |tx| {
        let error = Customer::copy_in(rows(&pro)).execute(tx).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("field `note`"), "{error}");
        assert_eq!(Customer::query().count(tx).await?, 0);
        Ok(())
    });
    outcome.await.unwrap();
    world.settles().await;
}
