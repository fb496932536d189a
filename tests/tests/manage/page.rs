//! The page of the status, in a browser.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tenantry_tests::browser::Browser;
use tenantry_tests::fleet::enter_versions;
use tenantry_tests::programs::is_not_installed;

use super::app::App;

/// Would do something if it were taken for anything but text.
const HOSTILE: &str = "it failed: \"'</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>\n\
                       help: <b>fix</b> it &amp; try again";

/// An application whose registry has this many tenants: every seventh lacks the migration, and the third has failed.
fn with_registry(tenants: usize) -> App {
    let app = App::with_tenants(&[]);
    let mut client = app.db.connect();
    client
        .execute(
            "INSERT INTO tenantry.tenant (key, schema_name, state, version, last_error, failed_to) \
             SELECT 'T-' || i, 't' || i, CASE WHEN i = 2 THEN 'suspended' ELSE 'active' END, \
             CASE WHEN i % 7 = 0 OR i = 3 THEN 0 ELSE 1 END, CASE WHEN i = 3 THEN $1 END, 1 \
             FROM pg_catalog.generate_series(1, $2::bigint) AS i",
            &[&HOSTILE, &i64::try_from(tenants).unwrap()],
        )
        .unwrap();
    enter_versions(&mut client);
    for number in 1..=tenants.min(500) {
        client
            .batch_execute(&format!("CREATE SCHEMA t{number}"))
            .unwrap();
    }
    app
}

fn write(app: &App) -> PathBuf {
    app.manage(&["status", "--html", "page.html"])
        .succeeds()
        .says("wrote `page.html`");
    app.path("../page.html")
}

/// Opens the page in a browser, if there is one.
fn open(page: &Path, with_scripts: bool) -> Option<Browser> {
    let browser = Browser::start(with_scripts);
    match &browser {
        Some(browser) => browser.open(page),
        None => is_not_installed("Chromium with its driver"),
    }
    browser
}

/// Where the square of a tenant is, by its place in the order.
fn square(browser: &Browser, place: i64) -> (i64, i64) {
    let script =
        "const box = document.querySelector('#squares').getBoundingClientRect(); return box.width;";
    let width = browser.run(script).as_f64().unwrap();
    let count =
        browser.run("return JSON.parse(document.querySelector('#fleet').textContent).keys.length");
    let count = count.as_f64().unwrap();
    let largest = if count <= 100.0 { 36.0 } else { 26.0 };
    let cell = (width * 420.0 / count).sqrt().floor().clamp(6.0, largest);
    #[expect(clippy::cast_possible_truncation, reason = "a page is not that wide")]
    let (columns, cell) = ((width / cell).floor() as i64, cell as i64);
    (place % columns * cell + 2, place / columns * cell + 2)
}

fn click_square(browser: &Browser, place: i64) {
    let (x, y) = square(browser, place);
    browser.click_at("#squares", x, y);
}

/// The colour of a square, and that of a name in the style.
fn colours(browser: &Browser, place: i64, name: &str) -> (Value, Value) {
    let (x, y) = square(browser, place);
    let pixel = browser.run(&format!(
        "const scale = window.devicePixelRatio; const it = document.querySelector('#squares'); \
         const copy = document.createElement('canvas'); copy.width = it.width; copy.height = it.height; \
         const on = copy.getContext('2d'); on.drawImage(it, 0, 0); \
         return Array.from(on.getImageData({x} * scale, {y} * scale, 1, 1).data.slice(0, 3));"
    ));
    let wanted = browser.run(&format!(
        "const on = document.createElement('canvas').getContext('2d'); \
         on.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('{name}').trim(); on.fillRect(0, 0, 1, 1); \
         return Array.from(on.getImageData(0, 0, 1, 1).data.slice(0, 3));"
    ));
    (pixel, wanted)
}

#[test]
fn a_square_tells_its_tenant_and_the_search_finds_it() {
    let app = with_registry(20);
    let page = write(&app);
    let Some(browser) = open(&page, true) else {
        return;
    };
    for (place, name) in [(0, "--v0"), (2, "--failed"), (6, "--v1")] {
        let (found, wanted) = colours(&browser, place, name);
        assert_eq!(found, wanted, "{name}");
    }
    click_square(&browser, 6);
    let detail = browser.text("#detail");
    for text in ["T-7", "t7", "active", "before the first", "0001_initial"] {
        assert!(detail.contains(text), "{text}: {detail}");
    }
    // From there to the right, past the end of nothing.
    browser.type_into("#squares", "\u{e014}");
    assert!(browser.text("#detail").contains("T-8"));
    browser.type_into("#squares", "\u{e010}");
    assert!(browser.text("#detail").contains("T-20"));

    browser.type_into("#search", "t-1");
    assert_eq!(browser.text("#found"), "11 of 20");
    browser.type_into("#search", "3");
    assert_eq!(browser.text("#found"), "1 of 20");
    browser.click("#matches button");
    assert!(browser.text("#detail").contains("T-13"));

    // Only those that have failed, whatever is searched for.
    for _ in 0..3 {
        browser.type_into("#search", "\u{e003}");
    }
    browser.click("#legend button:nth-child(3)");
    assert_eq!(browser.text("#legend [aria-pressed=true]"), "failed\n1");
    assert_eq!(browser.text("#found"), "1 of 20");
    assert_eq!(browser.text("#matches"), "T-3");
    let (complaints, _) = browser.complaints_and_requests();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn hostile_texts_do_nothing_and_no_request_leaves_the_page() {
    let app = with_registry(5);
    let page = write(&app);
    let Some(browser) = open(&page, true) else {
        return;
    };
    click_square(&browser, 2);
    let detail = browser.text("#detail");
    for line in HOSTILE.lines() {
        assert!(detail.contains(line), "{line}: {detail}");
        assert!(browser.text("main").matches(line).count() >= 2, "{line}");
    }
    let found =
        browser.run("return document.querySelectorAll('main img, main b b, main script').length");
    assert_eq!(found, 0);
    let (complaints, requests) = browser.complaints_and_requests();
    let ours = format!("file://{}", page.canonicalize().unwrap().display());
    assert_eq!((complaints, requests), (Vec::new(), vec![ours]));

    // Whatever else somebody got into the page would not run either.
    browser.run(
        "const made = document.createElement('div'); made.innerHTML = \"<img src=x onerror='window.pwned = 3'>\"; \
         document.body.append(made); const script = document.createElement('script'); script.textContent = 'window.pwned = 4'; \
         document.body.append(script);",
    );
    assert_eq!(browser.run("return window.pwned ?? null"), Value::Null);
    let (complaints, _) = browser.complaints_and_requests();
    let is_refusal = |complaint: &String| complaint.contains("Content Security Policy");
    assert!(
        complaints.len() > 1 && complaints.iter().all(is_refusal),
        "{complaints:?}"
    );
}

#[test]
fn without_javascript_the_tables_tell_the_same() {
    let app = with_registry(20);
    let page = write(&app);
    let Some(browser) = open(&page, false) else {
        return;
    };
    let text = browser.text("main");
    for part in [
        "Something needs a look",
        "T-3",
        "it failed: ",
        "T-14",
        "lacks 0001_initial",
        "0001_initial applied 17 of 20",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("needs JavaScript"), "{text}");
    assert!(!text.contains("The fleet"), "{text}");
}

#[test]
fn ten_thousand_tenants_are_a_page_like_any_other() {
    let app = with_registry(10_000);
    let page = write(&app);
    let bytes = std::fs::metadata(&page).unwrap().len();
    assert!(bytes < 500_000, "{bytes}");
    let Some(browser) = open(&page, true) else {
        return;
    };
    click_square(&browser, 9_999);
    assert!(browser.text("#detail").contains("T-10000"));
    browser.type_into("#search", "t-999");
    assert_eq!(
        browser.text("#found").replace('\u{202f}', " "),
        "11 of 10 000"
    );
    // Every tenant has its square; of those without schema it is a ring.
    let painted = browser.run(
        "const it = document.querySelector('#squares'); const data = it.getContext('2d').getImageData(0, 0, it.width, it.height).data; \
         let painted = 0; for (let at = 3; at < data.length; at += 4) painted += data[at] > 0; return painted;",
    );
    assert!(painted.as_i64().unwrap() >= 10_000 * 16, "{painted}");
    let (complaints, _) = browser.complaints_and_requests();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn a_file_that_can_not_be_written_is_named() {
    let app = App::with_tenants(&[]);
    app.manage(&["status", "--html", "nowhere/page.html"])
        .fails()
        .complains("can't write `nowhere/page.html`: ");
}
