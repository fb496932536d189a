//! Making a connection ready for the next loan, or closing it, when nobody waits for that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::connection::Connection;
use super::pool::{Member, Pool, Room};
use crate::exec::limits::GRACE;
use crate::exec::reset::{forgets, whole};
use crate::exec::transactions::Left;

/// How often it looks whether a connection has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Takes back a connection with what was left of its transactions. Room for another is there when that is over.
pub(super) fn settle(pool: &Arc<Pool>, member: Member, left: Left) {
    let room = Room::of(pool);
    if left.is_nothing()
        && !member.connection.is_closed()
        && member.connection.cancels.by().is_none()
    {
        room.stays();
        return pool.put_back(member);
    }
    let theirs = Arc::clone(pool);
    // A runtime that is being shut down drops this, and so closes the connection.
    pool.runtime().spawn(async move {
        if is_settled(&member.connection, left).await {
            room.stays();
            return theirs.put_back(member);
        }
        let is_dead = member.connection.is_closed() && !left.in_flight;
        close(member.connection, left.in_flight).await;
        // It is closed before there is room for another.
        drop(room);
        if is_dead {
            theirs.clear();
        }
    });
}

/// Rolls back and resets. Says whether the connection can be lent again.
async fn is_settled(connection: &Connection, left: Left) -> bool {
    if left.in_flight || connection.is_closed() || connection.cancels.by().is_some() {
        return false;
    }
    let client = &connection.client;
    if left.open
        && connection
            .within(GRACE, client.batch_execute("ROLLBACK"))
            .await
            .is_none()
    {
        return false;
    }
    if !left.altered {
        return true;
    }
    connection.forget_prepared();
    let answer = connection
        .within(GRACE, client.simple_query(&whole()))
        .await;
    let Some(answer) = answer else { return false };
    match forgets(&answer) {
        None => true,
        Some(sql) => connection
            .within(GRACE, client.batch_execute(&sql))
            .await
            .is_some(),
    }
}

/// Ends a connection, and what runs there.
async fn close(connection: Connection, in_flight: bool) {
    if in_flight {
        let token = connection.client.cancel_token();
        if let Err(error) = connection.connector.cancel(token).await {
            tracing::debug!(%error, "a statement that nobody waits for could not be cancelled");
        }
    }
    let task = connection.task();
    drop(connection);
    // It says goodbye when the answer has come, and the server has rolled back by then.
    let ended = timeout(GRACE, async {
        while !task.is_finished() {
            sleep(LOOK).await;
        }
    });
    if ended.await.is_err() {
        task.abort();
    }
}
