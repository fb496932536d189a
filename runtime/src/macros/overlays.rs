//! Overlays.

/// Makes one list of two models: the tenant's row where there is one, else the shared row with the same key.
///
/// ```
/// use tenantry::prelude::*;
///
/// /// Fields that the provider's products and those of a tenant share.
/// #[derive(Embedded, Debug, Clone)]
/// pub struct Offer {
///     #[field(max_length = 80)]
///     pub name: String,
///     pub cents: i64,
/// }
///
/// /// A product of the catalogue that all tenants see.
/// #[shared_model]
/// pub struct CatalogProduct {
///     #[field(key)]
///     pub id: i64,
///     #[field(unique)]
///     pub sku: String,
///     #[field(embed, prefix = "")]
///     pub offer: Offer,
/// }
///
/// /// A product of one tenant, perhaps in place of one of the catalogue.
/// #[tenant_model]
/// pub struct Product {
///     #[field(key)]
///     pub id: i64,
///     #[field(unique)]
///     pub sku: String,
///     #[field(embed, prefix = "")]
///     pub offer: Offer,
///     #[field(default = 0)]
///     pub stock: i32,
/// }
///
/// /// A product as the tenant sees it.
/// #[tenant_overlay(own = Product, shared = CatalogProduct)]
/// #[derive(Debug)]
/// pub struct Offered {
///     #[field(key)]
///     pub sku: String,
///     #[field(embed, prefix = "")]
///     pub offer: Offer,
///     /// Whether it is the tenant's own.
///     #[field(own)]
///     pub is_own: bool,
/// }
///
/// # fn main() {}
/// # fn shop(acme: &mut TenantScope) -> tenantry::Result<()> {
/// let cheap = Offered::query()
///     .filter(Offered::CENTS.lt(10_00))
///     .order_by(Offered::NAME.asc())
///     .limit(20)
///     .all(acme)?;
/// for product in &cheap {
///     println!("{} {}", product.sku, product.offer.name);
/// }
///
/// // A product of the catalogue becomes one of the tenant's, at another price.
/// let shared = Offered::find("SKU-1").one(acme)?;
/// let offer = Offer { cents: 9_50, ..shared.offer.clone() };
/// Product::insert(NewProduct::new(&*shared.sku, offer)).execute(acme)?;
/// assert!(Offered::find("SKU-1").one(acme)?.is_own);
/// # Ok(())
/// # }
/// ```
///
/// # What it is
///
/// Each query is one statement, with `UNION ALL` of both tables and without the shared rows of which the tenant has one with the key. An overlay is in no database: no migration makes
/// it, so it is in no [`schema!`](macro@crate::schema), and a changed column of the shared table has no views in the schemas of all tenants in its way.
///
/// The fields are those that both models have, by their names and with their types, in any order; each may be a model's in a column of another name. What only one has is left out. A
/// field that can be null in one of the models is an `Option`. The fields with `key` are unique in both models, in each of them as its key, by `unique` above the field, or by `unique(...)`. All this is checked by the compiler.
///
/// # What is done with it
///
/// All that reads: queries with their conditions, orders, joins, aggregates and pages, `find` by the key, streams, copies, `explain`, and `across`. It runs where the tenant is known, and does not
/// compile in a shared scope. What writes or locks does not compile: write the rows of [`own`](#arguments), or the shared ones in a shared scope. Rows are references of nothing, since they are
/// now of one table and now of the other; what they reference themselves is joined and loaded as of any row.
///
/// # Deleted rows
///
/// Where the tenant's model has a [`soft_delete`](crate::model::SoftDelete), a deleted row of the tenant has the shared one show again: so a delete takes the change back. With `deleted_hides` it hides the shared row,
/// so that a tenant can leave out what it does not offer. Those rows are looked for by the key too: write an `index(sku, filter = "deleted_at IS NOT NULL")` into the tenant's model, where it has many rows. Deleted shared rows are left out.
///
/// # Columns that not all tenants have
///
/// A field that the tenant's model has `since` or `until` a migration is the shared row's value where the row is shared, and its default where it is one of a tenant that lacks the column. What
/// names the column is [`ErrorKind::TenantVersion`](crate::ErrorKind::TenantVersion) there. A key is no such field.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `own = Product` | the tenant's model, whose rows come first |
/// | `shared = CatalogProduct` | the shared model |
/// | `deleted_hides` | a row that the tenant has deleted hides the shared one |
/// | `crate = db` | the path of tenantry, where it is not `::tenantry` |
///
/// Of a field: `key`, `own` above the `bool` that says whether a row is the tenant's own, `column`, `inverse`, and `embed` with `prefix`, as of a [model](macro@crate::tenant_model).
pub use tenantry_macros::tenant_overlay;
