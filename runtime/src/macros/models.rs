//! Models, the types of their fields, and the list of all of them.

/// Makes a model of a struct, with a table in every tenant's schema.
///
/// ```
/// use tenantry::prelude::*;
///
/// /// Who pays.
/// #[tenant_model(unique("lower(email)"))]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     pub name: String,
///     /// Where invoices are sent.
///     #[field(max_length = 80)]
///     pub email: String,
///     #[field(auto_now_add)]
///     pub created_at: Timestamp,
/// }
///
/// #[tenant_model(
///     index(issued_on, customer),
///     index(customer, filter = "NOT paid", name = "open_invoices"),
///     check = "total > 0"
/// )]
/// pub struct Invoice {
///     #[field(key)]
///     pub id: i64,
///     #[field(on_delete = "cascade", inverse = "invoices")]
///     pub customer: Fk<Customer>,
///     #[field(precision = 12, scale = 2)]
///     pub total: Decimal,
///     pub note: Option<String>,
///     pub issued_on: Date,
///     #[field(default = false)]
///     pub paid: bool,
///     #[field(version)]
///     pub version: i64,
/// }
///
/// assert_eq!(Invoice::CUSTOMER.name(), "customer");
/// assert_eq!(Customer::INVOICES.def().name, "customer");
///
/// let new = NewInvoice::new(1, Decimal::from(40), Date::constant(2026, 11, 24)).note("by hand");
/// # drop(new);
/// ```
///
/// # What is made of it
///
/// - The struct stays as it is, with its derives above or below the attribute.
/// - A constant for each column: `Invoice::TOTAL`, as visible as the field.
/// - A struct for inserts: `NewInvoice`. Its `new` takes the values that must be given, in order; a method for each other
///   field sets what is null or filled in by the database otherwise.
/// - The struct's and the fields' doc comments are also the comments of the table and its columns.
/// - The model announces itself to [`schema!`](macro@crate::schema).
///
/// # Arguments of the struct
///
/// | argument | meaning |
/// |---|---|
/// | `table = "people"` | the table's name; the plural of the struct's name otherwise |
/// | `was = "persons"` | the table's former name: the next migration renames it; may go once that is applied everywhere |
/// | `index(a, b)` | an index over fields |
/// | `unique(a, b)` | no two rows with the same values |
/// | `exclude(a = "=", b = "&&")` | no two rows that are such by all of the operators at once, as of one room at times that overlap |
/// | `foreign_key(a, b, references = Membership)` | the fields are the key of a row of a model whose key has several columns, in its order |
/// | `check = "a < b"`, `check(name = "ordered", "a < b")` | a condition on each row, as SQL |
/// | `tenant` | of a shared model: each row is a tenant, see [`TenantRow`](crate::model::TenantRow) |
/// | `as_strict_as(User)` | the model holds what identifies a `User`, so it must not be shared if `User` is not |
/// | `crate = db` | the path of tenantry, where it is not `::tenantry` |
///
/// In `index` and `unique`, a name is a field and a text in quotes is an SQL expression, as in
/// `unique(customer, "lower(code)")`. Behind them may stand `filter = "NOT paid"` for a part of the rows,
/// `name = "open_invoices"`, and, for an index, `method = "gin"`. All of `index`, `unique`, `exclude`, `foreign_key`,
/// `check` and `as_strict_as` can be repeated.
///
/// In `exclude`, each field or expression has the operator by which two rows are compared: `exclude(room = "=", "tstzrange(begins, ends)" = "&&",
/// filter = "NOT cancelled")`. Its index is of the method `gist`. Fields that are no ranges are compared there by operators of PostgreSQL's extension
/// `btree_gist`, which the migration asks for. A row that is refused is [`ErrorKind::Exclusion`](crate::ErrorKind::Exclusion), with the constraint's name.
///
/// In `foreign_key`, the fields have the types of that key, or are `Option`s of them: while one is null the row leads nowhere. Behind them may stand
/// `on_delete = "cascade"`, as of a field, and `name = "worker"`. The fields stay what they are: one that is a reference, as `project: Fk<Project>`, is one of
/// its own beside it. There is an index that begins with them.
///
/// # Arguments of a field
///
/// | argument | meaning |
/// |---|---|
/// | `key` | the primary key: an integer or UUID that the database fills in; above several fields, they are the key together, in their order, and are given |
/// | `key, given` | the primary key, given by the application |
/// | `column = "kind"` | the column's name; the field's otherwise |
/// | `was = "total"` | the column's former name: the next migration renames it; may go once that is applied everywhere |
/// | `max_length = 40` | at most so many characters |
/// | `precision = 12, scale = 2` | so many digits of a decimal in all, so many behind the point |
/// | `unique` | no two rows with the same value |
/// | `index` | an index of its own |
/// | `default = 5`, `default = "draft"`, `default = true` | what the database fills in: a value of the column, in quotes for texts, labels, times (as ISO 8601), UUIDs, JSON and arrays (`"{1,2}"`) |
/// | `default = sql("now()")` | what the database fills in: SQL |
/// | `generated = "lower(email)"` | what the database computes of other columns at each write, as SQL |
/// | `check = "total > 0"` | a condition on the column, as SQL |
/// | `check_with = is_email` | a function that takes the value, or says why not, before it is sent |
/// | `on_delete = "cascade"` | what happens when the referenced row is deleted: also `restrict`, `set_null`, `set_default`, `no_action` |
/// | `constraint = false` | on a reference of a tenant's model to a shared one: [no constraint](#references-without-a-constraint) |
/// | `inverse = "invoices"` | makes the constant `INVOICES` of the referenced model, which leads back |
/// | `auto_now_add` | the time of the insert, at UTC where the type has no zone |
/// | `auto_now` | the time of the last write, likewise |
/// | `version` | a count of writes, checked when a row is saved |
/// | `soft_delete` | the time when the row was deleted: it stays in the table, and is left out of queries, see [`SoftDelete`](crate::model::SoftDelete) |
/// | `since = "0007_colors"` | the migration that adds the column: [tenants without it](#columns-that-not-all-tenants-have) are served too |
/// | `until = "0009_no_marks"` | the migration that drops the column, likewise |
/// | `embed` | the columns are the fields of the struct that the type is, see [`Embedded`](derive@crate::Embedded); `prefix = "bill_"` is how their names begin |
/// | `not_a_reference` | in a shared model: this `*_id`, or these `*_ids`, are no row's |
///
/// A function of `check_with` takes the value by reference and returns a `Result<(), impl Display>`; of an `Option` it sees what there is. It
/// is asked by inserts, of one row and of many, upserts, and `save` for fields that have changed. All that is refused in a new row is one
/// error of the kind [`Invalid`](crate::ErrorKind::Invalid), whose [`violations`](crate::Error::violations) have the fields with the words
/// of their checks. Values that `update_where` sets are not a row's, and are not asked about; `check` has the database refuse these too.
///
/// ```
/// use tenantry::prelude::*;
///
/// fn is_email(email: &str) -> Result<(), &'static str> {
///     if email.contains('@') { Ok(()) } else { Err("write an address with an @") }
/// }
///
/// #[tenant_model]
/// pub struct Contact {
///     #[field(key)]
///     pub id: i64,
///     #[field(check_with = is_email)]
///     pub email: String,
/// }
/// ```
///
/// A `generated` column is stored, and nobody gives it a value: a new row does not take one, and `save`, `update_where` and upserts
/// refuse one. It is read, filtered and indexed like any other:
///
/// ```
/// use tenantry::prelude::*;
///
/// #[tenant_model]
/// pub struct Line {
///     #[field(key)]
///     pub id: i64,
///     pub price: i64,
///     pub count: i64,
///     #[field(generated = "price * count", index)]
///     pub total: i64,
/// }
///
/// let new = NewLine::new(250, 4);
/// let large = Line::query().filter(Line::TOTAL.gt(900));
/// # drop((new, large));
/// ```
///
/// Its expression can't name other such columns, the clock or settings of the session. When it changes, the next migration drops
/// the column and adds it again, which writes the table anew.
///
/// SQL in `check`, `filter`, `generated`, `default = sql(...)` and in an index names columns of the model's own table, and what has a
/// schema is in `pg_catalog`, `"{tenant}"` or `"{shared}"`. What else is wrong with it the compiler tells as far as it can
/// without a server: unknown columns, open brackets, operators without a value.
///
/// A constant can be added only to a model of the same crate. For a model of another, follow the relation with
/// `Invoice::CUSTOMER.inverse()` in place of `inverse = "..."`.
///
/// A field of type [`Fk<Model>`](crate::Fk) is a foreign key, and
/// an `Option` is a column that can be null.
///
/// # Columns that not all tenants have
///
/// A field that says `since` or `until` which migration its column is there has one program serve tenants on both sides of it:
///
/// ```
/// use tenantry::prelude::*;
///
/// #[tenant_model]
/// pub struct Note {
///     #[field(key)]
///     pub id: i64,
///     pub text: String,
///     #[field(since = "0007_colors", default = "none")]
///     pub color: String,
///     #[field(until = "0009_no_marks")]
///     pub mark: Option<String>,
/// }
///
/// # fn main() {}
/// # fn read(acme: &mut TenantScope) -> tenantry::Result<()> {
/// for note in Note::query().all(acme)? {
///     // `none` and nothing, where the tenant's table has no such columns.
///     println!("{} {:?}", note.color, note.mark);
/// }
/// if acme.has(Note::COLOR) {
///     Note::update_where(Note::COLOR.eq("none")).set(Note::COLOR, "red").execute(acme)?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// Where the column is not there, the field is read as its default, which is a literal, or as `None`. What names the column, and what
/// writes it, is [`ErrorKind::TenantVersion`](crate::ErrorKind::TenantVersion) before anything is sent. Whoever leaves the field out writes
/// rows of all tenants. Such a field is no key, `version`, `soft_delete`, `auto_now` or computed column, and of no shared model.
///
/// # References without a constraint
///
/// Each constraint from a tenant's table to a shared one costs the more, the more tenants there are, when a tenant is created and when a
/// shared row is deleted. Where there are thousands, the field can do without:
///
/// ```
/// use tenantry::prelude::*;
///
/// #[shared_model]
/// pub struct Plan {
///     #[field(key)]
///     pub id: i64,
/// }
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     #[field(constraint = false, on_delete = "set_null")]
///     pub plan: Option<Fk<Plan>>,
/// }
/// ```
///
/// Inserts, `save`, upserts and `update_where` then look for the row in the statement that writes the reference, and lock it as a constraint
/// does, so that it can't be deleted meanwhile. One that is not there is the same
/// [`ForeignKey`](crate::ErrorKind::ForeignKey) error, which names the field. The role that writes needs the right to `UPDATE` a column of the
/// shared table, as PostgreSQL asks for the lock.
///
/// `delete` and `delete_where` of a shared row, and `update_where` of its key, look at all tenants: also at suspended ones, and at those that
/// are created meanwhile. They do to their rows what `on_delete` says, or are refused with the tenants whose rows reference it. Where that
/// changes rows in more than 64 tables, it is done in transactions of their own before, so outside of a transaction only: the delete is
/// tried first, and an error says in how many tables rows have been changed already; one that fails half-way goes on when it is called again.
///
/// From the look at the first tenant to the commit the shared row is locked: whoever writes a reference to it, in any tenant, waits. So
/// a lock that somebody holds in a tenant, or on the shared row, is waited for two seconds, and is then a
/// [`LockTimeout`](crate::ErrorKind::LockTimeout) error that names the tenant. The role that deletes needs the right to `SELECT` the
/// tables that reference the row in every tenant, and to `UPDATE` or `DELETE` their rows where `on_delete` says so.
///
/// SQL that is not of models, as in migrations, in `sql!` and in triggers, is checked by nobody: it may write references to nothing, and
/// delete rows that are referenced. So may a program that has not linked the tenants' models, such as one with the crate of the shared
/// models alone, since it knows of no reference to look for. An insert with `on_conflict` is refused for a reference to nothing even where
/// the row would not be written, since the values are looked for before the conflict is met. `manage check --references` finds rows that
/// reference nothing.
///
/// Rows that are tenants, of `#[shared_model(tenant)]`, are referenced by shared models alone: the schema tells whose a tenant's row is, and a
/// rename or a drop of one tenant would lock such a table in every tenant's schema.
pub use tenantry_macros::tenant_model;

/// Makes a model of a struct, with one table in the shared schema.
///
/// ```
/// use tenantry::prelude::*;
///
/// /// A plan to subscribe to.
/// #[shared_model]
/// pub struct Plan {
///     #[field(key)]
///     pub id: i64,
///     #[field(unique, max_length = 40)]
///     pub code: String,
///     pub monthly: Decimal,
/// }
/// # let _ = NewPlan::new("pro", Decimal::from(10));
/// ```
///
/// Its arguments are those of [`#[tenant_model]`](macro@tenant_model).
///
/// # What does not compile
///
/// A shared row exists once, and a tenant's row once per tenant. So a shared model can't reference a tenant model:
///
/// ```compile_fail
/// # use tenantry::prelude::*;
/// #[tenant_model]
/// pub struct User {
///     #[field(key)]
///     pub id: i64,
/// }
///
/// #[shared_model]
/// pub struct Session {
///     #[field(key)]
///     pub id: i64,
///     pub user: Fk<User>, // shared model `Session` references tenant model `User` through field `user`
/// }
/// ```
///
/// Nor can it hold an integer or UUID called `*_id`, or an array of such called `*_ids`, which is most likely the id of a row of which nobody says where it
/// is: give it the type `Fk<Model>`, or say `#[field(not_a_reference)]`. Where an id has another name or type, as the
/// subject of a token, `#[shared_model(as_strict_as(User))]` states what it identifies, and does not compile either if
/// `User` is a tenant model.
pub use tenantry_macros::shared_model;

/// Makes a column's value of a newtype, or of an enum without fields.
///
/// ```
/// use tenantry::prelude::*;
///
/// /// Stored as what it wraps. As a key it needs the three other traits too.
/// #[derive(Column, Debug, Clone, PartialEq)]
/// pub struct InvoiceNumber(pub i64);
///
/// /// Stored as a text, with a check that it is one of `draft`, `sent` and `paid in full`.
/// #[derive(Column)]
/// pub enum State {
///     Draft,
///     Sent,
///     #[column(rename = "paid in full")]
///     Paid,
/// }
///
/// #[tenant_model]
/// pub struct Invoice {
///     #[field(key, given)]
///     pub number: InvoiceNumber,
///     #[field(default = "draft")]
///     pub state: State,
/// }
///
/// assert_eq!(Invoice::STATE.def().labels, Some(&["draft", "sent", "paid in full"][..]));
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `#[column(rename_all = "...")]` above an enum | how labels are written: `snake_case` (the default), `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `lowercase`, `UPPERCASE`, `PascalCase` or `camelCase` |
/// | `#[column(rename = "...")]` above a variant | its label |
/// | `#[column(check_with = is_email)]` above a newtype | a function that takes what it wraps, or says why not: when it is sent and when it is read |
/// | `#[column(crate = db)]` above the type | the path of tenantry, where it is not `::tenantry` |
///
/// Other structs and enums are stored as `Json<T>`.
pub use tenantry_macros::Column;

/// Lists the models of an application.
///
/// ```
/// mod models {
///     use tenantry::prelude::*;
///
///     #[shared_model]
///     pub struct Plan {
///         #[field(key)]
///         pub id: i64,
///     }
///
///     #[tenant_model]
///     pub struct Customer {
///         #[field(key)]
///         pub id: i64,
///         pub plan: Fk<Plan>,
///     }
/// }
///
/// tenantry::schema! {
///     /// Every model of this application, by name.
///     pub static SCHEMA = [models::{Plan, Customer}];
/// }
///
/// assert_eq!(SCHEMA.models().unwrap().len(), 2);
/// ```
///
/// The list has models by path, several of one module as `models::{Plan, Customer}`, and all models of a crate:
/// `crate::*` for this one, `billing::*` for a dependency. It becomes a static
/// [`Schema`](crate::model::Schema).
///
/// A list of names alone is checked while the program is compiled: no two models in one table, and no reference to a
/// model that is not in the list. The models of whole crates are known when the program runs; `Schema::models` checks
/// the same then, and reports all that is wrong at once.
///
/// A crate's models are found by the crate's own name. Where a dependency is renamed in `Cargo.toml`, list its models by
/// path. Where tenantry itself has another name, write `#[schema(crate = db)]` above the static.
pub use tenantry_macros::schema;
