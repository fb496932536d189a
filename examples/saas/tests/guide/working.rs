//! Code of the page about jobs.

use saas::jobs::{Work, work_one};
use saas::models::{Digest, NewProject, NewQueued, Project, Queued};
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::scope::Job;
use tenantry::serde_json;
use tenantry::tokio::Database;

use crate::testing::{database, key};

#[tokio::test]
async fn a_job_is_there_if_the_change_is() {
    let database = database();
    let db = Database::connect(database.url()).await.unwrap();
    let mut workspace = db.tenant(&key("acme")).await.unwrap();
    let outcome = workspace
        .transaction(async |tx| {
            Project::insert(NewProject::new("Website"))
                .execute(tx)
                .await?;
            let job = Job::new(tx.reference(), Work::Digest);
            let queued = NewQueued::new(Timestamp::now(), Json(job));
            Queued::insert(queued).execute(&mut tx.shared_mut()).await
        })
        .await;
    outcome.unwrap();
    assert!(work_one(&db).await.unwrap());
    let digest = Digest::query().one(&mut workspace).await.unwrap();
    assert_eq!(digest.text, "0 tasks are open and 0 done, in 1 projects.");
}

#[tokio::test]
async fn a_job_is_for_its_tenant_whatever_queue_it_goes_through() {
    let database = database();
    let db = Database::connect(database.url()).await.unwrap();
    let workspace = db.tenant(&key("acme")).await.unwrap();
    let message = serde_json::to_string(&Job::new(workspace.reference(), Work::Digest)).unwrap();

    let job: Job<Work> = serde_json::from_str(&message).unwrap();
    let (workspace, Work::Digest) = db.job(job).await.unwrap();
    assert_eq!(workspace.key(), &key("acme"));

    let tenants = db.tenants();
    tenants.suspend(&key("acme")).await.unwrap();
    let job: Job<Work> = serde_json::from_str(&message).unwrap();
    let error = db.job(job).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantState);

    tenants.rename(&key("acme"), &key("apex")).await.unwrap();
    tenants.rename(&key("globex"), &key("acme")).await.unwrap();
    let job: Job<Work> = serde_json::from_str(&message).unwrap();
    assert!(db.job(job).await.unwrap_err().is_unknown_tenant());
}
