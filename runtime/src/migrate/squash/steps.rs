//! Chains done in the transactions that they have in a fleet, where one transaction can't do them: in schemas that are dropped then.

use postgres::{Client, Transaction};

use crate::error::Result;
use crate::exec::Locks;
use crate::migrate::replay::ReplayPart;
use crate::migrate::session::Session;
use crate::migrate::session::settings::Settings;
use crate::name::SchemaName;
use crate::place::TenantPlace;
use crate::tenant::Scratch;

/// Does parts in a shared schema and a tenant's of these names, and looks at them. A crash leaves them to whoever clears away what is left of
/// creations.
pub(super) fn in_steps<T>(
    client: &mut Client,
    (shared, tenant): (&SchemaName, &SchemaName),
    parts: &[ReplayPart],
    settings: &Settings,
    look: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let mut session = Session::new(client, None);
    let shared = Scratch::begin(&mut session, shared.clone())?;
    let outcome = match Scratch::begin(&mut session, tenant.clone()) {
        Ok(tenant) => {
            let looked = done(&mut session, (&shared, &tenant), parts, settings, look);
            tenant.end(&mut session, &settings.waits());
            looked
        }
        Err(error) => Err(error),
    };
    shared.end(&mut session, &settings.waits());
    outcome
}

fn done<T>(
    session: &mut Session<'_>,
    (shared, tenant): (&Scratch, &Scratch),
    parts: &[ReplayPart],
    settings: &Settings,
    look: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let place = TenantPlace::nobodys(tenant.schema())?;
    let renew = |tx: &mut Transaction<'_>| {
        shared.renew(tx)?;
        tenant.renew(tx)
    };
    for part in parts {
        let committed = part.commit(session, (shared.schema(), &place), settings, &renew);
        if committed.is_err() {
            session.reset(Locks::Released)?;
        }
        committed?;
    }
    let mut tx = session.transaction()?;
    renew(&mut tx)?;
    shared.unmark(&mut tx)?;
    tenant.unmark(&mut tx)?;
    let looked = look(&mut tx)?;
    tx.rollback()?;
    Ok(looked)
}
