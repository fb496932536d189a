//! The pages in a browser.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use saas::{app, chain, jobs};
use tenantry::testing::TestDb;
use tenantry::tokio::Database;
use tenantry_tests::browser::Browser;
use tenantry_tests::programs::is_not_installed;
use tenantry_tests::wait::until;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Serves the application until the runtime ends, and returns its address.
async fn serve(url: &str) -> String {
    let db = Database::connect(url).await.unwrap();
    db.blocking(|db| db.migrator(chain()?).run()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(jobs::work(db.clone()));
    tokio::spawn(axum::serve(listener, app(&db)).into_future());
    format!("http://localhost:{port}")
}

#[test]
fn somebody_opens_a_workspace_and_gets_something_done() {
    let Some(browser) = Browser::start(true) else {
        return is_not_installed("Chromium with its driver");
    };
    let database = TestDb::new();
    let runtime = Runtime::new().unwrap();
    let home = runtime.block_on(serve(database.url()));
    browser.visit(&home);
    let follow = |selector: &str| {
        browser.run("document.documentElement.id = 'left'");
        browser.click(selector);
        until("another page", || browser.finds("html:not(#left)"));
    };
    let seen = |title: &str| {
        assert_eq!(browser.text("h1"), title);
        let problems = browser.run(PROBLEMS);
        assert_eq!(
            problems.as_array().map(Vec::len),
            Some(0),
            "{title}: {problems}"
        );
    };
    seen("Get things done, each team for itself");
    follow("main a");
    seen("Open a workspace");
    browser.type_into("#workspace", "acme");
    browser.type_into("#email", "ann@acme.example");
    browser.type_into("#password", "correct horse battery");
    follow("main button");
    seen("acme");
    follow(".cards a");
    seen("First steps");
    browser.type_into("#name", "Draw <the> page");
    follow("main form:last-of-type button");
    assert_eq!(browser.text(".tasks .title"), "Draw <the> page");
    browser.type_into(".tasks input", "Urgent");
    follow(".tasks button.quiet");
    assert_eq!(browser.text(".tasks .label"), "urgent");
    follow(".tasks .check");
    assert_eq!(browser.text(".tasks .done .title"), "Draw <the> page");
    seen("First steps");
    follow("main p a");
    follow("main form:last-of-type button");
    let digest = "0 tasks are open and 1 done, in 1 projects.";
    until("a digest", || {
        browser.visit(&format!("{home}/w/acme"));
        browser.text("main").contains(digest)
    });
    // No script of a page would get at the session.
    assert_eq!(browser.run("return document.cookie"), "");
    follow("header button");
    seen("Get things done, each team for itself");
    browser.visit(&format!("{home}/w/acme"));
    seen("Log in");
    let (complaints, _) = browser.complaints_and_requests();
    assert_eq!(complaints, [""; 0]);
}

/// Gives what somebody with a screen reader or a narrow window would stumble over.
const PROBLEMS: &str = "
    const problems = [];
    const all = selector => [...document.querySelectorAll(selector)];
    if (!document.documentElement.lang) problems.push('no language');
    if (all('h1').length != 1 || all('main').length != 1) problems.push('not one heading, not one main part');
    for (const field of all('input'))
        if (!field.labels.length && !field.ariaLabel) problems.push('without a label: ' + field.outerHTML);
    for (const button of all('button, a'))
        if (!button.textContent.trim() && !button.ariaLabel) problems.push('without a name: ' + button.outerHTML);
    const ids = all('[id]').map(element => element.id);
    if (new Set(ids).size != ids.length) problems.push('an id twice');
    if (getComputedStyle(document.body).marginTop != '0px') problems.push('without its style');
    if (document.documentElement.scrollWidth > innerWidth) problems.push('wider than the window');
    return problems;
";
