//! Ten thousand new rows: by `insert_many`, by `copy_in`, and both by hand.
//!
//! All take turns over an empty table, so that whatever else the machine does hits all alike.

use std::time::Duration;

use postgres::Client;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::Type;
use tenantry::migrate::Chain;
use tenantry::model::Schema;
use tenantry::prelude::*;
use tenantry::structure::{State, diff, render};

use crate::measure::{median, time};
use crate::results::{Results, environment, times};
use crate::server::{connect, database, open, start, text};

/// A value that something has measured.
#[tenant_model]
struct Sample {
    #[field(key)]
    id: i64,
    sensor: String,
    celsius: f64,
    day: Date,
    note: Option<String>,
}

tenantry::schema! {
    /// All models.
    static MODELS = [Sample];
}

const ROWS: i32 = 10_000;

const COLUMNS: &str = "sensor, celsius, day, note";

const TYPES: [Type; 4] = [Type::TEXT, Type::FLOAT8, Type::DATE, Type::TEXT];

/// The values of a row.
fn values(n: i32) -> (String, f64, Date, Option<String>) {
    let day = Date::constant(2026, 1, 1);
    (
        format!("sensor {}", n % 100),
        f64::from(n) / 7.0,
        day,
        (n % 2 == 0).then(|| format!("note {n}")),
    )
}

fn rows() -> impl Iterator<Item = NewSample> + Send {
    (0..ROWS).map(|n| {
        let (sensor, celsius, day, note) = values(n);
        NewSample::new(sensor, celsius, day).note(note)
    })
}

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("many", environment(&version));
    let database = database(&server);
    let db = open(database.url());
    let schema: &Schema = &MODELS;
    let models = schema.models().expect("the models fit together");
    let ops = diff(&State::default(), &State::from_models(&models));
    let sql: String = ops
        .iter()
        .flat_map(render)
        .map(|statement| statement + ";\n")
        .collect();
    let files = [
        (
            "0001_samples/migration.toml",
            "format = 1\nid = \"0001_samples\"\n",
        ),
        ("0001_samples/tenant.up.sql", &*sql),
    ];
    let chain = Chain::from_files(&files).expect("a valid chain");
    db.migrator(chain).run().expect("the chain is valid");
    let key = TenantKey::new("acme").expect("a valid key");
    db.tenants().create(&key).expect("a new tenant");
    let mut acme = db.tenant(&key).expect("it is there");
    let schema = acme.schema().to_string();
    let mut client = connect(database.url());
    let mut emptied = connect(database.url());
    let mut empty = || {
        let sql = format!("TRUNCATE {schema}.samples");
        emptied.batch_execute(&sql).expect("nobody uses it");
    };
    let rounds = if quick { 5 } else { 51 };
    let mut took: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds + 2 {
        let mut work = [Duration::ZERO; 4];
        empty();
        work[0] = time(|| unnest(&mut client, &schema)).0;
        empty();
        work[1] = time(|| {
            Sample::insert_many(rows())
                .execute(&mut acme)
                .expect("rows")
        })
        .0;
        empty();
        work[2] = time(|| copy(&mut client, &schema)).0;
        empty();
        work[3] = time(|| Sample::copy_in(rows()).execute(&mut acme).expect("rows")).0;
        // The first rounds warm up.
        if round >= 2 {
            for (all, took) in took.iter_mut().zip(work) {
                all.push(took.as_secs_f64() * 1e3);
            }
        }
    }
    let [unnest, insert_many, copy, copy_in] = took;
    let figure = |all: &[f64]| format!("{:.1} ms", median(all.to_vec()));
    let of = |own: &[f64], by: &[f64]| {
        let ratio = median(own.iter().zip(by).map(|(own, by)| own / by).collect());
        format!("{} by hand", times(ratio, 1.0))
    };
    let goal = "≤ 1.20 × by hand";
    for (what, who, by, own) in [
        (
            "10,000 new rows by `unnest`",
            "`insert_many`",
            &unnest,
            &insert_many,
        ),
        ("10,000 new rows by `COPY`", "`copy_in`", &copy, &copy_in),
    ] {
        results.line(what, "by hand (postgres)", figure(by), String::new(), "");
        results.line(
            what,
            &format!("tenantry, {who}"),
            figure(own),
            of(own, by),
            goal,
        );
    }
    results.save(quick);
}

fn unnest(client: &mut Client, schema: &str) {
    let (mut sensors, mut celsius, mut days, mut notes) = (vec![], vec![], vec![], vec![]);
    for n in 0..ROWS {
        let row = values(n);
        sensors.push(row.0);
        celsius.push(row.1);
        days.push(row.2);
        notes.push(row.3);
    }
    let sql =
        format!("INSERT INTO {schema}.samples ({COLUMNS}) SELECT * FROM unnest($1, $2, $3, $4)");
    let inserted = client.execute_typed(
        &sql,
        &[
            (&sensors, Type::TEXT_ARRAY),
            (&celsius, Type::FLOAT8_ARRAY),
            (&days, Type::DATE_ARRAY),
            (&notes, Type::TEXT_ARRAY),
        ],
    );
    inserted.expect("rows");
}

fn copy(client: &mut Client, schema: &str) {
    let sql = format!("COPY {schema}.samples ({COLUMNS}) FROM STDIN (FORMAT binary)");
    let writer = client.copy_in(&sql).expect("it is asked for");
    let mut writer = BinaryCopyInWriter::new(writer, &TYPES);
    for n in 0..ROWS {
        let (sensor, celsius, day, note) = values(n);
        let row = writer.write(&[&sensor, &celsius, &day, &note]);
        row.expect("a row");
    }
    writer.finish().expect("rows");
}
