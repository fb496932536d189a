//! The way of a lease that only reads: from a replica if one is fresh, and else from the primary. The rules are those of `exec/reading.rs`.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;

use super::{Lease, LeaseVia, lost};
use crate::error::Result;
use crate::exec::caught::caught_in_task;
use crate::exec::left::Left;
use crate::exec::limits::GRACE;
use crate::exec::lsn::Written;
use crate::exec::replicas::{in_turn, leaves, session_is_gone};
use crate::exec::rest::ReplicaTurn;
use crate::exec::tokio::pool::{Member, Pool, Room, Took};
use crate::exec::tokio::settle::settle;
use crate::exec::watch::{ASK, Taken, Watch, position_of};
use crate::exec::{Served, Statement};

/// The way of a lease that only reads.
#[derive(Debug)]
pub(super) struct ReadLease {
    primary: Arc<Pool>,
    served: Served,
    after: Written,
    at: ReadAt,
    /// Whether SQL may have left something in the session, which the rest of the scope counts on.
    left: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadAt {
    /// Nothing was read yet.
    Nowhere,
    Replica,
    /// From here on it stays, so that nothing that was seen is gone again.
    Primary,
}

/// A connection that is being found for a statement that only reads.
pub(in crate::exec::tokio) type MemberSearch =
    Pin<Box<dyn Future<Output = Result<FoundMember>> + Send>>;

/// A connection for a statement that only reads.
pub(in crate::exec::tokio) struct FoundMember {
    member: Member,
    is_new: bool,
    pool: Arc<Pool>,
    at: ReadAt,
}

/// Has the primary refuse what a replica would refuse, as SQL that writes in a function.
const READ_ONLY: &str = "SET default_transaction_read_only = on";

impl Lease {
    /// A lease that only reads, and sees what was written by then.
    pub(crate) fn reading(primary: &Arc<Pool>, served: Served, after: Written) -> Self {
        let reading = ReadLease {
            primary: Arc::clone(primary),
            served: served.clone(),
            after,
            at: ReadAt::Nowhere,
            left: false,
        };
        let mut lease = Self::new(primary, Some(served));
        lease.reading = Some(Box::new(reading));
        lease
    }

    /// Whether what was read last came from a replica.
    pub(crate) fn is_of_replica(&self) -> bool {
        let reading = self.reading.as_deref();
        reading.is_some_and(|reading| reading.at == ReadAt::Replica)
    }

    /// Whether the statement that is sent next may be sent to the primary if a replica can't answer it.
    ///
    /// From then on the scope counts on what the statement leaves in the session.
    pub(in crate::exec::tokio) fn may_leave_replica(&mut self, statement: &Statement) -> bool {
        let Some(reading) = &mut self.reading else {
            return false;
        };
        let may = reading.at == ReadAt::Replica && !reading.left;
        reading.left |= leaves(statement);
        may
    }

    /// Finds a connection for a statement of a lease that only reads, unless it has one that may be asked.
    pub(in crate::exec::tokio) fn find(&mut self, statement: &Statement) -> Option<MemberSearch> {
        let reading = self.reading.as_mut()?;
        let is_raw = leaves(statement);
        let has_left = reading.left;
        match (reading.at, mem::replace(&mut self.way, LeaseVia::None)) {
            (ReadAt::Replica, LeaseVia::Member(member)) if !reading.is_fresh(&member) => {
                // Until it is found to be of use.
                self.is_lost = has_left;
                let pool = Arc::clone(&self.pool);
                Some(reading.still(pool, member, is_raw, has_left))
            }
            (ReadAt::Primary, LeaseVia::Member(member)) if is_raw => {
                self.is_lost = has_left;
                Some(reading.refusing(member, has_left))
            }
            (ReadAt::Nowhere, LeaseVia::None) => Some(reading.anew(is_raw)),
            (_, LeaseVia::None) => {
                reading.at = ReadAt::Primary;
                let took = (!is_raw).then(|| reading.primary.take_now(Some(reading.served.id())));
                match took {
                    Some(Took::Member(member)) => {
                        self.pool = Arc::clone(&reading.primary);
                        self.pinned = false;
                        self.has(member, false);
                        None
                    }
                    Some(Took::Found(found)) => {
                        let primary = Arc::clone(&reading.primary);
                        let taking = primary.take(Some(found), Some(reading.served.id()));
                        let pool = Arc::clone(&reading.primary);
                        Some(Box::pin(async move {
                            let (member, is_new) = taking.await?;
                            Ok(FoundMember::of_primary(pool, member, is_new))
                        }))
                    }
                    Some(Took::Nothing) | None => Some(reading.ask_primary(is_raw)),
                }
            }
            (_, way) => {
                self.way = way;
                None
            }
        }
    }

    /// Has the connection that was found.
    pub(in crate::exec::tokio) fn found(&mut self, found: FoundMember) {
        let FoundMember {
            member,
            is_new,
            pool,
            at,
        } = found;
        if let Some(reading) = &mut self.reading {
            reading.at = at;
        }
        self.is_lost = false;
        self.pool = pool;
        // Another connection to the replica may be one to a server that is further behind.
        self.pinned = at == ReadAt::Replica;
        self.has(member, is_new);
    }

    /// Goes over to the primary, since the replica could not answer a statement.
    pub(in crate::exec::tokio) fn leave_replica(
        &mut self,
        statement: &Statement,
        is_lost: bool,
    ) -> MemberSearch {
        let is_raw = leaves(statement);
        if let LeaseVia::Member(member) = mem::replace(&mut self.way, LeaseVia::None) {
            let connection = &member.connection;
            if is_lost || connection.is_closed() || connection.cancels.by().is_some() {
                self.pool.discard(member);
            } else {
                let left = Left {
                    in_flight: false,
                    open: false,
                    altered: is_raw,
                };
                settle(&self.pool, member, left);
            }
        }
        self.transactions.again();
        let reading = self.reading.as_mut();
        let reading = reading.expect("only such a lease leaves a replica");
        reading.at = ReadAt::Primary;
        reading.ask_primary(is_raw)
    }
}

impl ReadLease {
    fn is_fresh(&self, member: &Member) -> bool {
        let watch = self.primary.watch();
        watch.is_some_and(|watch| is_fresh(watch, member, self.after))
    }

    /// Asks the replica again from which the scope has read. If it is of no more use, that is the primary's turn.
    fn still(
        &self,
        pool: Arc<Pool>,
        mut member: Member,
        is_raw: bool,
        has_left: bool,
    ) -> MemberSearch {
        let (after, primary) = (self.after, Arc::clone(&self.primary));
        let ask_primary = (!has_left).then(|| self.ask_primary(is_raw));
        Box::pin(async move {
            let room = Room::of(&pool);
            if let Some(watch) = primary.looked_at() {
                match asked(&pool, &mut member).await {
                    Ok(()) if is_fresh(watch, &member, after) => {
                        room.stays();
                        return Ok(FoundMember::of_replica(pool, member));
                    }
                    Ok(()) if !has_left => {
                        room.stays();
                        pool.put_back(member);
                    }
                    Ok(()) => {}
                    Err(error) => {
                        tracing::debug!(%error, "a replica is away");
                        pool.rest().is_away();
                    }
                }
            }
            match ask_primary {
                Some(finding) => finding.await,
                None => Err(session_is_gone()),
            }
        })
    }

    /// Finds a replica that has all that was written by then and all that is older than the bound, or else the primary.
    fn anew(&self, is_raw: bool) -> MemberSearch {
        let (after, served) = (self.after, self.served.clone());
        let primary = Arc::clone(&self.primary);
        let ask_primary = self.ask_primary(is_raw);
        Box::pin(async move {
            match of_replica(&primary, &served, after).await {
                Some(found) => Ok(found),
                None => ask_primary.await,
            }
        })
    }

    /// Takes a connection to the primary.
    fn ask_primary(&self, is_raw: bool) -> MemberSearch {
        let (pool, tenant) = (Arc::clone(&self.primary), self.served.id());
        Box::pin(async move {
            let (member, is_new) = Arc::clone(&pool).take(None, Some(tenant)).await?;
            let found = FoundMember::of_primary(pool, member, is_new);
            if is_raw {
                found.refuses_writes(false).await
            } else {
                Ok(found)
            }
        })
    }

    fn refusing(&self, member: Member, has_left: bool) -> MemberSearch {
        let found = FoundMember::of_primary(Arc::clone(&self.primary), member, false);
        Box::pin(found.refuses_writes(has_left))
    }
}

impl FoundMember {
    fn of_primary(pool: Arc<Pool>, member: Member, is_new: bool) -> Self {
        Self {
            member,
            is_new,
            pool,
            at: ReadAt::Primary,
        }
    }

    fn of_replica(pool: Arc<Pool>, member: Member) -> Self {
        Self {
            member,
            // It has just answered, and its successor would be the primary.
            is_new: true,
            pool,
            at: ReadAt::Replica,
        }
    }

    /// Has the session refuse what writes, or that of another connection in the place of one that is dead.
    async fn refuses_writes(mut self, has_left: bool) -> Result<Self> {
        for is_last in [self.is_new || has_left, true] {
            let room = Room::of(&self.pool);
            let connection = &self.member.connection;
            let set = connection.within(GRACE, connection.client.batch_execute(READ_ONLY));
            if set.await.is_some() {
                room.stays();
                self.is_new = true;
                return Ok(self);
            }
            if is_last {
                break;
            }
            let pool = Arc::clone(&self.pool);
            drop(self);
            room.stays();
            let (member, is_new) = Arc::clone(&pool).replace().await?;
            self = Self::of_primary(pool, member, is_new);
        }
        if has_left {
            return Err(session_is_gone());
        }
        Err(lost())
    }
}

fn is_fresh(watch: &Watch, member: &Member, after: Written) -> bool {
    watch.is_of_use(member.position.as_deref(), after) == Taken::Fresh
}

/// Takes a connection to a replica that may be asked. A tenant gets the same replica each time, as long as that is there.
async fn of_replica(primary: &Arc<Pool>, served: &Served, after: Written) -> Option<FoundMember> {
    if primary.replicas().is_empty() {
        return None;
    }
    let watch = primary.looked_at()?;
    for pool in in_turn(primary.replicas(), served) {
        match pool.rest().turn() {
            ReplicaTurn::Ask => {}
            ReplicaTurn::Leave => continue,
            ReplicaTurn::TryOut => {
                try_out(pool);
                continue;
            }
        }
        match answering(pool, served.id(), |member| is_fresh(watch, member, after)).await {
            Ok(member) => match watch.is_of_use(member.position.as_deref(), after) {
                Taken::Fresh => return Some(FoundMember::of_replica(Arc::clone(pool), member)),
                Taken::TooEarly => pool.put_back(member),
                Taken::Old => {
                    tracing::debug!("a replica is too far behind, or none");
                    pool.put_back(member);
                    pool.rest().is_old();
                }
            },
            Err(error) => {
                tracing::debug!(%error, "a replica is away");
                pool.rest().is_away();
            }
        }
    }
    None
}

/// Finds out whether a replica answers again, for whoever reads next.
fn try_out(pool: &Arc<Pool>) {
    let theirs = Arc::clone(pool);
    pool.runtime().spawn(async move {
        // Whoever opens connections may be the application's.
        match caught_in_task(answering(&theirs, 0, |_| false)).await {
            Ok(member) => {
                theirs.put_back(member);
                theirs.rest().answers();
            }
            Err(error) => {
                tracing::debug!(%error, "a replica is still away");
                theirs.rest().is_away();
            }
        }
    });
}

/// Takes a connection to a replica that answers, and asks it how far it is unless it is known to be of use.
async fn answering(
    pool: &Arc<Pool>,
    tenant: i64,
    is_of_use: impl Fn(&Member) -> bool,
) -> Result<Member> {
    let (mut member, is_new) = Arc::clone(pool).take(None, Some(tenant)).await?;
    let mut room = Room::of(pool);
    if !is_new && !member.connection.is_alive().await {
        drop(member);
        room.stays();
        (member, _) = Arc::clone(pool).replace().await?;
        room = Room::of(pool);
    }
    // From here on it is this server or none: another behind the same address may be further behind.
    if !is_of_use(&member) {
        asked(pool, &mut member).await?;
    }
    room.stays();
    Ok(member)
}

/// Asks a replica how far it is.
async fn asked(pool: &Pool, member: &mut Member) -> Result<()> {
    let connection = &member.connection;
    let ask = connection.client.query_typed(ASK, &[]);
    let rows = connection.within(pool.connect_limit(), ask).await;
    member.position = position_of(&rows.ok_or_else(lost)?)?.map(Box::new);
    Ok(())
}
