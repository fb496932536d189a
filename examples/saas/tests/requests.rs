//! Requests, as browsers of several visitors send them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use saas::jobs::work_one;
use saas::models::{Project, Queued, Session, User};
use saas::{app, chain};
use tenantry::TenantKey;
use tenantry::prelude::*;
use tenantry::tenant::TenantFilter;
use tenantry::testing::TestDb;
use tenantry::tokio::Database;
use tower::ServiceExt;

const PASSWORD: &str = "correct+horse+battery";

struct World {
    _database: TestDb,
    db: Database,
    app: Router,
}

impl World {
    async fn new() -> Self {
        let database = TestDb::new();
        let db = Database::connect(database.url()).await.unwrap();
        db.blocking(|db| db.migrator(chain()?).run()).await.unwrap();
        let app = app(&db);
        Self {
            _database: database,
            db,
            app,
        }
    }

    fn visitor(&self) -> Visitor {
        Visitor {
            app: self.app.clone(),
            cookie: String::new(),
            site: "same-origin",
        }
    }

    /// A visitor who has opened a workspace.
    async fn owner(&self, workspace: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor
            .sign_up(workspace, &format!("ann@{workspace}.example"))
            .await;
        assert_eq!(
            (answer.status, answer.to),
            (StatusCode::SEE_OTHER, format!("/w/{workspace}"))
        );
        visitor
    }
}

/// Somebody with a browser, which keeps a cookie.
struct Visitor {
    app: Router,
    cookie: String,
    /// The site that forms are sent from, as browsers tell it.
    site: &'static str,
}

struct Answer {
    status: StatusCode,
    to: String,
    page: String,
    cookie: String,
}

impl Visitor {
    async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, String::new()).await
    }

    async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, form.to_owned()).await
    }

    async fn sign_up(&mut self, workspace: &str, email: &str) -> Answer {
        let form = format!("workspace={workspace}&email={email}&password={PASSWORD}");
        self.post("/signup", &form).await
    }

    async fn ask(&mut self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("sec-fetch-site", self.site)
            .header(COOKIE, &self.cookie);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = self
            .app
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
                .to_owned()
        };
        let (status, to, cookie) = (response.status(), header(LOCATION), header(SET_COOKIE));
        if let Some((pair, _)) = cookie.split_once(';') {
            self.cookie = pair.to_owned();
        }
        let page = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        Answer {
            status,
            to,
            page,
            cookie,
        }
    }
}

fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}

#[tokio::test]
async fn somebody_signs_up_logs_out_and_in() {
    let world = World::new().await;
    let mut ann = world.visitor();
    let answer = ann.sign_up("acme", "Ann@acme.example").await;
    assert!(
        answer.cookie.contains("; HttpOnly; SameSite=Lax; "),
        "{}",
        answer.cookie
    );
    assert!(ann.get("/w/acme").await.page.contains("First steps"));
    let before = ann.cookie.clone();
    ann.post("/logout", "").await;
    assert_eq!(ann.get("/w/acme").await.to, "/login");
    // Whoever has kept the cookie is logged out, too.
    ann.cookie = before;
    assert_eq!(ann.get("/w/acme").await.to, "/login");
    for wrong in [
        format!("email=ann@acme.example&password={PASSWORD}+"),
        format!("email=bob@acme.example&password={PASSWORD}"),
    ] {
        let answer = ann.post("/login", &wrong).await;
        assert_eq!(
            (answer.status, answer.cookie.as_str()),
            (StatusCode::UNAUTHORIZED, "")
        );
    }
    ann.post(
        "/login",
        &format!("email=ANN@acme.example&password={PASSWORD}"),
    )
    .await;
    assert!(ann.get("/").await.page.contains("href=\"/w/acme\""));
    let mut shared = world.db.shared();
    Session::update_where(Session::everything())
        .set(Session::EXPIRES_AT, Timestamp::now())
        .execute(&mut shared)
        .await
        .unwrap();
    assert_eq!(ann.get("/w/acme").await.to, "/login");
}

#[tokio::test]
async fn a_refused_sign_up_leaves_nothing_behind() {
    let world = World::new().await;
    world.owner("acme").await;
    let mut bob = world.visitor();
    for (form, status) in [
        (
            "workspace=acme&email=b@b.example&password=long+enough",
            StatusCode::CONFLICT,
        ),
        (
            "workspace=bobs&email=ann@acme.example&password=long+enough",
            StatusCode::CONFLICT,
        ),
        (
            "workspace=bobs&email=b@b.example&password=short",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "workspace=Bob%27s&email=b@b.example&password=long+enough",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "workspace=&email=b@b.example&password=long+enough",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "workspace=-a-name-that-is-longer-than-40-characters&email=b@b.example&password=long+enough",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let answer = bob.post("/signup", form).await;
        assert_eq!(
            (answer.status, answer.cookie.as_str()),
            (status, ""),
            "{form}: {}",
            answer.page
        );
    }
    assert_eq!(
        User::query().count(&mut world.db.shared()).await.unwrap(),
        1
    );
    assert_eq!(
        world
            .db
            .tenants()
            .list(&TenantFilter::all())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn nobody_but_members_gets_in() {
    let world = World::new().await;
    let mut ann = world.owner("acme").await;
    let mut bob = world.owner("globex").await;
    for path in ["/w/acme", "/w/acme/projects/1", "/w/nobodys"] {
        let answer = bob.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.page.contains("There is no such page."), "{path}");
        assert_eq!(world.visitor().get(path).await.to, "/login", "{path}");
    }
    for path in [
        "/w/acme/projects",
        "/w/acme/projects/1/tasks",
        "/w/acme/tasks/1/labels",
    ] {
        assert_eq!(
            bob.post(path, "name=mine").await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    // A tenant that gets a freed key is another one, which members of the former one do not enter.
    world.db.tenants().drop(&key("globex")).await.unwrap();
    world.db.tenants().create(&key("globex")).await.unwrap();
    assert_eq!(bob.get("/w/globex").await.status, StatusCode::NOT_FOUND);
    world.db.tenants().suspend(&key("acme")).await.unwrap();
    assert_eq!(ann.get("/w/acme").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let world = World::new().await;
    let mut ann = world.owner("acme").await;
    ann.site = "cross-site";
    for path in ["/w/acme/projects", "/logout", "/login"] {
        assert_eq!(
            ann.post(path, "name=evil").await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    // A link leads here.
    assert!(!ann.get("/w/acme").await.page.contains("evil"));
}

#[tokio::test]
async fn projects_have_tasks_with_labels() {
    let world = World::new().await;
    let mut ann = world.owner("acme").await;
    let project = ann.post("/w/acme/projects", "name=Website").await.to;
    assert_eq!(project, "/w/acme/projects/2");
    let again = ann.post("/w/acme/projects", "name=Website").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    ann.post("/w/acme/projects/2/tasks", "name=%3Cb%3EDraw%3C/b%3E")
        .await;
    for name in ["Urgent", "urgent", "+design+"] {
        let to = ann
            .post("/w/acme/tasks/1/labels", &format!("name={name}"))
            .await
            .to;
        assert_eq!(to, project, "{name}");
    }
    ann.post("/w/acme/tasks/1/toggle", "").await;
    let page = ann.get(&project).await.page;
    assert!(
        page.contains("&lt;b&gt;Draw")
            && !page.contains("<b>Draw")
            && page.contains("aria-pressed=\"true\""),
        "{page}"
    );
    assert_eq!(
        (
            page.matches(">urgent<").count(),
            page.matches(">design<").count()
        ),
        (1, 1)
    );
    let long = format!("name={}", "x".repeat(300));
    for name in ["name=+", &long] {
        for path in [
            "/w/acme/projects",
            "/w/acme/projects/2/tasks",
            "/w/acme/tasks/1/labels",
        ] {
            let answer = ann.post(path, name).await;
            assert_eq!(
                answer.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{path} {name}"
            );
        }
    }
    for path in [
        "/w/acme/projects/9/tasks",
        "/w/acme/tasks/9/labels",
        "/w/acme/tasks/9/toggle",
    ] {
        assert_eq!(
            ann.post(path, "name=x").await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        ann.get("/w/acme/projects/9").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_job_is_done_for_its_workspace() {
    let world = World::new().await;
    let (mut ann, mut bob, mut eve) = (
        world.owner("acme").await,
        world.owner("globex").await,
        world.owner("evil").await,
    );
    ann.post("/w/acme/projects/1/tasks", "name=Draw").await;
    bob.post("/w/globex/digests", "").await;
    eve.post("/w/evil/digests", "").await;
    ann.post("/w/acme/digests", "").await;
    world.db.tenants().suspend(&key("globex")).await.unwrap();
    world.db.tenants().drop(&key("evil")).await.unwrap();
    while work_one(&world.db).await.unwrap() {}
    let page = ann.get("/w/acme").await.page;
    assert!(
        page.contains("1 tasks are open and 0 done, in 1 projects."),
        "{page}"
    );
    // That of the suspended workspace waits, and did not hold up the others; that of the dropped one is gone.
    let mut shared = world.db.shared();
    assert_eq!(Queued::query().count(&mut shared).await.unwrap(), 1);
    world.db.tenants().resume(&key("globex")).await.unwrap();
    Queued::update_where(Queued::everything())
        .set(Queued::DUE_AT, Timestamp::now())
        .execute(&mut shared)
        .await
        .unwrap();
    while work_one(&world.db).await.unwrap() {}
    assert!(bob.get("/w/globex").await.page.contains("0 tasks are open"));
    assert_eq!(Queued::query().count(&mut shared).await.unwrap(), 0);
}

#[tokio::test]
async fn only_operators_see_all_workspaces() {
    let world = World::new().await;
    let mut ann = world.owner("acme").await;
    world.owner("globex").await;
    ann.post("/w/acme/projects/1/tasks", "name=Draw").await;
    assert_eq!(
        world.visitor().get("/operator").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(ann.get("/operator").await.status, StatusCode::NOT_FOUND);
    let mut shared = world.db.shared();
    let hers = User::EMAIL.eq("ann@acme.example");
    User::update_where(hers)
        .set(User::IS_OPERATOR, true)
        .execute(&mut shared)
        .await
        .unwrap();
    world.db.tenants().suspend(&key("globex")).await.unwrap();
    let page = ann.get("/operator").await.page;
    assert!(
        page.contains("acme</th><td>active</td><td>1</td><td>0</td>"),
        "{page}"
    );
    assert!(
        page.contains("globex</th><td>suspended</td><td>–</td><td>–</td>"),
        "{page}"
    );
    // Whoever sees the numbers is no member for that.
    assert_eq!(ann.get("/w/globex").await.status, StatusCode::NOT_FOUND);
    let mut acme = world.db.tenant(&key("acme")).await.unwrap();
    assert_eq!(Project::query().count(&mut acme).await.unwrap(), 1);
}
