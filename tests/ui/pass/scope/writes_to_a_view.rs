//! Writes to the table behind a view.

use tenantry::prelude::*;

#[tenant_model]
pub struct Note {
    #[field(key)]
    pub id: i64,
    pub text: String,
}

#[tenant_view(sql = "SELECT n.id FROM {Note} n")]
pub struct Recent {
    #[field(key)]
    pub id: i64,
}

fn rewrite(acme: &mut TenantScope) -> tenantry::Result<u64> {
    let recent = Recent::query().select(Recent::ID).all(acme)?;
    Note::update_where(Note::ID.is_in(recent))
        .set(Note::TEXT, "")
        .execute(acme)?;
    acme.transaction(|tx| {
        let row = Recent::find(1).one(tx)?;
        Note::find(row.id).one(tx)?.delete(tx)
    })?;
    acme.sql(sql!(
        "UPDATE {Note} SET text = '' WHERE {Note.id} IN (SELECT id FROM {Recent})"
    ))
    .execute()
}

fn main() {}
