//! Results of a bench: printed, and kept as JSON for `report`.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use serde::{Deserialize, Serialize};

/// Results of a bench.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) bench: String,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) lines: Vec<Line>,
    #[serde(default)]
    pub(crate) plots: Vec<Plot>,
}

/// One figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The work that was done.
    pub(crate) what: String,
    /// By whom.
    pub(crate) who: String,
    pub(crate) figure: String,
    /// How it compares, and with what.
    #[serde(default)]
    pub(crate) ratio: String,
    /// The goal.
    #[serde(default)]
    pub(crate) goal: String,
}

/// Lines over the size of a fleet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plot {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) series: Vec<(String, Vec<(f64, f64)>)>,
}

impl Results {
    pub(crate) fn new(bench: &str, environment: Vec<(String, String)>) -> Self {
        Self {
            bench: bench.to_owned(),
            environment,
            lines: Vec::new(),
            plots: Vec::new(),
        }
    }

    /// Notes which packages were measured.
    pub(crate) fn note_packages(&mut self) {
        let versions = crate::packages::versions();
        self.environment.push(("packages".to_owned(), versions));
    }

    /// Adds a figure, and prints it at once.
    #[expect(clippy::print_stdout, reason = "figures are what a bench prints")]
    pub(crate) fn line(
        &mut self,
        what: &str,
        who: &str,
        figure: String,
        ratio: String,
        goal: &str,
    ) {
        println!("{what:<44} {who:<28} {figure:>20}  {ratio:<34} {goal}");
        self.lines.push(Line {
            what: what.to_owned(),
            who: who.to_owned(),
            figure,
            ratio,
            goal: goal.to_owned(),
        });
    }

    /// Keeps the results, unless the run was a quick one.
    pub(crate) fn save(&self, is_quick: bool) {
        if is_quick {
            return;
        }
        let path = folder().join(format!("{}.json", self.bench));
        let text = serde_json::to_string_pretty(self).expect("figures and texts are JSON");
        fs::create_dir_all(folder()).expect("the folder can be made");
        fs::write(path, text + "\n").expect("the file can be written");
    }
}

/// Where the results are kept.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance")
}

/// The machine and server that were measured on.
pub(crate) fn environment(server_version: &str) -> Vec<(String, String)> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings: Vec<String> = crate::server::SETTINGS
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    vec![
        ("date".to_owned(), Zoned::now().date().to_string()),
        (
            "processor".to_owned(),
            format!("{cores} cores, {}", model.unwrap_or_default()),
        ),
        ("PostgreSQL".to_owned(), server_version.to_owned()),
        (
            "settings".to_owned(),
            format!("{}, fsync=off, unix socket", settings.join(", ")),
        ),
    ]
}

pub(crate) fn ms(value: f64) -> String {
    if value < 1.0 {
        format!("{value:.3} ms")
    } else if value < 100.0 {
        format!("{value:.2} ms")
    } else {
        format!("{value:.0} ms")
    }
}

pub(crate) fn times(one: f64, other: f64) -> String {
    let ratio = one / other;
    if ratio >= 10.0 {
        format!("{ratio:.0} ×")
    } else {
        format!("{ratio:.2} ×")
    }
}
