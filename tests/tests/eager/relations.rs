//! Relations of each kind, and relations of relations.

use tenantry::ErrorKind;
use tenantry::prelude::*;

use crate::work::{
    Label, Labeling, NewProject, NewTask, Person, Project, Task, Work, names, titles,
};

#[test]
fn rows_are_loaded_with_those_that_reference_them_and_those_that_they_reference() {
    let mut work = Work::new();
    let projects: Vec<(Stored<Project>, Vec<Stored<Task>>, Stored<Person>)> = Project::query()
        .with(Project::TASKS)
        .with(Project::OWNER)
        .order_by(Project::ID.asc())
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = projects
        .iter()
        .map(|(project, tasks, owner)| {
            let mut titles = titles(tasks);
            titles.sort_unstable();
            (project.name.as_str(), titles, owner.name.as_str())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("House", vec!["Door", "Roof", "Wall"], "Ann"),
            ("Boat", vec!["Mast"], "Bob"),
            ("Car", vec![], "Ann"),
        ]
    );
}

#[test]
fn loaded_rows_know_where_they_came_from() {
    let mut work = Work::new();
    let query = Project::query().with(Project::TASKS).with(Project::OWNER);
    let mut projects = query.all(&mut work.acme).unwrap();
    let (_, tasks, owner) = &mut projects[1];
    tasks[0].title = "Sail".to_owned();
    tasks[0].save(&mut work.acme).unwrap();
    let owner = owner.key();
    let renamed = Task::query().filter(Task::TITLE.eq("Sail"));
    let (task, project) = renamed
        .with(Task::PROJECT.with(Project::OWNER))
        .one(&mut work.acme)
        .unwrap();
    let (project, by) = project.unwrap();
    assert_eq!((project.name.as_str(), by.key()), ("Boat", owner));
    // Another tenant has a row with the same key, which is not that row.
    let globex = TenantKey::new("globex").unwrap();
    work.db.tenants().create(&globex).unwrap();
    let mut globex = work.db.tenant(&globex).unwrap();
    let refused = Task::PARTS.load([&task], &mut globex).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ForeignRow);
    assert!(
        refused.to_string().contains("Task") && refused.to_string().contains("globex"),
        "{refused}"
    );
}

#[test]
fn relations_have_relations_of_any_depth() {
    let mut work = Work::new();
    let labels = Task::LABELINGS
        .order_by(Labeling::PLACE.asc())
        .through(Labeling::LABEL);
    let tasks = Project::TASKS
        .order_by(Task::TITLE.desc())
        .with(labels)
        .with(Task::PARTS.with(Task::PART_OF.with(Task::PROJECT)));
    let owner = Project::OWNER.with(Person::BOSS.with(Person::REPORTS));
    let projects = Project::query()
        .order_by(Project::NAME.desc())
        .with(tasks)
        .with(owner)
        .all(&mut work.acme)
        .unwrap();
    let (house, tasks, (ann, boss)) = &projects[0];
    assert_eq!(
        (house.name.as_str(), ann.name.as_str(), boss),
        ("House", "Ann", &None)
    );
    let seen: Vec<_> = tasks
        .iter()
        .map(|(task, labels, parts)| (task.title.as_str(), names(labels), parts.len()))
        .collect();
    assert_eq!(
        seen,
        [
            ("Wall", vec!["red"], 0),
            ("Roof", vec!["blue", "red"], 2),
            ("Door", vec![], 0),
        ]
    );
    for (part, whole) in &tasks[1].2 {
        let (whole, project) = whole.as_ref().unwrap();
        assert_eq!(part.part_of, Some(whole.key()));
        assert_eq!(project.as_ref().unwrap().name, "House");
    }
    let (boat, _, (bob, boss)) = &projects[2];
    let (boss, reports) = boss.as_ref().unwrap();
    assert_eq!(
        (boat.name.as_str(), bob.name.as_str(), boss.name.as_str()),
        ("Boat", "Bob", "Ann")
    );
    assert_eq!(reports, std::slice::from_ref(bob));
}

#[test]
fn conditions_and_orders_are_of_rows_between_and_of_those_behind() {
    let mut work = Work::new();
    let hidden = Labeling::update_where(Labeling::TASK.on(Task::TITLE.eq("Wall")));
    hidden
        .set(Labeling::SHOWN, false)
        .execute(&mut work.acme)
        .unwrap();
    let shown = Task::LABELINGS.filter(Labeling::SHOWN);
    let query = Task::query()
        .order_by(Task::ID.asc())
        .filter(Task::PROJECT.is_not_null())
        .with(
            shown
                .clone()
                .order_by(Labeling::PLACE.desc())
                .through(Labeling::LABEL),
        )
        .with(
            shown
                .through(Labeling::LABEL)
                .filter(Label::NAME.ne("red"))
                .order_by(Label::NAME.asc()),
        )
        .with(Task::LABELINGS.with(Labeling::LABEL));
    let tasks = query.all(&mut work.acme).unwrap();
    let seen: Vec<_> = tasks
        .iter()
        .map(|(task, shown, not_red, all)| {
            let title = task.title.as_str();
            (title, names(shown), names(not_red), all.len())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("Roof", vec!["red", "blue"], vec!["blue"], 2),
            ("Wall", vec![], vec![], 1),
            ("Door", vec![], vec![], 0),
            ("Mast", vec!["blue"], vec!["blue"], 1),
        ]
    );
}

#[test]
fn rows_are_loaded_over_several_join_tables() {
    let mut work = Work::new();
    let places: fn(&[Stored<Project>]) -> Vec<&str> =
        |projects| projects.iter().map(|it| it.name.as_str()).collect();
    // Each table between has its own conditions and orders. A label's key has other bytes where it is referenced.
    let tasks = Label::LABELINGS
        .filter(Labeling::SHOWN)
        .through(Labeling::TASK);
    let projects = tasks
        .clone()
        .filter(Task::TITLE.ne("Wall"))
        .order_by(Task::TITLE.asc())
        .through(Task::PROJECT);
    let owners = tasks
        .order_by(Task::PROJECT.by(Project::OWNER.desc()))
        .through(Task::PROJECT)
        .filter(Project::OWNER.on(Person::NAME.ne("Eve")))
        .through(Project::OWNER);
    let labels = Label::query()
        .order_by(Label::NAME.asc())
        .with(projects.clone())
        .with(projects.limit(1))
        .with(owners)
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = labels
        .iter()
        .map(|(label, all, first, owners)| {
            let owners: Vec<_> = owners.iter().map(|it| it.name.as_str()).collect();
            (label.name.as_str(), places(all), places(first), owners)
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                "blue",
                vec!["Boat", "House"],
                vec!["Boat"],
                vec!["Bob", "Ann"]
            ),
            ("red", vec!["House"], vec!["House"], vec!["Ann", "Ann"]),
        ]
    );
    // The second table between has a column of the same name as the first.
    let wholes = Task::query()
        .filter(Task::PARTS.exists())
        .with(Task::PARTS.through(Task::PART_OF).through(Task::PROJECT))
        .with(Task::PARTS.through(Task::PART_OF).through(Task::PART_OF))
        .all(&mut work.acme)
        .unwrap();
    let [(roof, projects, wholes)] = &wholes[..] else {
        panic!("one task has parts: {wholes:?}");
    };
    assert_eq!(roof.title, "Roof");
    assert_eq!(places(projects), ["House", "House"]);
    assert_eq!(wholes.len(), 0);
}

#[test]
fn conditions_on_loaded_rows_reach_across_relations() {
    let mut work = Work::new();
    let query = Project::query()
        .order_by(Project::ID.asc())
        .with(Project::TASKS.filter(Task::LABELINGS.any(Labeling::LABEL.on(Label::NAME.eq("red")))))
        .with(
            Project::TASKS
                .filter(Task::PROJECT.on(Project::OWNER.eq("Bob")))
                .order_by(Task::PROJECT.by(Project::NAME.asc())),
        );
    let projects = query.all(&mut work.acme).unwrap();
    let seen: Vec<_> = projects
        .iter()
        .map(|(_, red, of_bob)| (red.len(), titles(of_bob)))
        .collect();
    assert_eq!(seen, [(2, vec![]), (0, vec!["Mast"]), (0, vec![])]);
}

#[test]
fn joined_rows_and_loaded_ones_stand_side_by_side() {
    let mut work = Work::new();
    let (task, project, parts) = Task::query()
        .filter(Task::TITLE.eq("Roof"))
        .join(Task::PROJECT)
        .with(Task::PARTS.order_by(Task::TITLE.asc()))
        .one(&mut work.acme)
        .unwrap();
    assert_eq!(
        (task.title.as_str(), project.unwrap().name.as_str()),
        ("Roof", "House")
    );
    assert_eq!(titles(&parts), ["Beam", "Tiles"]);
}

#[test]
fn rows_of_tenants_are_loaded_with_shared_rows_in_a_tenant_scope() {
    let mut work = Work::new();
    let people = Person::query()
        .order_by(Person::NAME.asc())
        .with(Person::PROJECTS.order_by(Project::NAME.asc()))
        .all(&mut work.acme)
        .unwrap();
    let seen: Vec<_> = people
        .iter()
        .map(|(person, projects)| {
            let names: Vec<_> = projects.iter().map(|it| it.name.as_str()).collect();
            (person.name.as_str(), names)
        })
        .collect();
    assert_eq!(seen, [("Ann", vec!["Car", "House"]), ("Bob", vec!["Boat"])]);
    // Of shared rows alone a shared scope is enough.
    let mut shared = work.db.shared().unwrap();
    let bosses = Person::query()
        .order_by(Person::NAME.asc())
        .with(Person::BOSS);
    let bosses = bosses.all(&mut shared).unwrap();
    assert_eq!(bosses[0].1, None);
    assert_eq!(bosses[1].1.as_ref().unwrap().name, "Ann");
}

#[test]
fn rows_at_hand_are_loaded_with_others_in_their_order() {
    let mut work = Work::new();
    let mut projects = Project::query()
        .order_by(Project::ID.desc())
        .all(&mut work.acme)
        .unwrap();
    let tasks = Project::TASKS
        .order_by(Task::TITLE.asc())
        .load(&projects, &mut work.acme)
        .unwrap();
    let tasks: Vec<_> = tasks.iter().map(titles).collect();
    assert_eq!(tasks, [vec![], vec!["Mast"], vec!["Door", "Roof", "Wall"]]);
    let owners = Project::OWNER.load(&projects, &mut work.acme).unwrap();
    let owners: Vec<_> = owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(owners, ["Ann", "Bob", "Ann"]);
    // What is loaded is what the row says now, be it saved or not; and one row can be given twice.
    projects[0].owner = Fk::new("Bob".to_owned());
    let twice = [&projects[0], &projects[0]];
    let owners = Project::OWNER.load(twice, &mut work.acme).unwrap();
    let owners: Vec<_> = owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(owners, ["Bob", "Bob"]);
}

#[test]
fn a_key_of_another_tenant_is_not_looked_up_in_this_one() {
    let mut work = Work::new();
    let globex = TenantKey::new("globex").unwrap();
    work.db.tenants().create(&globex).unwrap();
    let mut globex = work.db.tenant(&globex).unwrap();
    let plane = Project::insert(NewProject::new("Plane", "Ann"));
    let plane = plane.returning(&mut globex).unwrap();
    let mut tasks = Task::query()
        .filter(Task::PROJECT.on(Project::NAME.eq("House")))
        .all(&mut work.acme)
        .unwrap();
    assert_eq!(tasks[0].project, Some(Fk::new(plane.id)));
    // Beside rows that reference one of their own tenant with the same key, and alone.
    tasks[0].project = Some(plane.key());
    let acme = &mut work.acme;
    let among = Task::PROJECT.load(&tasks, acme).unwrap_err();
    let alone = Task::PROJECT.load([&tasks[0]], acme).unwrap_err();
    let followed = tasks[0].follow(Task::PROJECT, acme).unwrap_err();
    for refused in [among, alone, followed] {
        assert_eq!(refused.kind(), ErrorKind::ForeignRow, "{refused}");
    }
    // A key alone, and one of a shared row, are of no other place.
    tasks[0].project = Some(Fk::new(plane.id));
    let projects = Task::PROJECT.load(&tasks, acme).unwrap();
    assert!(
        projects
            .iter()
            .all(|it| it.as_ref().unwrap().name == "House")
    );
    let mut house = Project::find(plane.id).one(acme).unwrap();
    house.owner = Person::find("Bob").one(&mut globex).unwrap().key();
    let owners = Project::OWNER.load([&house], acme).unwrap();
    assert_eq!(owners[0].name, "Bob");
}

#[test]
fn rows_that_reference_one_are_those_of_its_stored_key() {
    let mut work = Work::new();
    let query = Project::query().order_by(Project::ID.asc());
    let mut projects = query.all(&mut work.acme).unwrap();
    projects[1].id = projects[0].id;
    let related = projects[1].related(Project::TASKS).all(&mut work.acme);
    assert_eq!(titles(&related.unwrap()), ["Mast"]);
    let tasks = Project::TASKS
        .order_by(Task::TITLE.asc())
        .load(&projects, &mut work.acme)
        .unwrap();
    let tasks: Vec<_> = tasks.iter().map(titles).collect();
    assert_eq!(tasks, [vec!["Door", "Roof", "Wall"], vec!["Mast"], vec![]]);
}

#[test]
fn one_and_first_are_of_the_rows_and_not_of_what_is_loaded() {
    let mut work = Work::new();
    let query = Project::query()
        .with(Project::TASKS)
        .order_by(Project::ID.asc());
    let (_, tasks) = query.clone().first(&mut work.acme).unwrap().unwrap();
    assert_eq!(tasks.len(), 3);
    let several = query.clone().one(&mut work.acme).unwrap_err();
    assert_eq!(several.kind(), ErrorKind::SeveralRows);
    let none = query.clone().filter(Project::NAME.eq("Plane"));
    let error = none.clone().one(&mut work.acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(none.first(&mut work.acme).unwrap().is_none());
    let second = query.offset(1).limit(1).one(&mut work.acme).unwrap();
    assert_eq!(titles(&second.1), ["Mast"]);
    work.acme
        .transaction(|tx| {
            Task::insert(NewTask::new("Keel").project(&second.0)).execute(tx)?;
            let (_, tasks) = Project::query()
                .filter(Project::NAME.eq("Boat"))
                .with(Project::TASKS)
                .one(tx)?;
            assert_eq!(tasks.len(), 2);
            Ok(())
        })
        .unwrap();
}
