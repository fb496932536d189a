//! Views.

/// Makes a model of a struct, with a view in every tenant's schema: rows that a SELECT gives, to be queried as those of a table.
///
/// ```
/// use tenantry::prelude::*;
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     pub name: String,
/// }
///
/// #[tenant_model]
/// pub struct Invoice {
///     #[field(key)]
///     pub id: i64,
///     #[field(inverse = "invoices")]
///     pub customer: Fk<Customer>,
///     pub cents: i64,
/// }
///
/// /// What a customer has bought.
/// #[tenant_view(sql = "
///     SELECT c.id, c.id AS customer, c.name, count(i.id) AS invoices, sum(i.cents)::bigint AS cents
///     FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer = c.id
///     GROUP BY c.id
/// ")]
/// pub struct CustomerSales {
///     #[field(key)]
///     pub id: i64,
///     #[field(inverse = "sales")]
///     pub customer: Fk<Customer>,
///     pub name: String,
///     pub invoices: i64,
///     /// Null of a customer without invoices.
///     pub cents: Option<i64>,
/// }
///
/// # fn main() {}
/// # fn best(acme: &mut TenantScope, ann: &Stored<Customer>) -> tenantry::Result<()> {
/// let best = CustomerSales::query()
///     .filter(CustomerSales::INVOICES.gt(3))
///     .order_by(CustomerSales::CENTS.desc().nulls_last())
///     .limit(10)
///     .with(CustomerSales::CUSTOMER)
///     .all(acme)?;
/// let hers = CustomerSales::find(ann.id).one(acme)?;
/// # drop((best, hers));
/// # Ok(())
/// # }
/// ```
///
/// # Its query
///
/// `sql` is one SELECT, with a column for each field, in the order of the fields and under their names. Every table has a slot:
///
/// | slot | is |
/// |---|---|
/// | `{Customer}` | the table of a model, or another view; the compiler looks it up, and a shared view can read shared models only |
/// | `{Customer.email}` | a column by its field; behind an alias too, as in `c.{Customer.email}` |
/// | `"{tenant}".name`, `"{shared}".name` | a table, function or type of the tenant's or the shared schema that no model describes |
///
/// A brace of a text is doubled, as in `'{{}}'`. Whatever would mean something else in another session or schema does not compile: names without a slot, other schemas,
/// `search_path`, gaps for values; and so do several statements, other statements than a SELECT, `FOR UPDATE`, and `*`, which is other columns once the table has others.
///
/// # What is made of it
///
/// Migrations make the view, replace and drop it, and take it off for a moment where what it reads changes its type or name. They compare
/// the columns that the SELECT gives with the fields, by name, type and order: another type is an error when the migration is tried, and not when somebody asks.
/// A field's type is the column's to the letter: of `varchar(80)` it is a `String` with `max_length = 80`, or the SELECT casts to `text`. Whether a column can be null PostgreSQL does not
/// say: a field is an `Option` where a `LEFT JOIN` or an aggregate of nothing leaves one.
///
/// The tables are read with the rights of whoever reads the view (`security_invoker`), so that a view opens nothing that is closed.
///
/// # What is done with it
///
/// All that reads: queries with their conditions, orders, joins, aggregates and pages, streams, `across`, relations by its `Fk` fields, and `{CustomerSales}` in
/// [`sql!`](macro@crate::sql). What writes or locks does not compile. A soft delete of a table is a column like others to a view: its SELECT says which rows it means.
///
/// With `#[field(key)]` above the field that no two rows share, or above several, rows are found by it, are in pages by cursors, and can be referenced by other views. That it is unique is the
/// SELECT's promise, as nothing in PostgreSQL keeps it. Without one there is no `find`, and no cursor. A table references no view.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `sql = "SELECT ..."` | the query |
/// | `name = "sales"` | the view's name; the plural of the struct's otherwise |
/// | `crate = db` | the path of tenantry, where it is not `::tenantry` |
///
/// Of a field: `key`, `column`, `inverse`, and `max_length`, `precision` and `scale` for its type, as of a [model](macro@crate::tenant_model).
pub use tenantry_macros::tenant_view;

/// Makes a model of a struct, with a view in the shared schema. See [`tenant_view`](macro@crate::tenant_view).
///
/// ```
/// use tenantry::prelude::*;
///
/// #[shared_model]
/// pub struct Plan {
///     #[field(key)]
///     pub id: i64,
///     pub code: String,
///     pub cents: i32,
/// }
///
/// /// A plan that costs nothing.
/// #[shared_view(sql = "SELECT p.id, p.code FROM {Plan} p WHERE p.cents = 0")]
/// pub struct FreePlan {
///     #[field(key)]
///     pub id: i64,
///     pub code: String,
/// }
/// ```
///
/// It reads what all tenants share, and nothing of one.
pub use tenantry_macros::shared_view;
