//! Structs whose fields are columns of the models that have them.

/// Makes the fields of a struct columns of each model that has it, by `#[field(embed)]`.
///
/// ```
/// use tenantry::prelude::*;
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// pub struct Address {
///     pub street: String,
///     #[field(max_length = 80, index)]
///     pub city: String,
///     #[field(default = "CH", max_length = 2)]
///     pub country: String,
/// }
///
/// /// Fields that several models have.
/// #[derive(Embedded, Debug)]
/// pub struct Audit {
///     #[field(auto_now_add)]
///     pub created_at: Timestamp,
///     pub created_by: Option<String>,
/// }
///
/// #[tenant_model(unique(name, billing_city))]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     pub name: String,
///     #[field(embed)]
///     pub billing: Address,
///     #[field(embed, prefix = "")]
///     pub audit: Audit,
/// }
///
/// // Columns `billing_street`, `billing_city`, `billing_country`, `created_at` and `created_by`.
/// assert_eq!(Customer::BILLING_CITY.name(), "billing_city");
/// let in_bern = Customer::query()
///     .filter(Customer::BILLING_CITY.eq("Bern"))
///     .order_by(Customer::CREATED_AT.desc());
/// # drop(in_bern);
///
/// // A new row takes the struct, or one without what the database fills in.
/// let new = NewCustomer::new("Ann", NewAddress::new("Kramgasse 49", "Bern")).created_by("import");
/// # drop(new);
/// let (street, city, country) = ("Kramgasse 49".into(), "Bern".into(), "CH".into());
/// let by_name = new!(Customer { name: "Ann", billing: Address { street, city, country } });
/// # drop(by_name);
/// ```
///
/// A loaded row has the struct, as `customer.billing.city`, and `save` writes the columns whose values have changed. The model has a constant for
/// each column, `BILLING_CITY`, and is told of the fields by these names: in `index(...)` and `unique(...)`, and in slots of [`sql!`](crate::sql), as
/// `{Customer.billing_city}`.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `#[field(embed)]` above a model's field | the fields of its struct are columns, whose names begin with the field's: `billing_city` |
/// | `#[field(embed, prefix = "bill_")]` | begin with this |
/// | `#[field(embed, prefix = "")]` | are the names of the struct's fields, as for a list of fields that several models have |
/// | `#[embedded(crate = db)]` above the struct | the path of tenantry, where it is not `::tenantry` |
///
/// Above the struct's fields stand the arguments of a [model's](macro@crate::tenant_model#arguments-of-a-field), but `key` and `inverse`, which are of one model. SQL in
/// `check` and `generated` names the struct's columns as they are there, and in each model it has the names that they have in that.
///
/// The struct can be in another module or crate than the model, and its fields can be private. `use` it by its name, which brings a macro of
/// the same name too, by which the model knows the fields. The types of its fields are as visible as the struct.
///
/// # Structs that may not be there, and structs within structs
///
/// ```
/// use tenantry::prelude::*;
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// pub struct Point {
///     pub latitude: f64,
///     pub longitude: f64,
/// }
///
/// #[derive(Embedded, Debug, Clone, PartialEq)]
/// pub struct Address {
///     pub city: String,
///     #[field(default = "CH")]
///     pub country: String,
///     #[field(embed)]
///     pub point: Option<Point>,
/// }
///
/// #[tenant_model]
/// pub struct Customer {
///     #[field(key)]
///     pub id: i64,
///     #[field(embed)]
///     pub billing: Option<Address>,
/// }
///
/// let new = NewCustomer::new().billing(NewAddress::new("Bern").point(NewPoint::new(46.9, 7.4)));
/// # drop(new);
/// // Columns of their own, which can be null, and all of them together.
/// assert_eq!(Customer::BILLING_POINT_LATITUDE.name(), "billing_point_latitude");
/// let there = Customer::query().filter(Customer::BILLING.is_not_null());
/// let addresses = there.select(Customer::BILLING);
/// # drop(addresses);
/// ```
///
/// All columns of an `Option` are null where there is no struct. So the struct has a field that is never null, and the database fills in none of
/// them: a `default` that is a text, a number or a boolean is sent where there is a struct; other defaults, `auto_now`, `auto_now_add`, `version`,
/// `soft_delete` and `generated` do not compile. A check that could be false of nulls has `num_nonnulls(..) = 0 OR` put before it. A row in which only a part
/// of what the struct needs is there is [`ErrorKind::Decode`](crate::ErrorKind::Decode).
pub use tenantry_macros::Embedded;
