//! A hundred rows, each loaded with the ten that reference it: through `with`, and by hand.
//!
//! By hand there are two statements, and a map that says which row is whose. Both take turns, so that whatever else the machine does hits
//! both alike.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use postgres::types::Type;
use tenantry::migrate::Chain;
use tenantry::model::Schema;
use tenantry::prelude::*;
use tenantry::structure::{State, diff, render};

use crate::measure::{median, time};
use crate::results::{Results, environment, times};
use crate::server::{connect, database, open, start, text};

/// A project.
#[tenant_model]
struct Project {
    #[field(key)]
    id: i64,
    name: String,
    note: Option<String>,
}

/// Something to do.
#[tenant_model(index(project))]
struct Task {
    #[field(key)]
    id: i64,
    #[field(inverse = "tasks")]
    project: Fk<Project>,
    title: String,
    done: bool,
    due: Date,
}

tenantry::schema! {
    /// All models.
    static MODELS = [Project, Task];
}

#[expect(dead_code, reason = "that it is made is the point")]
struct PlainTask {
    id: i64,
    project: i64,
    title: String,
    done: bool,
    due: Date,
}

#[expect(dead_code, reason = "that it is made is the point")]
struct PlainProject {
    id: i64,
    name: String,
    note: Option<String>,
}

/// How often the work is done in a turn.
const UNITS: u32 = 10;

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("related", environment(&version));
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
            "0001_tasks/migration.toml",
            "format = 1\nid = \"0001_tasks\"\n",
        ),
        ("0001_tasks/tenant.up.sql", &*sql),
    ];
    let chain = Chain::from_files(&files).expect("a valid chain");
    db.migrator(chain).run().expect("the chain is valid");
    let key = TenantKey::new("acme").expect("a valid key");
    db.tenants().create(&key).expect("a new tenant");
    let mut acme = db.tenant(&key).expect("it is there");
    let schema = acme.schema().to_string();
    let mut client = connect(database.url());
    client
        .batch_execute(&format!(
            "INSERT INTO {schema}.projects (name) SELECT 'project ' || n FROM generate_series(1, 1000) AS n;
             INSERT INTO {schema}.tasks (project, title, done, due)
             SELECT 1 + n / 10, 'task ' || n, n % 2 = 0, '2026-01-01' FROM generate_series(0, 9999) AS n;
             ANALYZE {schema}.projects, {schema}.tasks"
        ))
        .expect("rows");
    let rounds = if quick { 2 } else { 201 };
    let (mut hand, mut ours) = (Vec::new(), Vec::new());
    for round in 0..rounds + 2 {
        let (by_hand, ()) = time(|| (0..UNITS).for_each(|_| by_hand(&mut client, &schema)));
        let (loaded, ()) = time(|| (0..UNITS).for_each(|_| load(&mut acme)));
        // The first rounds warm up.
        if round >= 2 {
            hand.push(micros(by_hand));
            ours.push(micros(loaded));
        }
    }
    let ratio = median(ours.iter().zip(&hand).map(|(own, by)| own / by).collect());
    let what = "100 rows with 1,000 that reference them";
    let figure = |all: Vec<f64>| format!("{:.0} µs", median(all));
    results.line(what, "by hand (postgres)", figure(hand), String::new(), "");
    let ratio = format!("{} by hand", times(ratio, 1.0));
    results.line(what, "tenantry", figure(ours), ratio, "≤ 1.10 × by hand");
    results.save(quick);
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(UNITS)
}

fn load(acme: &mut TenantScope) {
    let projects = Project::query().filter(Project::ID.le(100));
    let projects = projects.with(Project::TASKS).all(acme).expect("rows");
    assert_eq!(projects.len(), 100);
    assert_eq!(black_box(projects)[99].1.len(), 10);
}

fn by_hand(client: &mut postgres::Client, schema: &str) {
    let sql = format!("SELECT id, name, note FROM {schema}.projects WHERE id <= $1");
    let rows = client.query_typed(&sql, &[(&100_i64, Type::INT8)]);
    let projects = rows.expect("rows").into_iter().map(|row| PlainProject {
        id: row.get(0),
        name: row.get(1),
        note: row.get(2),
    });
    let projects: Vec<PlainProject> = projects.collect();
    let ids: Vec<i64> = projects.iter().map(|project| project.id).collect();
    let sql =
        format!("SELECT id, project, title, done, due FROM {schema}.tasks WHERE project = ANY($1)");
    let rows = client.query_typed(&sql, &[(&ids, Type::INT8_ARRAY)]);
    let mut tasks: HashMap<i64, Vec<PlainTask>> = HashMap::new();
    for row in rows.expect("rows") {
        let task = PlainTask {
            id: row.get(0),
            project: row.get(1),
            title: row.get(2),
            done: row.get(3),
            due: row.get(4),
        };
        tasks.entry(task.project).or_default().push(task);
    }
    let pairs: Vec<(PlainProject, Vec<PlainTask>)> = projects
        .into_iter()
        .map(|project| {
            let own = tasks.remove(&project.id).unwrap_or_default();
            (project, own)
        })
        .collect();
    assert_eq!(pairs.len(), 100);
    assert_eq!(black_box(pairs)[99].1.len(), 10);
}
