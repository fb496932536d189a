//! Rows that are read and made, and SQL written by hand.

/// Reads the rows of a query into a struct, by the names of its fields.
///
/// Of a struct `Summary` it makes a struct `SelectSummary` with the same fields, which are what a query selects for them. The compiler
/// checks that each is there once, and has the field's type:
///
/// ```no_run
/// use tenantry::prelude::*;
/// use tenantry::sql;
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
///     pub cents: i64,
///     #[field(inverse = "invoices")]
///     pub customer: Fk<Customer>,
/// }
///
/// /// Sum that a customer owes.
/// #[derive(Row)]
/// pub struct Summary {
///     pub name: String,
///     pub largest: Option<i64>,
/// }
///
/// # fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
/// let summaries: Vec<Summary> = Customer::query()
///     .select(SelectSummary {
///         name: Customer::NAME,
///         largest: Customer::INVOICES.of(Invoice::CENTS.max()),
///     })
///     .all(acme)?;
///
/// // A statement that was written by hand gives the struct by the names of its columns.
/// let names = sql!("SELECT {Customer.name}, NULL::bigint AS largest FROM {Customer}");
/// let summaries = acme.sql(names).rows::<Summary>()?;
/// # Ok(())
/// # }
/// ```
///
/// A field is of a type that a model's field can have, or itself a struct with this derive, or a tuple, which only a typed query gives.
/// Fields that are `Stored<Model>` are read by hand from all columns of the model. An [`Embedded`](derive@crate::Embedded) struct, or an `Option` of
/// one, is selected as `Customer::BILLING`, and read by hand from columns that begin with the field's name: `billing_city`. A struct can have type parameters, and no lifetimes, since a row owns its
/// values.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `#[row(column = "...")]` above a field | the name of its column in SQL written by hand, where it is not the field's |
/// | `#[row(prefix = "owner_")]` above a field that is a struct | the beginning of the names of its columns there |
/// | `#[row(crate = db)]` above the struct | the path of tenantry, where it is not `::tenantry` |
///
/// # Errors of statements written by hand
///
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) names the struct and the column or field: a column that is missing or there twice, a null where the
/// field is no `Option`, a value of another type. Other columns are passed over.
pub use tenantry_macros::Row;

/// Checks a statement against the models that it names, while the program is compiled.
///
/// ```no_run
/// use tenantry::prelude::*;
/// use tenantry::sql;
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     pub email: String,
/// }
///
/// # fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
/// acme.sql(sql!(
///     "UPDATE {Customer} SET {Customer.email} = lower({Customer.email}) WHERE {Customer.id} = $1"
/// ))
/// .bind(5)
/// .execute()?;
/// # Ok(())
/// # }
/// ```
///
/// `{Model}` is the model's table, with its schema, and `{Model.field}` the name of a field's column; both are paths, so
/// `{billing::Invoice}` is one too. A doubled brace is a brace, also inside of texts. Parameters are `$1`, `$2` and so
/// on, without gaps.
///
/// The statement's type says what it reaches and what it writes: a scope runs it only if it reaches all its models, and
/// a tenant's scope only if it writes no shared rows, wherever in the statement.
///
/// # What does not compile
///
/// - A model or a field that does not exist, a column whose table is not in the statement, a table where a column belongs.
/// - A table by name: which schema it is in is the scope's to say. The names of the statement's own `WITH` queries and
///   calls of functions are fine.
/// - Any other name with a schema, of a function, type, operator or collation, unless that is `pg_catalog`: what has a dot
///   is a column of a relation of this statement.
/// - A text that a function takes for SQL or for a name, as in `setval('acme.users_id_seq', 1)`, `query_to_xml('SELECT ...')`,
///   `dblink(...)` or `'acme.users'::regclass`.
/// - Several statements, and statements that do not read or write rows: what changes tables belongs into a migration.
/// - Placeholders of other libraries: `?`, `:id`, `%s`.
/// - `search_path`, anywhere.
///
/// # The way round
///
/// `sql!(unchecked "...")` leaves the names and texts of a statement to its author: `grep -rn 'sql!(.*unchecked'` finds all
/// of them for a review. Its slots, parameters and what it writes through slots are checked as ever.
///
/// Bodies of functions are not looked at, in either form: one of the application's own can run any SQL, and one that
/// takes a name as a *parameter*, as `nextval($1)`, takes whatever is bound.
///
/// ```compile_fail
/// # use tenantry::sql;
/// sql!("SELECT count(*) FROM customers"); // help: write `{Model}` for the table of a model
/// ```
///
/// Where tenantry has another name, it comes first: `sql!(crate = db, "SELECT ...")`.
pub use tenantry_macros::sql;

/// Makes a row to insert of named fields, which the compiler checks.
///
/// ```no_run
/// use tenantry::prelude::*;
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     pub name: String,
///     pub email: String,
///     pub note: Option<String>,
///     #[field(default = true)]
///     pub active: bool,
/// }
///
/// # fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
/// let email = "ann@acme.example";
/// let ann = new!(Customer { name: "Ann", email });
/// let ann = Customer::insert(ann).returning(acme)?;
///
/// let many = ["Bob", "Cid"].map(|name| new!(Customer { name, email: "", note: "new" }));
/// Customer::insert_many(many).execute(acme)?;
/// # Ok(())
/// # }
/// ```
///
/// It is the row that `NewCustomer::new("Ann", email)` makes, where no two texts can be mistaken for each other. Fields that are an `Option` or have a
/// default, and a key that the database fills in, may be left out. A value is whatever can stand for one of the field's type: a `&str` for a
/// `String`, a stored row or a key for a reference to it. The row is a [`Named`](crate::model::Named).
/// Checks of fields, `check_with`, see its values as they see those of every other new row.
///
/// # What does not compile
///
/// A required field that is missing, which the message names; a field that is given twice, that the database computes, or that the model does
/// not have; a value of another type; `..rest`, since what is not given is left to the database.
///
/// ```compile_fail
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Customer { #[field(key)] pub id: i64, pub name: String, pub email: String }
/// new!(Customer { name: "Ann" }); // `email` of a new `Customer` is not given, and has no default
/// ```
///
/// Where tenantry has another name, it comes first: `new!(crate = db, Customer { name: "Ann" })`.
pub use tenantry_macros::new;
