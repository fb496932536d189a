//! The errors of changes of the registry that the server, or the network, refused.

use postgres::GenericClient;
use postgres::error::SqlState;
use postgres::types::Type;

use super::TenantState;
use super::new::NewTenant;
use super::unknown::{Twin, twin};
use crate::bookkeeping::{Guard, is_lost, unknown};
use crate::error::{self, Error, ErrorKind};
use crate::exec::{Flow, error_of};
use crate::name::{SchemaName, TenantKey};

/// The error for a key that a tenant has already, named by that tenant's key.
pub(super) fn taken(client: &mut impl GenericClient, key: &TenantKey) -> Error {
    error_of(client, taken_by(key))
}

/// The same as a flow.
pub(super) fn taken_by<'f, T: 'f>(key: &TenantKey) -> Flow<'f, T> {
    let wanted = key.clone();
    twin(key).and_on(move |twin| Flow::Done(Err(is_taken(twin.ok().flatten(), &wanted))))
}

fn is_taken(twin: Option<Twin>, key: &TenantKey) -> Error {
    let message = match twin {
        Some((twin, state)) => format!(
            "there is a tenant `{twin}`, which is {state}, and a new key has to differ by more than case\n\
             help: choose another key"
        ),
        None => "there is a tenant with this key\nhelp: choose another key".to_owned(),
    };
    Error::new(ErrorKind::TenantExists, message).in_tenant(key)
}

/// The error for a key whose tenant is still being dropped.
pub(super) fn being_dropped(key: &TenantKey) -> Error {
    let state = TenantState::Dropping;
    let message = format!(
        "a tenant with this key is being dropped\nhelp: {}",
        state.help()
    );
    Error::new(ErrorKind::TenantState, message).in_tenant(key)
}

/// The error for a name of a schema that means something else.
pub(super) fn refused_name(new: &NewTenant, name: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Name,
        format!(
            "the tenant can't have the schema `{name}`, which {why}\n\
             help: choose another with `NewTenant::schema`, or with `--schema` on the command line"
        ),
    )
    .in_tenant(&new.key)
}

/// The error for a schema that is there already.
pub(super) fn schema_exists(
    client: &mut impl GenericClient,
    (schema, owner): (&SchemaName, Option<&str>),
    new: &NewTenant,
) -> Error {
    let other = "choose another with `NewTenant::schema`, or with `--schema` on the command line";
    let (whose, help) = match owner {
        Some(key) => (format!(", of the tenant `{key}`"), other.to_owned()),
        None if is_orphan(client, schema) => (
            ", which was made for a tenant that the registry does not have any more".to_owned(),
            format!(
                "bring the tenant's rows in `tenantry.tenant` and `tenantry.ledger` back from a copy, or drop the schema; \
                 or {other}"
            ),
        ),
        None => (String::new(), other.to_owned()),
    };
    Error::new(
        ErrorKind::SchemaExists,
        format!("there is a schema `{schema}` already{whose}, and creation takes over no schema\nhelp: {help}"),
    )
    .in_tenant(&new.key)
    .in_schema(schema)
}

/// The error for a schema that is to become a tenant's, and is not there.
pub(super) fn no_schema(name: &str, new: &NewTenant) -> Error {
    Error::new(
        ErrorKind::MissingSchema,
        format!("the database has no schema `{name}` that could become the tenant's\nhelp: look at the name, and at the database"),
    )
    .in_tenant(&new.key)
}

/// Whether a schema was made for a tenant, as its comment says.
fn is_orphan(client: &mut impl GenericClient, schema: &SchemaName) -> bool {
    let sql = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1 \
         AND pg_catalog.obj_description(oid, 'pg_namespace') ~ '^tenantry: tenant [0-9]+$'";
    let found = client.query_typed_opt(sql, &[(&schema.as_str(), Type::NAME)]);
    matches!(found, Ok(Some(_)))
}

/// The error for a role whose tenants the owner of the registry could not migrate.
pub(super) fn not_a_member(owner: &str, new: &NewTenant) -> Error {
    Error::new(
        ErrorKind::Permission,
        format!(
            "the tables of a tenant would belong to a role that `{owner}`, the owner of the registry, has no rights of, so the \
             tenant could not be migrated\nhelp: grant the role `{owner}` to the role that creates tenants"
        ),
    )
    .in_tenant(&new.key)
}

/// The error for a tenant that somebody else is just making.
pub(super) fn being_made(new: &NewTenant) -> Error {
    Error::new(
        ErrorKind::LockTimeout,
        "a tenant with this key, or in this schema, is just being created by somebody else\nhelp: try again in a moment",
    )
    .in_tenant(&new.key)
}

/// The error after too many plans that others have made void.
pub(crate) fn given_up(new: &NewTenant) -> Error {
    Error::new(
        ErrorKind::Serialization,
        "migrations came in between again and again\nhelp: try again when the migrator is done",
    )
    .in_tenant(&new.key)
}

/// Whether the registry or the catalogue has a key or name already.
pub(super) fn is_name_taken(error: &postgres::Error) -> bool {
    if Guard::of(error) == Some(Guard::NameTaken) {
        return true;
    }
    error.as_db_error().is_some_and(|refused| {
        let in_metadata = refused.schema() == Some(crate::name::BOOKKEEPING_SCHEMA);
        let is_name = matches!(
            refused.constraint(),
            Some(
                "tenant_key_key"
                    | "tenant_key_lower_key"
                    | "tenant_schema_name_key"
                    | "tenant_token_key"
                    | "provisioning_key_key"
                    | "provisioning_schema_name_key"
            )
        );
        in_metadata && is_name || *refused.code() == SqlState::DUPLICATE_SCHEMA
    })
}

/// Whether a tenant was refused that has no row of the model whose rows are the tenants.
pub(super) fn lacks_row(error: &postgres::Error) -> bool {
    let code = error.code().map(SqlState::code);
    code == Some(crate::name::TENANT_ROW_REFUSED)
}

/// The error for a tenant whose row others reference and keep.
pub(super) fn kept_by_rows(error: postgres::Error) -> Error {
    let refused = error.as_db_error();
    let Some((by, table)) = refused
        .filter(|refused| refused.code().code().starts_with("23"))
        .and_then(|refused| {
            Some((
                refused.constraint()?.to_owned(),
                refused.table()?.to_owned(),
            ))
        })
    else {
        return error.into();
    };
    let message = format!(
        "rows of `{table}` reference the row that the tenant is, and keep it, by `{by}`; nothing was changed\n\
         help: delete or change these rows and drop the tenant again, or say with `on_delete` what becomes of them"
    );
    Error::from(error).retold(ErrorKind::Dependents, message)
}

/// Whether the same may work another time, as the server tells it. A lost connection is none of these.
pub(super) fn is_passing(error: &postgres::Error) -> bool {
    let refused = error.as_db_error();
    refused.is_some_and(|refused| {
        error::is_passing(refused.code().code()) || error::is_catalogue_race(refused)
    })
}

/// The error of a message that ends in a commit of the registry.
pub(super) fn committing(error: postgres::Error) -> Error {
    if !is_lost(&error) {
        return error.into();
    }
    unknown(error, IN_DOUBT)
}

const IN_DOUBT: &str = "the connection broke before the server had answered: whether the change of the registry took effect is not \
     known\nhelp: ask again; a creation with the same `NewTenant::token` gives the tenant that the first one made";

/// The error of a transaction that changes the registry, as a flow has met it.
pub(super) fn of_change(error: Error) -> Error {
    match error.kind() {
        ErrorKind::CommitUnknown => error.retold(ErrorKind::CommitUnknown, IN_DOUBT.to_owned()),
        _ => error,
    }
}
