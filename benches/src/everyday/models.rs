//! The models of the bench, and the same rows as plain structs.

use tenantry::model::Schema;
use tenantry::prelude::*;
use tenantry::structure::{State, diff, render};

use super::unit::{ROWS, tenant_name};
use crate::server::{connect, open};

/// Kind of a thing, the same for all tenants.
#[shared_model]
pub(crate) struct Category {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// Something that a tenant has.
#[tenant_model]
pub(crate) struct Item {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) quantity: i32,
    pub(crate) weight: f64,
    pub(crate) is_active: bool,
    pub(crate) due: Date,
    pub(crate) made_at: Timestamp,
    pub(crate) code: Uuid,
    pub(crate) note: Option<String>,
    pub(crate) category: Fk<Category>,
}

tenantry::schema! {
    /// All models.
    static MODELS = [Category, Item];
}

/// An item as a program has it that knows no models.
#[expect(dead_code, reason = "that it is made is the point")]
pub(crate) struct Plain {
    id: i64,
    name: String,
    quantity: i32,
    weight: f64,
    is_active: bool,
    due: Date,
    made_at: Timestamp,
    code: Uuid,
    note: Option<String>,
    category: i64,
}

/// A category as a program has it that knows no models.
#[expect(dead_code, reason = "that it is made is the point")]
pub(crate) struct PlainCategory {
    id: i64,
    name: String,
}

pub(crate) fn plain(row: &postgres::Row) -> Plain {
    Plain {
        id: row.get(0),
        name: row.get(1),
        quantity: row.get(2),
        weight: row.get(3),
        is_active: row.get(4),
        due: row.get(5),
        made_at: row.get(6),
        code: row.get(7),
        note: row.get(8),
        category: row.get(9),
    }
}

pub(crate) fn plain_pair(row: &postgres::Row) -> (Plain, PlainCategory) {
    let category = PlainCategory {
        id: row.get(10),
        name: row.get(11),
    };
    (plain(row), category)
}

pub(crate) fn new_item(number: i32) -> NewItem {
    NewItem::new(
        "new",
        number,
        0.5,
        true,
        Date::constant(2026, 1, 1),
        Timestamp::UNIX_EPOCH,
        Uuid::from_u128(u128::from(number.unsigned_abs())),
        Fk::<Category>::new(7),
    )
}

/// Makes the tenants with their rows.
pub(crate) fn prepare(url: &str, tenants: usize) {
    let db = open(url);
    let schema: &Schema = &MODELS;
    let models = schema.models().expect("the models fit together");
    let ops = diff(&State::default(), &State::from_models(&models));
    let (shared, tenant): (Vec<_>, Vec<_>) = ops
        .iter()
        .flat_map(render)
        .map(|statement| statement + ";\n")
        .partition(|statement| !statement.contains("items"));
    let files = [
        (
            "0001_items/migration.toml",
            "format = 1\nid = \"0001_items\"\n",
        ),
        ("0001_items/shared.up.sql", &shared.concat()),
        ("0001_items/tenant.up.sql", &tenant.concat()),
    ];
    let chain = tenantry::migrate::Chain::from_files(&files).expect("a valid chain");
    db.migrator(chain).run().expect("the chain is valid");
    let mut client = connect(url);
    client
        .batch_execute("INSERT INTO shared.categories (name) SELECT 'category ' || n FROM generate_series(1, 20) AS n; ANALYZE shared.categories")
        .expect("rows");
    for tenant in 0..tenants {
        let name = tenant_name(tenant);
        let key = TenantKey::new(&name).expect("a valid key");
        db.tenants().create(&key).expect("a new tenant");
        let fill = format!(
            "INSERT INTO {name}.items (name, quantity, weight, is_active, due, made_at, code, note, category) \
             SELECT 'item ' || n, n, n * 0.5, true, '2026-01-01', now(), gen_random_uuid(), \
             CASE WHEN n % 2 = 0 THEN 'a note of some length' END, 1 + n % 20 FROM generate_series(1, {ROWS}) AS n; \
             ANALYZE {name}.items"
        );
        client.batch_execute(&fill).expect("rows");
    }
}

/// Takes away what was inserted, and what updates have left.
pub(crate) fn shrink(url: &str, tenants: usize) {
    let mut client = connect(url);
    for tenant in 0..tenants {
        let items = format!("{}.items", tenant_name(tenant));
        let delete = format!("DELETE FROM {items} WHERE id > {ROWS}");
        client.batch_execute(&delete).expect("rows");
        client
            .batch_execute(&format!("VACUUM ANALYZE {items}"))
            .expect("it is a table");
    }
}
