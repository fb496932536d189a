//! Foreign keys of several columns: who is led to a row by all parts of its key.

use tenantry::ErrorKind;
use tenantry::migrate::{Choices, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{create, migrator};

use crate::given::{Given, TENANTS};
use crate::models::key;

#[shared_model]
#[derive(Debug)]
pub(crate) struct Price {
    #[field(key, max_length = 8)]
    pub(crate) product: String,
    #[field(key)]
    pub(crate) year: i32,
    pub(crate) cents: i64,
}

#[tenant_model]
#[derive(Debug)]
pub(crate) struct Project {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[tenant_model]
#[derive(Debug)]
pub(crate) struct Worker {
    #[field(key, on_delete = "cascade")]
    pub(crate) project: Fk<Project>,
    /// Its column needs quoting.
    #[field(key, column = "order")]
    pub(crate) number: i32,
    pub(crate) name: String,
}

/// Whoever does it works for its project; who has tested it does, too.
#[tenant_model(
    foreign_key(project, worker, references = Worker),
    foreign_key(project, tester, references = Worker, on_delete = "cascade", name = "tested"),
    foreign_key(product, year, references = Price, on_delete = "set_null")
)]
#[derive(Debug)]
pub(crate) struct Task {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) project: Fk<Project>,
    pub(crate) worker: Option<i32>,
    pub(crate) tester: Option<i32>,
    #[field(max_length = 8)]
    pub(crate) product: Option<String>,
    pub(crate) year: Option<i32>,
}

const MODELS: [&ModelDef; 4] = [Price::DEF, Project::DEF, Worker::DEF, Task::DEF];

fn task(project: &Stored<Project>) -> NewTask {
    NewTask::new(project)
}

#[test]
fn rows_are_led_to_by_all_parts_of_a_key() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&MODELS)).run().unwrap();
    for name in ["acme", "globex"] {
        db.tenants().create(&key(name)).unwrap();
    }
    let mut shared = db.shared().unwrap();
    let price = Price::insert(NewPrice::new("pen", 2026, 120));
    let price = price.returning(&mut shared).unwrap();
    let mut acme = db.tenant(&key("acme")).unwrap();
    let mut project = |name: &str| {
        let project = Project::insert(NewProject::new(name));
        project.returning(&mut acme).unwrap()
    };
    let (bridge, tower) = (project("bridge"), project("tower"));
    for (of, number) in [(&bridge, 1), (&bridge, 2), (&tower, 3)] {
        let worker = NewWorker::new(of, number, "Ann");
        Worker::insert(worker).execute(&mut acme).unwrap();
    }
    let done = Task::insert(task(&bridge).worker(1).tester(2).product("pen").year(2026));
    let mut done = done.returning(&mut acme).unwrap();
    // One that works for another project, one that does not, and a price of another year.
    for (new, constraint) in [
        (task(&bridge).worker(3), "tasks_project_worker_fkey"),
        (task(&bridge).tester(9), "tested"),
        (
            task(&bridge).product("pen").year(2025),
            "tasks_product_year_fkey",
        ),
    ] {
        let error = Task::insert(new).execute(&mut acme).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
        assert_eq!(error.constraint(), Some(constraint), "{error}");
        assert_eq!(
            error.tenant().map(ToString::to_string).as_deref(),
            Some("acme")
        );
    }
    done.project = tower.key();
    let error = done.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    // A part that is null leads nowhere.
    Task::insert(task(&tower).product("ink"))
        .execute(&mut acme)
        .unwrap();
    // Its worker can't go, its price can, and its tester has it go along.
    let first = Worker::find((&bridge, 1)).one(&mut acme).unwrap();
    let error = first.delete(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    price.delete(&mut shared).unwrap();
    done.reload(&mut acme).unwrap();
    assert_eq!((done.product.as_deref(), done.year), (None, None));
    let second = Worker::find((&bridge, 2)).one(&mut acme).unwrap();
    second.delete(&mut acme).unwrap();
    assert_eq!(Task::query().count(&mut acme).unwrap(), 1);
    // Each tenant has its own.
    let mut globex = db.tenant(&key("globex")).unwrap();
    let own = Project::insert(NewProject::new("bridge"))
        .returning(&mut globex)
        .unwrap();
    let error = Task::insert(task(&own).worker(1))
        .execute(&mut globex)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
}

mod loose {
    use super::{Fk, Project};
    use tenantry::prelude::*;

    #[tenant_model]
    pub(crate) struct Task {
        #[field(key)]
        pub id: i64,
        pub project: Fk<Project>,
        pub worker: Option<i32>,
        pub tester: Option<i32>,
        #[field(max_length = 8)]
        pub product: Option<String>,
        pub year: Option<i32>,
    }
}

mod renamed {
    use super::{Fk, Price, Project, Worker};
    use tenantry::prelude::*;

    #[tenant_model(
        foreign_key(project, doer, references = Worker, on_delete = "cascade"),
        foreign_key(product, year, references = Price)
    )]
    pub(crate) struct Task {
        #[field(key)]
        pub id: i64,
        pub project: Fk<Project>,
        #[field(was = "worker")]
        pub doer: Option<i32>,
        #[field(max_length = 8)]
        pub product: Option<String>,
        pub year: Option<i32>,
    }
}

const ROWS: &str = "INSERT INTO shared.prices VALUES ('pen', 2026, 120) ON CONFLICT DO NOTHING; \
     INSERT INTO {t}.projects (name) SELECT 'bridge' FROM generate_series(1, 3); \
     INSERT INTO {t}.workers SELECT n, n, 'Ann' FROM generate_series(1, 3) AS n; \
     INSERT INTO {t}.tasks (project, worker, tester, product, year) SELECT n, n, n, 'pen', 2026 FROM generate_series(1, 3) AS n";

fn loose() -> [&'static ModelDef; 4] {
    [Price::DEF, Project::DEF, Worker::DEF, loose::Task::DEF]
}

fn renamed() -> [&'static ModelDef; 4] {
    [Price::DEF, Project::DEF, Worker::DEF, renamed::Task::DEF]
}

fn run_all(given: &mut Given) {
    for phase in [Phase::Expand, Phase::Contract] {
        let migrator = migrator(given.chain()).phase(phase);
        migrator.on(&mut given.client).run().unwrap();
    }
}

#[test]
fn they_are_added_changed_and_taken_away_with_rows_there() {
    let mut given = Given::new(&loose(), ROWS);
    let mut before = loose();
    let lost = Choices::new().accept_loss("tasks.tester");
    for (number, after, choices) in [
        (0, MODELS, Choices::new()),
        (1, renamed(), lost),
        (2, MODELS, Choices::new().rename("tasks.doer=worker")),
        (3, loose(), Choices::new()),
    ] {
        let made = given.write(&after, &choices).len();
        run_all(&mut given);
        given.expect_structure(&after);
        let length = given.chain().migrations().len();
        let back = (length - made).to_string();
        let back = migrator(given.chain())
            .on(&mut given.client)
            .rollback(Some(&back));
        back.unwrap();
        given.expect_structure(&before);
        run_all(&mut given);
        create(&mut given.client, &format!("later_{number}"));
        given.expect_structure(&after);
        assert_eq!(given.finds("SELECT count(*)::text FROM {t}.tasks"), ["3"]);
        before = after;
    }
}

#[test]
fn rows_that_lead_nowhere_are_named_and_nothing_is_lost() {
    let mut given = Given::new(&loose(), ROWS);
    given.run(TENANTS[1], "UPDATE {t}.tasks SET worker = 9 WHERE id = 2");
    given.write(&MODELS, &Choices::new());
    let run = |given: &mut Given| {
        let chain = given.chain();
        for phase in [Phase::Expand, Phase::Contract] {
            migrator(chain.clone())
                .phase(phase)
                .on(&mut given.client)
                .run()?;
        }
        Ok::<_, tenantry::Error>(())
    };
    let error = run(&mut given).unwrap_err().to_string();
    for word in [TENANTS[1], "tasks_project_worker_fkey", "id = 2"] {
        assert!(error.contains(word), "{word}: {error}");
    }
    given.run(TENANTS[1], "UPDATE {t}.tasks SET worker = 2 WHERE id = 2");
    run(&mut given).unwrap();
    given.expect_structure(&MODELS);
}
