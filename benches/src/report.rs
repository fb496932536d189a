//! `docs/performance.md`: its tables and plots, from the results.

use std::fmt::Write as _;
use std::fs;

use crate::results::{Plot, Results, folder};

/// What each bench is about, in the order of the page, with the reason for what it shows.
const SECTIONS: [(&str, &str, &str); 7] = [
    (
        "create",
        "Creating a tenant",
        include_str!("text/create.md"),
    ),
    (
        "standby",
        "Creating a tenant from a standby",
        include_str!("text/standby.md"),
    ),
    (
        "migrate",
        "Migrating a fleet",
        include_str!("text/migrate.md"),
    ),
    ("noop", "Nothing to do", include_str!("text/noop.md")),
    ("growth", "A growing fleet", include_str!("text/growth.md")),
    (
        "memory",
        "The memory of a migrator",
        include_str!("text/memory.md"),
    ),
    (
        "storm",
        "Readers in a storm of sign-ups",
        include_str!("text/storm.md"),
    ),
];

/// Writes the page and its plots.
pub(crate) fn write() {
    let mut page = include_str!("text/head.md").to_owned();
    for (bench, title, text) in SECTIONS {
        let path = folder().join(format!("{bench}.json"));
        let Ok(json) = fs::read_to_string(&path) else {
            continue;
        };
        let results: Results =
            serde_json::from_str(&json).expect("the file was written by a bench");
        section(&mut page, &results, title, text);
    }
    fs::write(folder().join("../performance.md"), page).expect("the page can be written");
}

fn section(page: &mut String, results: &Results, title: &str, text: &str) {
    let mut add = |text: &str| page.push_str(text);
    add(&format!("\n## {title}\n\n{text}\n"));
    add(&format!(
        "`cargo run --release -p tenantry-benches -- {}`\n\n| what | who | time | compared | goal |\n|---|---|---:|---|---|\n",
        results.bench
    ));
    for line in &results.lines {
        add(&format!(
            "| {} | {} | {} | {} | {} |\n",
            line.what, line.who, line.figure, line.ratio, line.goal
        ));
    }
    for plot in &results.plots {
        fs::write(folder().join(format!("{}.svg", plot.name)), svg(plot))
            .expect("the plot can be written");
        add(&format!(
            "\n![{}](performance/{}.svg)\n",
            plot.title, plot.name
        ));
    }
    let environment: Vec<String> = results
        .environment
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    add(&format!("\n<sub>{}</sub>\n", environment.join(" · ")));
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 56.0;
const COLOURS: [&str; 3] = ["#2563eb", "#059669", "#dc2626"];

/// A plot with lines and points; the axes begin at zero.
fn svg(plot: &Plot) -> String {
    let points = || plot.series.iter().flat_map(|(_, points)| points);
    let top =
        |values: &mut dyn Iterator<Item = f64>| values.fold(0.0_f64, f64::max).max(1e-9) * 1.1;
    let (right, high) = (
        top(&mut points().map(|(x, _)| *x)),
        top(&mut points().map(|(_, y)| *y)),
    );
    let place = |(x, y): (f64, f64)| {
        let x = MARGIN + x / right * (WIDTH - 1.5 * MARGIN);
        let y = HEIGHT - MARGIN - y / high * (HEIGHT - 2.0 * MARGIN);
        (x, y)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"15\" fill=\"#111\">{}</text>\n",
        plot.title
    );
    let mut add =
        |text: std::fmt::Arguments<'_>| svg.write_fmt(text).expect("a string takes all text");
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let (_, y) = place((0.0, high * share));
        let (x, _) = place((right * share, 0.0));
        let (left, end, base) = (MARGIN, WIDTH - MARGIN / 2.0, HEIGHT - MARGIN);
        add(format_args!(
            "<line x1=\"{left}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\n"
        ));
        add(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{}</text>\n",
            left - 6.0,
            y + 4.0,
            short(high * share)
        ));
        add(format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{}</text>\n",
            base + 18.0,
            short(right * share)
        ));
    }
    for (number, (name, points)) in plot.series.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let path: Vec<String> = points
            .iter()
            .map(|point| place(*point))
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
            path.join(" ")
        ));
        for point in &path {
            let (x, y) = point.split_once(',').unwrap_or_default();
            add(format_args!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/>\n"
            ));
        }
        #[expect(clippy::cast_precision_loss, reason = "there are three at the most")]
        let y = 24.0 + number as f64 * 16.0;
        add(format_args!(
            "<text x=\"{:.1}\" y=\"{y}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>\n",
            WIDTH - MARGIN / 2.0
        ));
    }
    add(format_args!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#111\">{}</text>\n\
         <text transform=\"translate(14 {:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"#111\">{}</text>\n</svg>\n",
        WIDTH / 2.0,
        HEIGHT - 14.0,
        plot.x,
        HEIGHT / 2.0,
        plot.y
    ));
    svg
}

fn short(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
