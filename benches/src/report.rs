//! `docs/performance.md`: its tables and plots, from the results.

use std::fmt::Write as _;
use std::fs;

use crate::results::{Plot, Results, folder};

/// Subject of each bench, in the order of the page, with the reason for what it shows.
const SECTIONS: [(&str, &str, &str); 9] = [
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
    ("pool", "Lending connections", include_str!("text/pool.md")),
    (
        "everyday",
        "An application's everyday work",
        include_str!("text/everyday.md"),
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

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 56.0;
/// Where the lines end, and their names begin.
const END: f64 = 560.0;
const COLOURS: [&str; 4] = ["#2563eb", "#059669", "#dc2626", "#9333ea"];

/// A plot with lines and points; the axes begin at zero.
fn svg(plot: &Plot) -> String {
    let points = || plot.series.iter().flat_map(|(_, points)| points);
    let (xs, ys) = (
        ticks(points().map(|(x, _)| *x)),
        ticks(points().map(|(_, y)| *y)),
    );
    let last = |ticks: &[f64]| ticks.last().copied().unwrap_or(1.0);
    let (right, high) = (last(&xs), last(&ys));
    let place = |(x, y): (f64, f64)| {
        let x = MARGIN + x / right * (END - MARGIN);
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
    for tick in ys {
        let (left, y) = place((0.0, tick));
        add(format_args!(
            "<line x1=\"{left}\" x2=\"{END}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{tick}</text>\n",
            left - 6.0,
            y + 4.0
        ));
    }
    for tick in xs {
        let (x, base) = place((tick, 0.0));
        add(format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{tick}</text>\n",
            base + 18.0
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
        #[expect(clippy::cast_precision_loss, reason = "there are four at the most")]
        let y = MARGIN + 4.0 + number as f64 * 18.0;
        add(format_args!(
            "<text x=\"{:.1}\" y=\"{y}\" fill=\"{colour}\">{name}</text>\n",
            END + 12.0
        ));
    }
    add(format_args!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#111\">{}</text>\n\
         <text transform=\"translate(14 {:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"#111\">{}</text>\n</svg>\n",
        f64::midpoint(MARGIN, END),
        HEIGHT - 14.0,
        plot.x,
        HEIGHT / 2.0,
        plot.y
    ));
    svg
}

/// Some round numbers, from zero to the largest of these or a little beyond it.
fn ticks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let largest = values.fold(1e-6, f64::max);
    let tenth = 10.0_f64.powf((largest / 4.0).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * tenth);
    let step = steps.into_iter().find(|step| step * 5.0 >= largest);
    let step = step.unwrap_or(largest);
    let ticks = (0..=5).map(|number| (f64::from(number) * step * 1e9).round() / 1e9);
    let number = ticks.clone().take_while(|tick| *tick < largest).count();
    ticks.take(number + 1).collect()
}
