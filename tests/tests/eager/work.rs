//! Projects, their tasks and the labels of these, and people that all tenants share.

use tenantry::Database;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::hear::be_interested;

/// Somebody who works, for whichever tenant.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    #[field(key, given, max_length = 20)]
    pub name: String,
    #[field(inverse = "reports")]
    pub boss: Option<Fk<Person>>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Project {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(inverse = "projects")]
    pub owner: Fk<Person>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    #[field(key)]
    pub id: i64,
    #[field(inverse = "tasks")]
    pub project: Option<Fk<Project>>,
    pub title: String,
    #[field(default = false)]
    pub done: bool,
    #[field(inverse = "parts")]
    pub part_of: Option<Fk<Task>>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    #[field(key, given)]
    pub code: Decimal,
    pub name: String,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labeling {
    #[field(key)]
    pub id: i64,
    #[field(inverse = "labelings")]
    pub task: Fk<Task>,
    #[field(inverse = "labelings")]
    pub label: Fk<Label>,
    pub place: i32,
    #[field(default = true)]
    pub shown: bool,
}

/// A database with the tenant `acme`, which has these:
///
/// | project | owner | tasks |
/// |---|---|---|
/// | House | Ann | Roof (red, blue), Wall (red), Door, done |
/// | Boat | Bob | Mast (blue) |
/// | Car | Ann | |
///
/// Tiles and Beam are parts of Roof, and of no project. Ann is Bob's boss.
pub(crate) struct Work {
    _database: TestDb,
    pub(crate) url: String,
    pub(crate) db: Database,
    pub(crate) acme: TenantScope,
}

impl Work {
    pub(crate) fn new() -> Self {
        be_interested();
        let database = TestDb::new();
        let db = Database::connect(database.url()).unwrap();
        let models = [
            Person::DEF,
            Project::DEF,
            Task::DEF,
            Label::DEF,
            Labeling::DEF,
        ];
        db.migrator(chain_of(&models)).run().unwrap();
        let mut shared = db.shared().unwrap();
        for (name, boss) in [("Ann", None), ("Bob", Some("Ann"))] {
            let mut person = NewPerson::new(name);
            if let Some(boss) = boss {
                person = person.boss(boss);
            }
            Person::insert(person).execute(&mut shared).unwrap();
        }
        let key = TenantKey::new("acme").unwrap();
        db.tenants().create(&key).unwrap();
        let mut acme = db.tenant(&key).unwrap();
        fill(&mut acme);
        Self {
            url: database.url().to_owned(),
            _database: database,
            db,
            acme,
        }
    }
}

fn fill(acme: &mut TenantScope) {
    for (code, name) in [("1.0", "red"), ("2.00", "blue")] {
        let code: Decimal = code.parse().unwrap();
        Label::insert(NewLabel::new(code, name))
            .execute(acme)
            .unwrap();
    }
    let [house, boat, _] = [("House", "Ann"), ("Boat", "Bob"), ("Car", "Ann")].map(|(name, by)| {
        Project::insert(NewProject::new(name, by))
            .returning(acme)
            .unwrap()
    });
    let mut task = |new: NewTask| Task::insert(new).returning(acme).unwrap();
    let roof = task(NewTask::new("Roof").project(&house));
    let wall = task(NewTask::new("Wall").project(&house));
    task(NewTask::new("Door").project(&house).done(true));
    let mast = task(NewTask::new("Mast").project(&boat));
    task(NewTask::new("Tiles").part_of(&roof));
    task(NewTask::new("Beam").part_of(&roof));
    // A label's number is another where it is referenced, with the same value.
    for (task, code, place) in [
        (&roof, "1.000", 2),
        (&roof, "2.0", 1),
        (&wall, "1", 1),
        (&mast, "2", 1),
    ] {
        let label: Fk<Label> = Fk::new(code.parse().unwrap());
        Labeling::insert(NewLabeling::new(task, label, place))
            .execute(acme)
            .unwrap();
    }
}

/// The titles of tasks.
pub(crate) fn titles<'t>(tasks: impl IntoIterator<Item = &'t Stored<Task>>) -> Vec<&'t str> {
    tasks.into_iter().map(|task| task.title.as_str()).collect()
}

/// The names of labels.
pub(crate) fn names(labels: &[Stored<Label>]) -> Vec<&str> {
    labels.iter().map(|label| label.name.as_str()).collect()
}
