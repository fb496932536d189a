//! Making a connection ready for the next loan, or closing it, when nobody waits for that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::connection::Connection;
use super::pool::{Member, Pool, Room};
use crate::exec::left::Left;
use crate::exec::limits::GRACE;
use crate::exec::reset::{forgets, whole};

/// How often it looks whether a connection has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How many times it looks before it gives up, and after how many it cancels again.
const LOOKS: u32 = 250;
const LOOKS_A_CANCELLATION: u32 = 10;

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
    let token = connection.client.cancel_token();
    let connector = Arc::clone(&connection.connector);
    let task = connection.task();
    drop(connection);
    // It says goodbye when the answer has come, and the server has rolled back by then.
    let mut looks = 0;
    while !task.is_finished() && looks < LOOKS {
        // The server forgets what comes before the statement.
        if in_flight && looks % LOOKS_A_CANCELLATION == 0 {
            let cancelled = connector.cancel(token.clone()).await;
            if let Err(error) = cancelled {
                tracing::debug!(%error, "a statement that nobody waits for could not be cancelled");
            }
        }
        sleep(LOOK).await;
        looks += 1;
    }
    task.abort();
}
