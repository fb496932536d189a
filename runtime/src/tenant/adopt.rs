//! Adoption: a schema that is there already becomes a tenant's.

use postgres::Client;

use super::Tenant;
use super::create::{check, told};
use super::holder::{Needs, name_holder};
use super::making::Making;
use super::new::NewTenant;
use super::plan::Plan;
use super::ready::Ready;
use super::refusal::{being_made, committing, given_up, is_name_taken};
use super::row::TenantsRow;
use crate::bookkeeping::{Attempt, Waits, is_lost, is_overtaken};
use crate::error::Result;
use crate::name::SchemaName;

/// How often a plan that others have made void is made again.
const PLANS: usize = 10;

/// Enters a schema into the registry as a tenant's, at a version. Whether it is what the migrations make is looked at before.
///
/// # Errors
///
/// As [`Tenants::create`](crate::scope::Tenants::create); [`ErrorKind::MissingSchema`](crate::ErrorKind::MissingSchema), when there
/// is no such schema.
pub(crate) fn adopt(
    client: &mut Client,
    new: &NewTenant,
    version: i32,
    waits: &Waits,
) -> Result<Tenant> {
    check(new)?;
    let new = new.adopting();
    let adopted = waits.attempt(|attempt| attempt_once(client, &new, version, (waits, attempt)));
    let adopted =
        adopted.map_err(|error| name_holder(client, error.in_tenant(&new.key), Needs::Change))?;
    tracing::info!(tenant = %adopted.key, schema = %adopted.schema, version, "adopted a tenant");
    Ok(adopted)
}

fn attempt_once(
    client: &mut Client,
    new: &NewTenant,
    version: i32,
    (waits, attempt): (&Waits, Attempt),
) -> Result<Tenant> {
    for _ in 0..PLANS {
        let mut plan = Plan::read(client, new, waits)?;
        // What new tenants get beside their tables it has had, or has not.
        plan.after_checksum = None;
        if plan.in_the_way.is_some() {
            return Err(being_made(new));
        }
        let making = Making::of(&plan, new);
        if new.row().is_some() {
            client.batch_execute("BEGIN")?;
        }
        let sent = making.adopt(version, attempt).send_for_rows(client);
        let sent = match (sent, new.row()) {
            (Ok(rows), Some(row)) => {
                finish(client, row, &plan.meta.shared_schema)?;
                Ok(rows)
            }
            (Err(error), Some(_)) => {
                roll_back(client);
                Err(error)
            }
            (sent, None) => sent,
        };
        match sent {
            Ok(rows) => return told(making.tenant(&rows, new, &Ready::default())),
            Err(error) if is_overtaken(&error) || is_name_taken(&error) => {}
            Err(error) if is_lost(&error) => return Err(committing(error)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(given_up(new))
}

/// Inserts the row that the tenant is, and ends the transaction.
fn finish(client: &mut Client, row: &TenantsRow, shared: &SchemaName) -> Result<()> {
    if let Err(error) = row.insert_over(client, shared) {
        roll_back(client);
        return Err(error);
    }
    client.batch_execute("COMMIT").map_err(committing)
}

/// Ends a transaction that has failed.
fn roll_back(client: &mut Client) {
    // If this fails, the connection is lost, and the transaction over.
    let _ = client.batch_execute("ROLLBACK");
}
