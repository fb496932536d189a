//! Work that is done later, beside the requests.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenantry::Error;
use tenantry::prelude::*;
use tenantry::scope::Job;
use tenantry::tokio::{Database, TenantScope};
use tokio::time::sleep;

use crate::models::{Digest, NewDigest, NewQueued, Project, Queued, Task};

/// Work for a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Work {
    /// Sum up what is left to be done.
    Digest,
}

/// How often a worker looks that had nothing to do.
const PAUSE: Duration = Duration::from_millis(500);

/// When work is tried again that could not be done, so that other work does not wait for it.
const RETRY: Duration = Duration::from_mins(1);

/// Puts work for a workspace into the queue.
///
/// # Errors
///
/// When the database refuses.
pub async fn enqueue(workspace: &mut TenantScope, work: Work) -> Result<(), Error> {
    let job = Job::new(workspace.reference(), work);
    let queued = NewQueued::new(Timestamp::now(), Json(job));
    Queued::insert(queued)
        .execute(&mut workspace.shared_mut())
        .await
}

/// Works until the program ends. Any number of workers may do that, in any number of programs.
pub async fn work(db: Database) {
    loop {
        match work_one(&db).await {
            Ok(true) => {}
            Ok(false) => sleep(PAUSE).await,
            Err(error) => {
                tracing::error!(%error, "the queue can't be read");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Does the work that is due longest, and tells whether there was any.
///
/// Its row is locked meanwhile, and other workers skip it. If this one dies, the work is there again, and may be done twice.
///
/// # Errors
///
/// When the queue can't be read.
pub async fn work_one(db: &Database) -> Result<bool, Error> {
    db.shared()
        .transaction(async |tx| {
            let due = Queued::query().filter(Queued::DUE_AT.le(Timestamp::now()));
            let due = due
                .order_by(Queued::DUE_AT.asc())
                .for_update()
                .skip_locked();
            let Some(mut next) = due.first(tx).await? else {
                return Ok(false);
            };
            match run(db, next.job.0.clone()).await {
                // Nobody is there any more for whom it could be done.
                Err(error) if error.is_unknown_tenant() => next.delete(tx).await?,
                Err(error) => {
                    tracing::error!(%error, "a job is tried again later");
                    next.due_at = Timestamp::now() + RETRY;
                    next.save(tx).await?;
                }
                Ok(()) => next.delete(tx).await?,
            }
            Ok(true)
        })
        .await
}

async fn run(db: &Database, job: Job<Work>) -> Result<(), Error> {
    let (mut workspace, work) = db.job(job).await?;
    match work {
        Work::Digest => write_digest(&mut workspace).await,
    }
}

async fn write_digest(workspace: &mut TenantScope) -> Result<(), Error> {
    workspace
        .transaction(async |tx| {
            let projects = Project::query().count(tx).await?;
            let open = Task::query().filter(Task::DONE.eq(false)).count(tx).await?;
            let done = Task::query().filter(Task::DONE.eq(true)).count(tx).await?;
            let text = format!("{open} tasks are open and {done} done, in {projects} projects.");
            Digest::insert(NewDigest::new(text)).execute(tx).await
        })
        .await
}
