//! The models for diesel and diesel-async.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

diesel::table! {
    categories (id) {
        id -> Int8,
        name -> Text,
    }
}

diesel::table! {
    items (id) {
        id -> Int8,
        name -> Text,
        quantity -> Int4,
        weight -> Float8,
        is_active -> Bool,
        due -> Date,
        made_at -> Timestamptz,
        code -> Uuid,
        note -> Nullable<Text>,
        category -> Int8,
    }
}

diesel::joinable!(items -> categories (category));
diesel::allow_tables_to_appear_in_same_query!(items, categories);

#[derive(Queryable, Selectable)]
#[diesel(table_name = categories)]
#[expect(dead_code, reason = "that it is made is the point")]
pub(crate) struct Category {
    id: i64,
    name: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = items)]
#[expect(dead_code, reason = "that it is made is the point")]
pub(crate) struct Item {
    id: i64,
    name: String,
    quantity: i32,
    weight: f64,
    is_active: bool,
    due: NaiveDate,
    made_at: DateTime<Utc>,
    code: Uuid,
    note: Option<String>,
    category: i64,
}

#[derive(Insertable)]
#[diesel(table_name = items)]
pub(crate) struct NewItem {
    name: &'static str,
    quantity: i32,
    weight: f64,
    is_active: bool,
    due: NaiveDate,
    made_at: DateTime<Utc>,
    code: Uuid,
    category: i64,
}

impl NewItem {
    pub(crate) fn new(number: i32) -> Self {
        Self {
            name: "new",
            quantity: number,
            weight: 0.5,
            is_active: true,
            due: NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"),
            made_at: DateTime::UNIX_EPOCH,
            code: Uuid::from_u128(u128::from(number.unsigned_abs())),
            category: 7,
        }
    }
}
