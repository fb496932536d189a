//! Models of the tables of the schemas `shared` and `acme`, as `manage inspect` has written them.

use tenantry::prelude::*;

#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonType {
    Guest,
    Member,
    #[column(rename = "Honorary Member")]
    HonoraryMember,
}

#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Calm,
    #[column(rename = "very upset")]
    VeryUpset,
}

#[shared_model]
#[derive(Debug)]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 40, unique)]
    pub code: String,
    #[field(not_a_reference)]
    pub external_id: i64,
}

#[shared_model]
#[derive(Debug)]
pub struct Price {
    #[field(key)]
    pub id: i64,
    #[field(column = "plan_id")]
    pub plan: Fk<Plan>,
    pub monthly: Decimal,
}

// changed before `adopt`: create index `bookings_row_id_number_hall_idx` on tenant table `bookings`
#[tenant_model(foreign_key(row_id, number, hall, references = Seat, on_delete = "cascade"))]
#[derive(Debug)]
pub struct Booking {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 20)]
    pub hall: String,
    pub row_id: i16,
    pub number: i16,
}

// The tenant table `log`:
// no model: it has no primary key

// kept by SQL: set the default of column `ticket` of tenant table `order` to `nextval('"{tenant}".tickets'::regclass)`
// kept by SQL: add foreign key `order_person_id_fkey` to tenant table `order`
// kept by SQL: column `order.note`: COLLATE "C"
// kept by SQL: constraint `order.order_during_later`
// kept by SQL: trigger `order.noted`
// changed before `adopt`: rename constraint `order_of_whom` of tenant table `order` to `order_person_id_fkey`
// changed before `adopt`: create index `order_latest_line_id_idx` on tenant table `order`
// changed before `adopt`: create index `order_plan_id_idx` on tenant table `order`
#[tenant_model(
    table = "order",
    unique(person, number),
    exclude(during = "&&"),
    check(name = "order_total_check", "total >= (0)::numeric")
)]
#[derive(Debug)]
pub struct Order {
    #[field(key)]
    pub id: Uuid,
    #[field(column = "person_id", on_delete = "cascade")]
    pub person: Fk<Person>,
    #[field(column = "plan_id", on_delete = "restrict")]
    pub plan: Option<Fk<Plan>>,
    pub ticket: i32,
    pub number: i32,
    #[field(precision = 12, scale = 2)]
    pub total: Decimal,
    pub during: Option<tenantry::value::Range<Timestamp>>,
    pub note: Option<String>,
    #[field(column = "latest_line_id", on_delete = "set_null")]
    pub latest_line: Option<Fk<OrderLine>>,
}

// kept by SQL: column `order_lines.id`: GENERATED ALWAYS AS IDENTITY SEQUENCE (SEQUENCE NAME "{tenant}".order_lines_id_seq START 1000 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1)
// changed before `adopt`: create index `order_lines_order_id_idx` on tenant table `order_lines`
#[tenant_model]
#[derive(Debug)]
pub struct OrderLine {
    #[field(key)]
    pub id: i64,
    #[field(column = "order_id", on_delete = "cascade")]
    pub order: Fk<Order>,
    #[field(column = "self", default = false)]
    pub self_: bool,
}

#[tenant_model]
#[derive(Debug)]
pub struct OrderTag {
    #[field(key, column = "order_id", on_delete = "cascade")]
    pub order: Fk<Order>,
    #[field(key)]
    pub tag: String,
}

// kept by SQL: table `passports`: ENABLE ROW LEVEL SECURITY
// kept by SQL: policy `passports.all_of_them`
#[tenant_model]
#[derive(Debug)]
pub struct Passport {
    #[field(key, given, column = "person_id")]
    pub person: Fk<Person>,
    pub number: String,
}

// no field for column `search`: no field has the type `tsvector`
// no field for column `Nick`: its name is not written in small letters, digits and `_`
// kept by SQL: add column `search` to tenant table `people`
// kept by SQL: add column `Nick` to tenant table `people`
// kept by SQL: change column `credit` of tenant table `people` from `bigint` to `"{tenant}".cents`
// kept by SQL: set the default of column `credit` of tenant table `people` to `0`
// kept by SQL: change column `extra` of tenant table `people` from `jsonb` to `json`
// kept by SQL: change column `code` of tenant table `people` from `text` to `character(2)`
// kept by SQL: change column `seen` of tenant table `people` from `timestamp with time zone` to `timestamp(3) with time zone`
// kept by SQL: create index `people_by_seen` on tenant table `people`
// kept by SQL: create index `people_search` on tenant table `people`
// changed before `adopt`: drop index `people_upset` of tenant table `people`
// changed before `adopt`: drop the default of column `id` of tenant table `people`
// changed before `adopt`: make column `id` of tenant table `people` an identity column
// changed before `adopt`: drop the default of column `mood` of tenant table `people`
// changed before `adopt`: change column `mood` of tenant table `people` from `"{tenant}".mood` to `text`
// changed before `adopt`: set the default of column `mood` of tenant table `people` to `'calm'::text`
// changed before `adopt`: add check `people_mood_check` to tenant table `people`
// changed before `adopt`: create index `people_upset` on tenant table `people`
/// A guest, or a member.
#[tenant_model(
    table = "people",
    index(r#""{tenant}".initial(email)"#, name = "people_initial"),
    index(
        "lower(email)",
        filter = "type <> 'guest'::text",
        name = "people_lower_idx"
    ),
    unique(r#""name""#, r#""born""#, name = "people_one_name"),
    index(name, filter = "mood = 'very upset'::text", name = "people_upset"),
    check(
        name = "named",
        "(length((name)::text) > 1) AND (email <> (name)::text)"
    )
)]
#[derive(Debug)]
pub struct Person {
    #[field(key)]
    pub id: i32,
    #[field(max_length = 80)]
    pub name: String,
    #[field(unique)]
    pub email: String,
    #[field(default = "guest")]
    pub r#type: PersonType,
    #[field(default = "calm")]
    pub mood: Mood,
    #[field(default = 0)]
    pub credit: i64,
    #[field(column = "boss_id", on_delete = "set_null")]
    pub boss: Option<Fk<Person>>,
    #[field(generated = r#"lower("left"(email, 1))"#)]
    pub first: Option<String>,
    #[field(default = sql("'{}'::text[]"))]
    pub tags: Vec<String>,
    pub extra: Option<Json<tenantry::serde_json::Value>>,
    /// Of the passport,
    /// if there is one.
    pub born: Option<Date>,
    pub code: Option<String>,
    #[field(default = sql("now()"))]
    pub seen: Timestamp,
}

#[tenant_model(index(number))]
#[derive(Debug)]
pub struct Seat {
    #[field(precision = 8, scale = 2)]
    pub price: Decimal,
    #[field(key, default = 1)]
    pub row_id: i16,
    #[field(default = sql("'2026-01-01'::date"))]
    pub since: Date,
    #[field(key)]
    pub number: i16,
    #[field(key, max_length = 20)]
    pub hall: String,
}

// The tenant table `visits`:
// no model: it is partitioned

// The tenant table `visits_of_2026`:
// no model: it is a partition
