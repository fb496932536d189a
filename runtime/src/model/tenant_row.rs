//! Models whose rows are the tenants, and what can't be done with such rows.

use super::{Model, SharedSchema};
use crate::name::TenantKey;

/// A model whose rows are the tenants: `#[shared_model(tenant)]`.
///
/// There is one row for each tenant that is active or suspended; tenants that were there before the model get theirs by the
/// migration of phase `contract`, and until then [`TenantScope::row`](crate::TenantScope::row) is an error for them. It is made when its tenant is, by
/// [`Tenants::create`](crate::scope::Tenants::create) with a new row, and goes when its tenant is dropped; a tenant that is
/// renamed has its row, and what references that, follow. Others reference it by [`Fk`](crate::Fk) as any row.
///
/// ```
/// use tenantry::prelude::*;
///
/// /// Somebody who logs in.
/// #[shared_model]
/// pub struct User {
///     #[field(key)]
///     pub id: i64,
///     #[field(unique)]
///     pub email: String,
/// }
///
/// /// A customer of ours, whose data is in a schema of its own.
/// #[shared_model(tenant)]
/// pub struct Account {
///     #[field(key, given)]
///     pub key: TenantKey,
///     pub owner: Fk<User>,
///     #[field(default = "free")]
///     pub plan: String,
/// }
///
/// /// A user's right to enter an account.
/// #[shared_model(unique(user, account))]
/// pub struct Membership {
///     #[field(key)]
///     pub id: i64,
///     #[field(on_delete = "cascade")]
///     pub user: Fk<User>,
///     // When the account is dropped, its memberships go with it.
///     #[field(on_delete = "cascade", inverse = "members")]
///     pub account: Fk<Account>,
/// }
///
/// # fn main() {}
/// # fn sign_up(db: &Database, ann: &Stored<User>) -> tenantry::Result<()> {
/// let acme = TenantKey::new("acme")?;
/// // The tenant's schema and its row are there together, or neither is.
/// db.tenants().create(NewAccount::new(&acme, ann).plan("pro"))?;
///
/// let mut scope = db.tenant(&acme)?;
/// let account = scope.row::<Account>()?;
/// println!("{} pays for {}", account.key, account.plan);
///
/// // The accounts that Ann is a member of.
/// let hers = Membership::query()
///     .filter(Membership::USER.eq(ann))
///     .with(Membership::ACCOUNT)
///     .all(&mut db.shared()?)?;
/// # drop(hers);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` are no tenants",
    label = "not declared to be the tenants",
    note = "write `#[shared_model(tenant)]` above the model whose rows are the tenants; there is one such model at most"
)]
pub trait TenantRow: Model<Placement = SharedSchema> {}

/// A model whose rows can be deleted by themselves: every one but that whose rows are the tenants. Implemented by the macros.
#[diagnostic::on_unimplemented(
    message = "a row of `{Self}` is a tenant, and is not deleted by itself",
    label = "goes with its tenant",
    note = "drop the tenant: `db.tenants().drop(&key)`; its row goes then, and what references that does what its `on_delete` says",
    note = "in generic code, ask for `M: Deletable` beside `M: Model`"
)]
pub trait Deletable: Model {}

/// The type of the key of a model whose rows are the tenants.
#[diagnostic::on_unimplemented(
    message = "the key of a model whose rows are the tenants is a `TenantKey`, and not a `{Self}`",
    label = "not a `TenantKey`",
    note = "write `#[field(key, given)] key: TenantKey`"
)]
pub trait KeyOfTenant {}

impl KeyOfTenant for TenantKey {}

/// Requires the type of a key. For the macros.
pub fn tenant_row<K: KeyOfTenant>() {}
