//! Finds where live schemas differ from what they should be.

use std::collections::BTreeMap;

use postgres::{Client, Transaction};

use super::{
    Namespace, ObjectKind, ObjectName, Op, Slots, State, StructureError, diff, fill, introspect,
    render,
};
use crate::name::SchemaName;

/// The operations that would lead from live schemas to what is wanted: none, if they are what is wanted.
///
/// PostgreSQL writes expressions in its own way. Therefore what is wanted is built in schemas of its own, in a
/// transaction that is rolled back, and read from there; the role needs the right to create schemas. Types, sequences
/// and functions that the live schemas have are there too, for the expressions that name them. Without a tenant, the
/// shared schema alone is compared.
///
/// # Errors
///
/// [`StructureError::MissingSchema`], when one of the schemas does not exist; [`StructureError::Database`], when the
/// database refuses; the errors of `introspect` and [`fill`].
pub fn drift(
    client: &mut Client,
    wanted: &State,
    shared: &SchemaName,
    tenant: Option<&SchemaName>,
) -> Result<Vec<Op>, StructureError> {
    let schemas: Vec<SchemaName> = [Some(shared), tenant]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut found = introspect(client, &schemas, shared)?;
    let mut take = |schema: &SchemaName| {
        found
            .remove(schema)
            .ok_or_else(|| StructureError::MissingSchema(schema.clone()))
    };
    let mut live = State::new(take(shared)?, Namespace::default());
    if let Some(tenant) = tenant {
        live.tenant = take(tenant)?;
    }
    let mut wanted = as_written_by_postgresql(client, wanted, &live)?;
    if tenant.is_none() {
        wanted.tenant = Namespace::default();
    }
    Ok(diff(&live, &wanted))
}

/// The same state with its expressions as PostgreSQL writes them.
fn as_written_by_postgresql(
    client: &mut Client,
    state: &State,
    live: &State,
) -> Result<State, StructureError> {
    const SHARED: &str = "tenantry_scratch_shared";
    const TENANT: &str = "tenantry_scratch_tenant";
    let [shared, tenant] = [SHARED, TENANT]
        .map(|name| SchemaName::new(name).expect("the names are well-formed and not reserved"));
    let slots = Slots {
        shared: &shared,
        tenant: Some(&tenant),
    };
    // Dropping the transaction rolls it back, however this function ends.
    let mut transaction = client.transaction()?;
    for schema in [&shared, &tenant] {
        transaction.batch_execute(&format!("CREATE SCHEMA {}", schema.quoted()))?;
    }
    copy_objects(&mut transaction, live, state, &slots)?;
    let mut message = String::new();
    for op in diff(&State::default(), state) {
        for sql in render(&op) {
            message.push_str(&fill(&sql, &slots)?);
            message.push_str(";\n");
        }
    }
    transaction.batch_execute(&message)?;
    let schemas = [shared.clone(), tenant.clone()];
    let mut read: BTreeMap<SchemaName, Namespace> =
        introspect(&mut transaction, &schemas, &shared)?;
    Ok(State::new(
        read.remove(&shared).unwrap_or_default(),
        read.remove(&tenant).unwrap_or_default(),
    ))
}

/// Makes what expressions may name. Some of it needs other parts of it, so what fails is tried again as long as
/// something succeeds; what fails for good is left out, since it may be that no expression names it.
fn copy_objects(
    transaction: &mut Transaction<'_>,
    live: &State,
    wanted: &State,
    slots: &Slots<'_>,
) -> Result<(), StructureError> {
    let is_named = |name: &ObjectName| {
        matches!(
            name.kind,
            ObjectKind::Type | ObjectKind::Sequence | ObjectKind::Function
        )
    };
    // The types of models are made with their tables.
    let others = |live: &Namespace, wanted: &Namespace| -> Vec<String> {
        let named = live.objects.iter().filter(|(name, _)| {
            is_named(name)
                && !(name.kind == ObjectKind::Type && wanted.types.contains_key(&name.name))
        });
        named.map(|(_, definition)| definition.clone()).collect()
    };
    let all = [
        others(&live.shared, &wanted.shared),
        others(&live.tenant, &wanted.tenant),
    ];
    let mut left: Vec<String> = all
        .concat()
        .iter()
        .filter_map(|definition| fill(definition, slots).ok())
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    // The tables that a function's body names are not there yet.
    transaction.batch_execute("SET LOCAL check_function_bodies = off")?;
    loop {
        let mut failed = Vec::new();
        for sql in &left {
            let mut savepoint = transaction.transaction()?;
            match savepoint.batch_execute(sql) {
                Ok(()) => savepoint.commit()?,
                // A session that is lost says so here, and later only that it is closed.
                Err(error) if error.is_closed() => return Err(error.into()),
                Err(_) => {
                    savepoint.rollback()?;
                    failed.push(sql.clone());
                }
            }
        }
        if failed.is_empty() || failed.len() == left.len() {
            return Ok(());
        }
        left = failed;
    }
}
