//! A browser that tests look at pages with: Chromium without a window, driven by `WebDriver`.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// Where Debian, Homebrew and others put the programs: the driver, and the browser that it starts.
const PROGRAMS: [(&str, &str); 3] = [
    ("/usr/bin/chromedriver", "/usr/bin/chromium"),
    ("/usr/bin/chromedriver", "/usr/bin/google-chrome"),
    (
        "/opt/homebrew/bin/chromedriver",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
];

/// The name of an element's number in `WebDriver`.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running browser. It ends with the value, or with the process.
#[derive(Debug)]
pub struct Browser {
    shell: Child,
    agent: Agent,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; with or without JavaScript in its pages.
    ///
    /// It gives nothing where Chromium and its driver are not installed.
    ///
    /// # Panics
    ///
    /// When they are installed and don't start.
    pub fn start(with_scripts: bool) -> Option<Self> {
        let (driver, browser) = PROGRAMS
            .iter()
            .find(|(driver, browser)| Path::new(driver).exists() && Path::new(browser).exists())?;
        let profile = tempfile::tempdir().expect("a temporary folder");
        // The shell ends driver and browser when this process ends, however that happens: then its input ends.
        let script = "\"$0\" --port=0 & trap '' TERM; cat > /dev/null; kill -TERM 0; wait";
        let mut shell = Command::new("/bin/sh")
            .args(["-c", script, driver])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let agent = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .new_agent();
        let url = format!("http://127.0.0.1:{}", port(&mut shell));
        let wanted = capabilities(browser, profile.path(), with_scripts);
        let made = send(&agent, &format!("{url}/session"), &wanted);
        let id = made["sessionId"].as_str().expect("a session has a name");
        Some(Self {
            shell,
            agent,
            session: format!("{url}/session/{id}"),
            _profile: profile,
        })
    }

    /// Opens a page that is a file, and waits until it is there.
    ///
    /// # Panics
    ///
    /// When that fails, as with all that follows.
    pub fn open(&self, path: &Path) {
        let path = path.canonicalize().expect("the file is there");
        self.visit(&format!("file://{}", path.display()));
    }

    /// Opens a page by its address, and waits until it is there.
    ///
    /// # Panics
    ///
    /// When nobody answers there.
    pub fn visit(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// Runs a script in the page, and gives what it returns.
    ///
    /// # Panics
    ///
    /// When the script fails.
    pub fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Tells whether the page has such an element.
    ///
    /// # Panics
    ///
    /// When the browser does not tell.
    pub fn finds(&self, selector: &str) -> bool {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.post("elements", &wanted);
        found.as_array().is_some_and(|found| !found.is_empty())
    }

    /// Text that can be read in an element.
    ///
    /// # Panics
    ///
    /// When there is no such element.
    pub fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        let text = self.get(&format!("element/{element}/text"));
        text.as_str().expect("a text").to_owned()
    }

    /// Clicks on an element as a user does.
    ///
    /// # Panics
    ///
    /// When there is no such element, or it can't be clicked on.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Clicks within an element, so far from its left upper corner.
    ///
    /// # Panics
    ///
    /// When there is no such element, or no such place in it.
    pub fn click_at(&self, selector: &str, x: i64, y: i64) {
        let script = format!(
            "const it = document.querySelector({}); it.scrollIntoView(); const box = it.getBoundingClientRect(); \
             return [Math.round(box.left), Math.round(box.top)];",
            json!(selector)
        );
        let corner = self.run(&script);
        let at = |place: usize| corner[place].as_i64().expect("a number");
        let moved = json!({ "type": "pointerMove", "x": at(0) + x, "y": at(1) + y, "duration": 0 });
        let (down, up) = (
            json!({ "type": "pointerDown", "button": 0 }),
            json!({ "type": "pointerUp", "button": 0 }),
        );
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": [moved, down, up] });
        self.post("actions", &json!({ "actions": [mouse] }));
    }

    /// Types into an element.
    ///
    /// # Panics
    ///
    /// When there is no such element, or nothing can be typed there.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(
            &format!("element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Complaints of the page, and all that it has asked for, itself included.
    ///
    /// # Panics
    ///
    /// When the browser does not tell.
    pub fn complaints_and_requests(&self) -> (Vec<String>, Vec<String>) {
        let log = |kind: &str| self.post("se/log", &json!({ "type": kind }));
        let messages = |entries: &Value| -> Vec<String> {
            let entries = entries.as_array().cloned().unwrap_or_default();
            let message = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
            entries.iter().map(message).collect()
        };
        let complaints = messages(&log("browser"));
        let events = messages(&log("performance"));
        let requests = events.iter().filter_map(|event| {
            let event: Value = serde_json::from_str(event).ok()?;
            let event = &event["message"];
            let (params, method) = (&event["params"], &event["method"]);
            // The browser's own first page asks for much.
            let is_of_page = params["documentURL"].as_str()?.starts_with("file:");
            let url = params["request"]["url"].as_str()?;
            (is_of_page && method == "Network.requestWillBeSent").then(|| url.to_owned())
        });
        (complaints, requests.collect())
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.post("element", &wanted);
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    fn post(&self, what: &str, body: &Value) -> Value {
        send(&self.agent, &format!("{}/{what}", self.session), body)
    }

    fn get(&self, what: &str) -> Value {
        let answer = self
            .agent
            .get(format!("{}/{what}", self.session))
            .call()
            .and_then(|mut answer| answer.body_mut().read_json());
        value(answer)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // This ends the browser; then the driver is ended.
        let _ = self.agent.delete(&self.session).call();
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn capabilities(browser: &str, profile: &Path, with_scripts: bool) -> Value {
    let mut args = vec![format!("--user-data-dir={}", profile.display())];
    // Neither a sandbox for root, nor anything over the network.
    let fixed = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --window-size=1200,900 \
         --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage";
    args.extend(fixed.split_whitespace().map(str::to_owned));
    let scripts = if with_scripts { 1 } else { 2 };
    json!({ "capabilities": { "alwaysMatch": {
        "goog:chromeOptions": {
            "binary": browser,
            "args": args,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    } } })
}

/// The port that the driver tells that it listens on.
fn port(shell: &mut Child) -> u16 {
    let output = shell.stdout.take().expect("the output is ours");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // What it tells later must find a reader, or it is ended by it.
    std::thread::spawn(move || lines.for_each(drop));
    port.expect("the driver tells its port")
}

fn send(agent: &Agent, url: &str, body: &Value) -> Value {
    let answer = agent
        .post(url)
        .send_json(body)
        .and_then(|mut answer| answer.body_mut().read_json());
    value(answer)
}

fn value(answer: Result<Value, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("the driver does not answer: {error}"));
    let value = answer["value"].take();
    assert!(value.get("error").is_none(), "the browser refuses: {value}");
    value
}
