//! The status as a page of HTML that needs nothing else: no server, no network, no other file.
//!
//! The tables are there for every reader. What needs JavaScript is the picture of the fleet, in which each tenant is a
//! square. Whatever comes from the database is hostile until it is escaped: as text by the templates, and in the data of
//! the picture as text of JSON, which the script never takes for HTML. The page's policy lets nothing run but that script,
//! and nothing be loaded from anywhere.

mod data;
mod tables;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use self::data::data;
use self::tables::{attention, drifted, migrations, versions};
use super::output::{about, moment};
use crate::migrate::{Drift, Status, TenantStatus};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The data of the page.
pub(super) struct Content<'a> {
    pub(super) database: &'a str,
    pub(super) status: &'a Status,
    pub(super) tenants: &'a [TenantStatus],
    /// Changes of the models since the last migration.
    pub(super) changes: &'a [String],
    /// The schemas that are not what their migrations make, if that was asked for.
    pub(super) drift: Option<&'a Drift>,
}

/// Writes the page.
pub(super) fn page(content: &Content<'_>) -> String {
    let Content {
        database, status, ..
    } = content;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Tenants of " (database) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Tenants of " b { (database) } }
                    p.at { "as of " (moment(status.at)) }
                }
                main {
                    (verdict(status))
                    (figures(status))
                    (picture(content))
                    (versions(status))
                    (attention(status))
                    (drifted(status, content.drift))
                    (migrations(content))
                }
                footer { "Written by " code { "manage status --html" } }
                script type="application/json" id="fleet" { (PreEscaped(data(content))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// Nothing is loaded, and nothing runs but our own script.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn verdict(status: &Status) -> Markup {
    let wrong = status.failed.count + status.missing.count + status.conflicts.len();
    let (class, text) = if !status.is_migrated {
        ("warn", "The database was never migrated.")
    } else if wrong > 0 {
        ("bad", "Something needs a look.")
    } else if status.is_up_to_date() {
        ("good", "Every tenant is where the migrations lead.")
    } else {
        ("warn", "There are migrations to apply.")
    };
    html! {
        p.verdict.(class) {
            (text)
            @if let Some(time) = status.forecast {
                span.note { " A run will take about " (about(time)) ", judged by earlier runs." }
            }
        }
    }
}

fn figures(status: &Status) -> Markup {
    let standbys = status.standbys.ready + status.standbys.unready;
    let current = status.tenants() - status.behind.count;
    let figure = |class: &str, number: usize, what: &str| {
        html! {
            @if number > 0 {
                div.figure.(class) { dt { (what) } dd { (grouped(number)) } }
            }
        }
    };
    html! {
        dl.figures {
            div.figure { dt { "tenants" } dd { (grouped(status.tenants())) } }
            (figure("good", current, "up to date"))
            (figure("warn", status.behind.count, "behind"))
            (figure("bad", status.failed.count, "failed"))
            (figure("bad", status.missing.count, "without schema"))
            (figure("warn", status.half_way.count, "half-way"))
            (figure("", status.left_out.count, "being dropped"))
            (figure("", standbys, "standbys"))
        }
    }
}

/// The picture that the script draws. Readers without script don't miss it: it is not there.
fn picture(content: &Content<'_>) -> Markup {
    let tenants = content.tenants.len();
    html! {
        section #picture hidden[true] {
            h2 { "The fleet" }
            div.tools {
                label { "Find " input #search type="search" placeholder="key, schema or error" autocomplete="off" spellcheck="false"; }
                label { "Order " select #order {
                    option value="age" { "by age" }
                    option value="version" { "by version" }
                    option value="key" { "by key" }
                } }
                span #found role="status" { }
            }
            div #legend role="group" aria-label="Show only" { }
            div #stage {
                canvas #squares tabindex="0" role="img" aria-describedby="detail"
                    aria-label=(format!("{tenants} tenants as squares; the arrow keys go from one to the next")) { }
                div #tip hidden[true] { }
            }
            div #detail aria-live="polite" { p { "Choose a square to see its tenant." } }
            ul #matches { }
        }
        noscript { p.note { "The picture of the fleet needs JavaScript; the tables tell the same." } }
    }
}

/// A number in groups of three digits, as in `10 000`, with narrow spaces that don't break.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1 000"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(grouped(number).replace('\u{202f}', " "), text);
        }
    }

    #[test]
    fn the_page_names_nothing_that_could_be_loaded() {
        for text in [STYLE, SCRIPT] {
            for word in [
                "http:",
                "https:",
                "url(",
                "@import",
                "import(",
                "fetch(",
                "innerHTML",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
